import { describe, expect, it } from 'vitest'
import { collect } from '../../../src/core/index.ts'
import { words } from '../../../src/filter/index.ts'
import { captionRow } from '../rows.ts'

describe('filter/words', () => {
  it.each([
    { caption: 'a red car', count: 3 },
    { caption: '  a\u00a0red\n\tcar  ', count: 3 },
    { caption: 'a - red & car !', count: 3 }, // marks alone are no words
    { caption: "don't stop", count: 2 },
    { caption: 'state-of-the-art', count: 1 },
    { caption: '24 x 36 in', count: 4 },
    { caption: '😀 🎉', count: 0 },
    { caption: '', count: 0 },
    { caption: 'красный автомобиль', count: 2 },
    { caption: 'लाल कार', count: 2 }, // vowel signs are marks, part of their words
    { caption: '빨간 자동차', count: 2 }, // Korean puts spaces
    { caption: '红色的汽车', count: 3 },
    { caption: '自由の女神像が見える', count: 6 },
    { caption: 'แมวสีดำนั่งอยู่', count: 5 },
    { caption: 'Toyota 红色的汽车, 2021', count: 5 }, // only the run without spaces is parted
    { caption: '𠮷野家', count: 2 }, // a rare Han letter takes two UTF-16 units
  ])('counts $count in $caption', async ({ caption, count }) => {
    const { kept } = await collect(words, [captionRow(caption)], { min: 0 })
    expect(kept[0]?.words_count).toBe(count)
  })

  it.each([
    { caption: 'one', verdict: 'dropped.too-few-words' },
    { caption: 'one two', verdict: 'kept' }, // both limits, inclusive
    { caption: 'one two three', verdict: 'kept' },
    { caption: 'one two three four', verdict: 'dropped.too-many-words' },
  ])('with limits 2..3, $caption is $verdict', async ({ caption, verdict }) => {
    const { counters } = await collect(words, [captionRow(caption)], { min: 2, max: 3 })
    expect(counters).toEqual({ [verdict]: 1 })
  })

  it('wants 3 to 256 words where nothing else is said', async () => {
    const rows = [2, 3, 256, 257].map((n) => captionRow('word '.repeat(n)))
    const { rejects, counters } = await collect(words, rows)
    expect(counters).toEqual({ kept: 2, 'dropped.too-few-words': 1, 'dropped.too-many-words': 1 })
    expect(rejects.map(({ value, limit }) => ({ value, limit }))).toEqual([
      { value: '2', limit: '>= 3' },
      { value: '257', limit: '<= 256' },
    ])
  })

  it.each([
    { caption: 'a - red & car !', count: 6 }, // all that white space parts
    { caption: '红色的汽车', count: 1 },
    { caption: ' a\u00a0red\u3000car\u001cnow\u0085then ', count: 5 }, // white space of Python's str.split
    { caption: 'a\ufeffred', count: 1 }, // white space of JavaScript alone
    { caption: ' \n', count: 0 },
  ])('counts $count tokens in $caption', async ({ caption, count }) => {
    const { kept } = await collect(words, [captionRow(caption)], { min: 0, unit: 'tokens' })
    expect(kept[0]?.words_count).toBe(count)
  })

  it('finds limits that let nothing through', () => {
    expect(words.check?.({ min: 5, max: 4 })).toEqual(['min is 5, more than max, which is 4'])
    expect(words.check?.({ min: 4, max: 4 })).toEqual([])
  })
})
