import { describe, expect, it } from 'vitest'
import { collect } from '../../../src/core/index.ts'
import { characterShares } from '../../../src/filter/index.ts'
import { captionRow } from '../rows.ts'

const OFF = { minLetters: 0, maxDigits: 1, maxPunctuation: 1, maxSymbols: 1, maxUpper: 1 }

describe('filter/character-shares', () => {
  it.each([
    { caption: 'ab 1 2.', shares: [2 / 5, 2 / 5, 1 / 5, 0, 0] },
    { caption: 'ab\u3000\n12', shares: [0.5, 0.5, 0, 0, 0] }, // white space is not counted at all
    { caption: 'Ab CD', shares: [1, 0, 0, 0, 3 / 4] },
    { caption: 'लाल', shares: [1, 0, 0, 0, 0] }, // marks are parts of letters, and Hindi has no capitals
    { caption: '红色٣½', shares: [0.5, 0.5, 0, 0, 0] },
    { caption: '😀𠮷+—', shares: [0.25, 0, 0.25, 0.5, 0] }, // two UTF-16 units, one character
    { caption: '\ud83d\udc00a', shares: [1 / 2, 0, 0, 1 / 2, 0] },
    { caption: '\ud83da', shares: [1 / 2, 0, 0, 1 / 2, 0] }, // half a character
    { caption: ' ', shares: [0, 0, 0, 0, 0] },
  ])('measures $caption', async ({ caption, shares }) => {
    const { kept } = await collect(characterShares, [captionRow(caption)], OFF)
    const columns = ['letters', 'digits', 'punctuation', 'symbols', 'upper']
    expect(columns.map((name) => kept[0]?.[`character_shares_${name}`])).toEqual(shares)
  })

  it.each([
    { caption: 'a123', options: { minLetters: 0.25 }, verdict: 'kept' }, // every limit is inclusive
    { caption: 'a1234', options: { minLetters: 0.25 }, verdict: 'dropped.few-letters' },
    { caption: 'ab12', options: { maxDigits: 0.5 }, verdict: 'kept' },
    { caption: 'ab123', options: { maxDigits: 0.5 }, verdict: 'dropped.many-digits' },
    { caption: 'abc.', options: { maxPunctuation: 0.25 }, verdict: 'kept' },
    { caption: 'abc..', options: { maxPunctuation: 0.25 }, verdict: 'dropped.much-punctuation' },
    { caption: 'abc😀', options: { maxSymbols: 0.25 }, verdict: 'kept' },
    { caption: 'abc😀😀', options: { maxSymbols: 0.25 }, verdict: 'dropped.many-symbols' },
    { caption: 'ABcd', options: { maxUpper: 0.5 }, verdict: 'kept' },
    { caption: 'ABCd', options: { maxUpper: 0.5 }, verdict: 'dropped.many-capitals' },
  ])('with $options, $caption is $verdict', async ({ caption, options, verdict }) => {
    const { counters } = await collect(characterShares, [captionRow(caption)], { ...OFF, ...options })
    expect(counters).toEqual({ [verdict]: 1 })
  })

  it('keeps sentences, and drops what holds more signs than words, where nothing else is said', async () => {
    const rows = ['A cat, 2 dogs & a bird!', 'WOMEN SHOES', '0.32893747091', '★★★ sale ★★★ now', ''].map(
      (caption) => captionRow(caption),
    )
    const { counters } = await collect(characterShares, rows)
    expect(counters).toEqual({ kept: 2, 'dropped.few-letters': 2, 'dropped.many-symbols': 1 })
  })
})
