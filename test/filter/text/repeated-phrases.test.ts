import { describe, expect, it } from 'vitest'
import { collect, type Row } from '../../../src/core/index.ts'
import { repeatedPhrases } from '../../../src/filter/index.ts'
import { captionRow } from '../rows.ts'

const NAMES = ['top2', 'top3', 'top4', ...[5, 6, 7, 8, 9, 10].map((n) => `duplicate${n}`)]
const OFF = Object.fromEntries(NAMES.map((name) => [name, 1]))

function sharesOf(row: Row | undefined): Record<string, unknown> {
  return Object.fromEntries(
    NAMES.map((name) => [name, row?.[`repeated_phrases_${name}`]]).filter(([, share]) => share !== 0),
  )
}

describe('filter/repeated-phrases', () => {
  it.each([
    { caption: 'one two three', shares: {} },
    { caption: 'red car and red bus', shares: {} }, // a word comes twice, no phrase does
    { caption: 'ab cd x ab cd yy', shares: { top2: 8 / 11 } },
    { caption: 'AB cd x ab CD yy', shares: { top2: 8 / 11 } },
    { caption: 'a b a b ccc ddd ccc ddd', shares: { top2: 12 / 16 } }, // of equally frequent ones the longest
    { caption: 'x x x x', shares: { top2: 1, top3: 1 } }, // overlapping ones do not exceed the whole
    {
      caption: 'a b c d e f a b c d e',
      shares: { top2: 4 / 11, top3: 6 / 11, top4: 8 / 11, duplicate5: 10 / 11 },
    },
    { caption: '', shares: {} },
  ])('measures $caption', async ({ caption, shares }) => {
    const { kept } = await collect(repeatedPhrases, [captionRow(caption)], OFF)
    expect(sharesOf(kept[0])).toEqual(shares)
  })

  it('counts a character once, however many repeated phrases it is in', async () => {
    const words = Array.from({ length: 12 }, (_, i) => `w${i}`.padEnd(3, 'x')).join(' ')
    const { kept } = await collect(repeatedPhrases, [captionRow(`${words} and ${words}`)], OFF)
    expect(sharesOf(kept[0])).toMatchObject({ duplicate5: 72 / 75, duplicate10: 72 / 75 })
  })

  it.each([
    { name: 'top2', filler: 16, verdict: 'kept' }, // 4 of 20: Gopher's limit, inclusive
    { name: 'top2', filler: 15, verdict: 'dropped.repeated-phrases' },
  ])('with $filler other characters, a pair said twice is $verdict', async ({ filler, verdict }) => {
    const caption = `a b ${'x'.repeat(filler - 1)} y a b`
    const { counters } = await collect(repeatedPhrases, [captionRow(caption)])
    expect(counters).toEqual({ [verdict]: 1 })
  })

  it('has the limits of Gopher’s table A1', () => {
    expect(repeatedPhrases.options.parse({})).toEqual({
      top2: 0.2,
      top3: 0.18,
      top4: 0.16,
      duplicate5: 0.15,
      duplicate6: 0.14,
      duplicate7: 0.13,
      duplicate8: 0.12,
      duplicate9: 0.11,
      duplicate10: 0.1,
    })
  })
})
