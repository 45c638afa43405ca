import { describe, expect, it } from 'vitest'
import { collect } from '../../../src/core/index.ts'
import { repetition } from '../../../src/filter/index.ts'
import { captionRow } from '../rows.ts'

describe('filter/repetition', () => {
  it.each([
    { caption: 'a cat', run: 1, repeated: 0 },
    { caption: 'Hello!!! Nooo', run: 3, repeated: 0 },
    { caption: 'a    b', run: 1, repeated: 0 }, // white space makes no run
    { caption: 'a a', run: 1, repeated: 0.5 }, // and ends one
    { caption: '😀😀😀', run: 3, repeated: 0 },
    { caption: '\ud83d\ud83d', run: 2, repeated: 0 },
    { caption: 'Shoes, red shoes, SHOES', run: 1, repeated: 0.5 },
    { caption: 'Кот и кот', run: 1, repeated: 1 / 3 },
    { caption: 'cafe\u0301 café', run: 1, repeated: 0.5 },
    { caption: '红色 红色', run: 1, repeated: 0.5 },
    { caption: '- - -', run: 1, repeated: 0 },
    { caption: '', run: 0, repeated: 0 },
  ])('measures $caption', async ({ caption, run, repeated }) => {
    const { kept } = await collect(repetition, [captionRow(caption)], { maxRepeatedWords: 1 })
    expect(kept[0]?.repetition_longest_run).toBe(run)
    expect(kept[0]?.repetition_repeated_words).toBeCloseTo(repeated, 10)
  })

  it.each([
    { caption: 'x'.repeat(10), verdict: 'kept' },
    { caption: 'x'.repeat(11), verdict: 'dropped.repeated-character' },
    { caption: 'a b c d a', verdict: 'kept' }, // a fifth
    { caption: 'a b c a', verdict: 'dropped.repeated-words' }, // a quarter
  ])('$caption is $verdict where nothing else is said', async ({ caption, verdict }) => {
    const { counters } = await collect(repetition, [captionRow(caption)])
    expect(counters).toEqual({ [verdict]: 1 })
  })
})
