import { describe, expect, it } from 'vitest'
import { EntryCounts } from '../../../src/filter/balance/entry-counts.ts'
import { countAtShare, equalTails, tailShare } from '../../../src/filter/balance/head-limit.ts'

/** Counts of a list: each entry as often as told. */
function count(counts: EntryCounts, list: string, times: Record<string, number>): void {
  for (const [entry, n] of Object.entries(times)) for (let i = 0; i < n; i++) counts.add(list, [entry])
}

describe('tails of equal share', () => {
  it('are those of a calculation by hand', () => {
    // 1 + 2 + 3 of 16 lie below 4; of 1, 1, 2, 4, 8 it is 4/16 that is nearest to 6/16: at the count 2.
    expect(tailShare(Float64Array.of(1, 2, 3, 4, 6), 4)).toBe(6 / 16)
    expect(countAtShare(Float64Array.of(1, 1, 2, 4, 8), 6 / 16)).toBe(2)
    expect(countAtShare(Float64Array.of(1, 1, 2, 4, 8), 1)).toBe(8)
    expect(countAtShare(Float64Array.of(5, 7), 0)).toBe(5)
  })

  it('give every list a t but the one that t is for', () => {
    const counts = new EntryCounts()
    count(counts, 'en', { a: 1, b: 2, c: 3, d: 4, e: 6 })
    count(counts, 'ga', { a: 1, b: 1, c: 2, d: 4, e: 8 })
    expect(equalTails(counts, 'en', 4)).toEqual(
      new Map([
        ['en', 4],
        ['ga', 2],
      ]),
    )
  })
})
