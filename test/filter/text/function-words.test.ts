import { describe, expect, it } from 'vitest'
import { collect } from '../../../src/core/index.ts'
import { functionWords } from '../../../src/filter/index.ts'
import { captionRow } from '../rows.ts'

const CC3M = { minPrepositions: 1 }
const GOPHER = { minDeterminers: 0, minStopWords: 2 }

describe('filter/function-words', () => {
  it.each([
    { caption: 'A cat', options: {}, verdict: 'kept' },
    { caption: 'black cats, black dogs', options: {}, verdict: 'dropped.no-determiner' },
    { caption: 'ananas and theatre', options: {}, verdict: 'dropped.no-determiner' }, // whole words only
    { caption: 'the cat on THE mat', options: CC3M, verdict: 'kept' },
    { caption: 'the cat', options: CC3M, verdict: 'dropped.no-preposition' },
    { caption: 'The cat and the dog', options: GOPHER, verdict: 'kept' },
    { caption: 'the the the', options: GOPHER, verdict: 'dropped.few-stop-words' }, // different ones count
    { caption: 'eine schwarze Katze', options: {}, verdict: 'dropped.no-determiner' },
    { caption: '', options: {}, verdict: 'dropped.no-determiner' },
  ])('with $options, $caption is $verdict', async ({ caption, options, verdict }) => {
    const { counters } = await collect(functionWords, [captionRow(caption)], options)
    expect(counters).toEqual({ [verdict]: 1 })
  })

  it('counts each class', async () => {
    const { kept } = await collect(functionWords, [
      captionRow('The cat of that man sat with a dog on the mat'),
    ])
    expect(kept[0]).toMatchObject({
      function_words_determiners: 4,
      function_words_prepositions: 3,
      function_words_stop_words: 4,
    })
  })
})
