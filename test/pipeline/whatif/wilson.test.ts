import { describe, expect, it } from 'vitest'
import { wilson } from '../../../src/pipeline/whatif/wilson.ts'

describe('Wilson interval', () => {
  // Newcombe, Statistics in Medicine 17:857 (1998), table I, method 3.
  it.each([
    { hits: 81, drawn: 263, low: 0.2553, high: 0.3662 },
    { hits: 15, drawn: 148, low: 0.0624, high: 0.1605 },
    { hits: 0, drawn: 20, low: 0, high: 0.1611 },
    { hits: 1, drawn: 29, low: 0.0061, high: 0.1718 },
  ])('of $hits in $drawn is from $low to $high', ({ hits, drawn, low, high }) => {
    const found = wilson(hits, drawn)
    expect(found.low).toBeCloseTo(low, 4)
    expect(found.high).toBeCloseTo(high, 4)
  })

  it('of nothing says nothing', () => {
    expect(wilson(0, 0)).toEqual({ low: 0, high: 1 })
  })
})
