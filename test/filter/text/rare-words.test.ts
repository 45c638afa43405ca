import { describe, expect, it } from 'vitest'
import { collect } from '../../../src/core/index.ts'
import { rareWords } from '../../../src/filter/index.ts'
import { listFolder } from '../lists.ts'
import { captionRow } from '../rows.ts'

const list = listFolder()
const COUNTS = '# word count\nthe 900\nCat 4\ncat\t3\ndog, 5\nstraße 6\nкот 8\n红色 9\n汽车 10\ndon’t 12\n'

describe('filter/rare-words', async () => {
  const path = await list(COUNTS)

  it.each([
    { caption: 'The cat', least: 7, rarest: 'cat', known: 2 }, // cases of one word count together
    { caption: 'The dog, the quxxer, the zyzzy', least: 0, rarest: 'quxxer', known: 4 },
    { caption: 'STRASSE 2021', least: 6, rarest: 'strasse', known: 1 }, // numbers are passed over
    { caption: 'КОТ', least: 8, rarest: 'кот', known: 1 },
    { caption: '红色汽车', least: 9, rarest: '红色', known: 2 },
    { caption: 'don’t', least: 12, rarest: 'don’t', known: 1 },
    { caption: '12 - 34', least: 0, rarest: '', known: 0 },
    { caption: '', least: 0, rarest: '', known: 0 },
  ])('measures $caption', async ({ caption, least, rarest, known }) => {
    const { kept } = await collect(rareWords, [captionRow(caption)], { list: path, minCount: 0 })
    expect(kept[0]).toMatchObject({
      rare_words_least_count: least,
      rare_words_rarest: rarest,
      rare_words_known: known,
    })
  })

  it.each([
    { caption: 'the dog', options: { minCount: 5 }, verdict: 'kept' }, // both limits, inclusive
    { caption: 'the dog', options: { minCount: 6 }, verdict: 'dropped.rare-word' },
    { caption: 'the bird', options: {}, verdict: 'dropped.rare-word' },
    { caption: 'a dog', options: { minCount: 0, minKnown: 1 }, verdict: 'kept' },
    { caption: 'a dog', options: { minCount: 0, minKnown: 2 }, verdict: 'dropped.few-known-words' },
  ])('with $options, $caption is $verdict', async ({ caption, options, verdict }) => {
    const { counters } = await collect(rareWords, [captionRow(caption)], { list: path, ...options })
    expect(counters).toEqual({ [verdict]: 1 })
  })

  it.each([
    {
      title: 'a line of several words',
      text: 'cat 1\nblack cat\n',
      says: /word and its count, at .*:2, got "black cat"/,
    },
    { title: 'a count that is none', text: 'cat -5', says: /:1, got "cat -5"/ },
    { title: 'a count beyond 2^53', text: `cat ${'9'.repeat(20)}`, says: /:1, got/ },
    { title: 'a word without a letter', text: '--- 5', says: /:1, got/ },
    { title: 'an empty list', text: '\n\n', says: /at least one word/ },
  ])('refuses $title', async ({ text, says }) => {
    const wrong = await list(text)
    await expect(rareWords.identity!({ list: wrong })).rejects.toMatchObject({
      code: 'PL_INPUT',
      message: expect.stringMatching(says) as string,
    })
  })
})
