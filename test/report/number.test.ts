import { describe, expect, it } from 'vitest'
import {
  bytes,
  compact,
  comparison,
  count,
  percent,
  plural,
  seconds,
  significant,
} from '../../src/pipeline/report/number.ts'

/** With plain spaces for narrow no-break ones. */
const plain = (text: string) => text.replaceAll('\u202f', ' ')

describe('numbers as text', () => {
  it.each([
    [count(0), '0'],
    [count(999), '999'],
    [count(1234567), '1 234 567'],
    [percent(0, 10), '0 %'],
    [percent(0, 0), '0 %'],
    [percent(1, 100_000), '< 0.1 %'],
    [percent(99_999, 100_000), '> 99.9 %'],
    [percent(10, 10), '100 %'],
    [percent(1, 3), '33 %'],
    [percent(1, 40), '2.5 %'],
    [bytes(0), '0 B'],
    [bytes(1023), '1 023 B'],
    [bytes(1536), '1.5 KiB'],
    [bytes(2 ** 40), '1 TiB'],
    [seconds(0.123), '0.12 s'],
    [seconds(59.7), '1 min 00 s'],
    [seconds(125), '2 min 05 s'],
    [seconds(3600 * 3 + 600), '3 h 10 min'],
    [seconds(86_400 * 4 + 7200), '4 d 2 h'],
    [significant(0.12345), '0.123'],
    [significant(12_345), '12 345'],
    [compact(64), '64'],
    [compact(1500), '1.5k'],
    [compact(3_000_000), '3M'],
    [comparison('>= 2 and <= 5'), '≥ 2 and ≤ 5'],
    [comparison('<= 2097152'), '≤ 2 097 152'],
    [plural(1, 'row'), '1 row'],
    [plural(2, 'row'), '2 rows'],
  ])('%s is %s', (text, expected) => {
    expect(plain(text)).toBe(expected)
  })
})
