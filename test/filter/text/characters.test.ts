import { describe, expect, it } from 'vitest'
import { collect } from '../../../src/core/index.ts'
import { characters } from '../../../src/filter/index.ts'
import { captionRow } from '../rows.ts'

describe('filter/characters', () => {
  it.each([
    { caption: 'abc', verdict: 'dropped.too-short' },
    { caption: 'abcd', verdict: 'kept' }, // both limits, inclusive
    { caption: '  abcd \n', verdict: 'kept' }, // white space at the ends does not count
    { caption: 'ab  c', verdict: 'kept' }, // inside it does
    { caption: 'abcdef', verdict: 'kept' },
    { caption: 'abcdefg', verdict: 'dropped.too-long' },
    { caption: '😀😀😀😀😀😀', verdict: 'kept' }, // one character each, though two UTF-16 units
    { caption: '\ud83d\ud83d\ud83d', verdict: 'dropped.too-short' }, // halves without their others
    { caption: '', verdict: 'dropped.too-short' },
  ])('with limits 4..6, $caption is $verdict', async ({ caption, verdict }) => {
    const { counters } = await collect(characters, [captionRow(caption)], { min: 4, max: 6 })
    expect(counters).toEqual({ [verdict]: 1 })
  })

  it('wants 5 to 1,000 characters where nothing else is said', async () => {
    const rows = [4, 5, 1000, 1001].map((n) => captionRow('x'.repeat(n)))
    const { counters } = await collect(characters, rows)
    expect(counters).toEqual({ kept: 2, 'dropped.too-short': 1, 'dropped.too-long': 1 })
  })

  it.each([
    { space: 'trimmed', count: 9 },
    { space: 'collapsed', count: 6 },
    { space: 'all', count: 12 },
  ])('counts $count characters where $space white space counts', async ({ space, count }) => {
    const { kept } = await collect(characters, [captionRow('  ab \n\t c😀d ')], { min: 0, space })
    expect(kept[0]?.characters_count).toBe(count)
  })

  it('finds limits that let nothing through', () => {
    expect(characters.check?.({ min: 5, max: 4 })).toEqual(['min is 5, more than max, which is 4'])
  })
})
