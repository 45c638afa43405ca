import { describe, expect, it } from 'vitest'
import { collect } from '../../../src/core/index.ts'
import { matches } from '../../../src/filter/index.ts'
import { captionRow } from '../rows.ts'

describe('filter/matches', () => {
  it.each([
    { caption: 'free shipping', options: {}, verdict: 'dropped.matches', first: 'free shipping' },
    { caption: 'Free shipping', options: {}, verdict: 'kept', first: '' },
    {
      caption: 'Free shipping',
      options: { ignoreCase: true },
      verdict: 'dropped.matches',
      first: 'free shipping',
    },
    { caption: 'only 5 €', options: {}, verdict: 'dropped.matches', first: '\\d+ \\p{Sc}' },
    { caption: 'a cat', options: { drop: 'others' }, verdict: 'dropped.matches-none', first: '' },
    { caption: 'only 5 €', options: { drop: 'others' }, verdict: 'kept', first: '\\d+ \\p{Sc}' },
    { caption: '', options: { drop: 'others' }, verdict: 'dropped.matches-none', first: '' },
  ])('with $options, $caption is $verdict', async ({ caption, options, verdict, first }) => {
    const patterns = ['free shipping', '\\d+ \\p{Sc}']
    const { kept, rejects, counters } = await collect(matches, [captionRow(caption)], {
      patterns,
      ...options,
    })
    expect(counters).toEqual({ [verdict]: 1 })
    expect([...kept, ...rejects][0]?.matches_first).toBe(first)
  })

  it('takes time in proportion to the caption, whatever the expression', async () => {
    // V8's own engine needs 2^1,000,000 steps for it.
    const rows = [captionRow(`${'a'.repeat(2 ** 20)}!`), captionRow('a'.repeat(2 ** 20))]
    const { counters } = await collect(matches, rows, { patterns: ['^(a+)+$'] })
    expect(counters).toEqual({ kept: 1, 'dropped.matches': 1 })
  })

  it.each([
    { pattern: '(cat', says: 'missing closing ): `(cat`' },
    { pattern: 'a{2,1}', says: 'invalid repeat count: `{2,1}`' },
    { pattern: '[z-a]', says: 'invalid character class range: `z-a`' },
    { pattern: '*a', says: 'missing argument to repetition operator: `*`' },
    {
      pattern: '(?<=x)y',
      says: 'invalid named capture: `(?<=x)y`; it has no look-around, no back-reference',
    },
    { pattern: '(.)\\1', says: 'invalid escape sequence: `\\1`; it has no look-around, no back-reference' },
  ])('refuses $pattern', ({ pattern, says }) => {
    const { error } = matches.options.safeParse({ patterns: ['fine', pattern] })
    expect(error?.issues).toMatchObject([
      { path: ['patterns', 1], message: `expected an expression of RE2 (${says})` },
    ])
  })
})
