import { describe, expect, it } from 'vitest'
import { openRates, ratesOption } from '../../src/crawl/rates.ts'

describe('openRates', () => {
  const rateOf = openRates(
    {
      'example.org': { atOnce: 4, perSecond: 10 },
      '*.example.net': { perSecond: 0.5 },
      '*.img.example.net': { atOnce: 8 },
    },
    2,
  )

  it.each([
    ['example.org', 4, 100],
    ['www.example.org', 2, 0],
    ['example.net', 2, 0],
    ['a.example.net', 2, 2000],
    ['b.a.example.net', 2, 2000],
    ['a.img.example.net', 8, 0],
    ['img.example.net', 2, 2000],
    ['127.0.0.1', 2, 0],
  ])('%s: %d at once, one in %d ms', (host, atOnce, intervalMs) => {
    expect(rateOf(host)).toEqual({ atOnce, intervalMs })
  })

  it.each(['http://example.org', 'Example.org', 'a.*.org', '*', 'example.org:80', 'example.org.', ''])(
    'refuses %j as a host',
    (host) => {
      expect(ratesOption.safeParse({ [host]: { atOnce: 1 } }).success).toBe(false)
    },
  )

  it.each([{ atOnce: 0 }, { perSecond: 0 }, { perHost: 2 }])('refuses %j as a rate', (rate) => {
    expect(ratesOption.safeParse({ 'a.test': rate }).success).toBe(false)
  })
})
