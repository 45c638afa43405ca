import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { collect } from '../../../src/core/index.ts'
import { flaggedWords } from '../../../src/filter/index.ts'
import { listFolder } from '../lists.ts'
import { captionRow } from '../rows.ts'

const list = listFolder()
const WORDS = [
  'Darn',
  'heck',
  'big  bad cat',
  'f*ck',
  'a$$',
  '#sale',
  'Straße',
  'блин',
  'Σάς',
  'ทดสอบ',
  '笨蛋',
  '性',
  'café',
]

describe('filter/flagged-words', async () => {
  const words = await list(`# a comment\n${WORDS.join('\n')}\n`)

  it.each([
    { caption: 'What the HECK, darn it', found: 2, first: 'heck' },
    { caption: 'checkers and darning', found: 0, first: '' }, // parts of words
    { caption: 'heck-yes “heck”', found: 2, first: 'heck' },
    { caption: 'a BIG\u00a0bad\n Cat!', found: 1, first: 'big bad cat' }, // any white space for a space
    { caption: 'a big bad catfish, a big badcat', found: 0, first: '' },
    { caption: 'f*ck this, f ck that, fck', found: 1, first: 'f*ck' }, // signs are part of the phrase
    { caption: 'a cat with a$$, a$$et', found: 1, first: 'a$$' },
    { caption: 'big #SALE, a sale', found: 1, first: '#sale' },
    { caption: 'STRASSE und straße', found: 2, first: 'strasse' }, // Unicode folds ß to ss
    { caption: 'Блин! Блинчик', found: 1, first: 'блин' },
    { caption: 'ΣΆΣ σάς', found: 2, first: 'σάσ' },
    { caption: 'cafe\u0301', found: 1, first: 'café' }, // composed or not
    { caption: 'นี่คือการทดสอบระบบ', found: 1, first: 'ทดสอบ' }, // no spaces in Thai
    { caption: '你是笨蛋吗', found: 1, first: '笨蛋' },
    { caption: '男性服装', found: 0, first: '' }, // inside a word of ICU's dictionary
    { caption: 'sex性2021', found: 1, first: '性' }, // scripts part words too
    { caption: '', found: 0, first: '' },
  ])('finds $found in $caption', async ({ caption, found, first }) => {
    const { kept } = await collect(flaggedWords, [captionRow(caption)], { lists: [words], max: 99 })
    expect(kept[0]).toMatchObject({ flagged_words_count: found, flagged_words_first: first })
  })

  it.each([
    { max: 0, caption: 'a cat', verdict: 'kept' },
    { max: 0, caption: 'heck', verdict: 'dropped.flagged-word' },
    { max: 1, caption: 'heck', verdict: 'kept' },
    { max: 1, caption: 'heck, heck', verdict: 'dropped.flagged-word' },
  ])('with at most $max, $caption is $verdict', async ({ max, caption, verdict }) => {
    const { counters } = await collect(flaggedWords, [captionRow(caption)], { lists: [words], max })
    expect(counters).toEqual({ [verdict]: 1 })
  })

  it('takes several lists, packed or not', async () => {
    const more = await list(gzipSync('rats'), 'more.txt.gz')
    const { counters } = await collect(
      flaggedWords,
      ['rats', 'heck', 'cat'].map((c) => captionRow(c)),
      {
        lists: [words, more],
      },
    )
    expect(counters).toEqual({ kept: 1, 'dropped.flagged-word': 2 })
  })

  it('is another filter once a list has other words, and reads them', async () => {
    const path = await list('one')
    const options = { lists: [path], max: 0 }
    const before = await flaggedWords.identity!(options)
    expect(await flaggedWords.identity!(options)).toBe(before)
    await list('two', path.split('/').at(-1))
    expect(await flaggedWords.identity!(options)).not.toBe(before)
    const { counters } = await collect(flaggedWords, [captionRow('one'), captionRow('two')], options)
    expect(counters).toEqual({ kept: 1, 'dropped.flagged-word': 1 })
  })

  it.each([
    {
      title: 'a line without a letter',
      text: 'fine\n***\n',
      says: /Expected a word or phrase .*:2, got "\*\*\*"/,
    },
    { title: 'bytes that are no UTF-8', text: Buffer.from('fine\n\xff', 'latin1'), says: /:2: not UTF-8/ },
    { title: 'an empty list', text: '# nothing yet\n', says: /at least one word at .*:1/ },
  ])('refuses $title', async ({ text, says }) => {
    const path = await list(text)
    await expect(flaggedWords.identity!({ lists: [path], max: 0 })).rejects.toMatchObject({
      code: 'PL_INPUT',
      message: expect.stringMatching(says) as string,
    })
  })
})
