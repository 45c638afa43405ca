import { describe, expect, it } from 'vitest'
import { collect, type Row, type Text } from '../../../src/core/index.ts'
import { pii } from '../../../src/filter/index.ts'
import { captionRow, HOSTILE_ROWS } from '../rows.ts'

const ALL = { kinds: ['email', 'phone', 'card', 'iban', 'ip'] }

function captionsOf(rows: Row[]): string[] {
  return rows.map((row) => (row.texts as Text[])[row.caption as number]!.text)
}

const SCRUBBED: Record<string, string> = {
  // E-mail
  'Mail jane.doe+x@mail.example.co.uk, please.': 'Mail [EMAIL], please.',
  '<info@example.com>': '<[EMAIL]>',
  'пишите на почта@пример.рф.': 'пишите на [EMAIL].',
  'a@b.de c@d.fr': '[EMAIL] [EMAIL]',
  // Phone numbers: E.164, North America, trunk prefix, brackets, after a word
  'call +49 (0)30 901820 now': 'call [PHONE] now',
  '+14155550123': '[PHONE]',
  '0049 30 901820': '[PHONE]',
  'Bellevue Ne 402-505-6600': 'Bellevue Ne [PHONE]',
  '(402) 505-6600': '[PHONE]',
  '1-800-555-0199': '[PHONE]',
  '402.505.6600!': '[PHONE]!',
  'since 1999 402-505-6600': 'since 1999 [PHONE]',
  '01 23 45 67 89 Paris': '[PHONE] Paris',
  '030/9018-2012': '[PHONE]',
  '(03) 9123 4567': '[PHONE]',
  '090-1234-5678 東京': '[PHONE] 東京',
  '138 1234 5678': '[PHONE]',
  'Tel.: 555 123': 'Tel.: [PHONE]',
  'телефон 223-322': 'телефон [PHONE]',
  '电话：62791234': '电话：[PHONE]',
  // Cards: the schemes' own test numbers
  'card 4111 1111 1111 1111': 'card [CARD]',
  '5555-5555-5555-4444.': '[CARD].',
  '378282246310005': '[CARD]',
  // IBANs: examples of the registry
  'IBAN DE89 3704 0044 0532 0130 00': 'IBAN [IBAN]',
  gb82west12345698765432: '[IBAN]',
  'NO93 8601 1117 947, thanks': '[IBAN], thanks',
  // Addresses
  'host 192.168.0.1': 'host [IP]',
  'on 2001:db8::ff00:42:8329.': 'on [IP].',
}

const KEPT = [
  'icon@2x.png', // a picture for dense screens
  'meet @ noon, follow @jane',
  'a@b',
  '4111 1111 1111 1112', // a digit off: Luhn
  '8718863016794', // a barcode
  'SKU4111111111111111',
  'DE89 3704 0044 0532 0130 01', // a digit off: modulo 97
  'XX89370400440532013000', // no country
  'Tiaras (042005466)',
  'GBP_5020 20190824 0714 2019-08-24 Top of Utah',
  '01.02.2020 12:30',
  '2000 BMW Z8 for sale 100745865',
  '300x400-5000 px',
  '100-200-3000',
  '1920 - 2020, 5 000 000 people',
  'iPhone 6 case 123456',
  'v1.2.3.4.5',
  '256.1.1.1',
  'at 10:20:30',
  'std::vector',
]

describe('filter/pii', () => {
  it.each(Object.entries(SCRUBBED))('makes of %s %s', async (caption, clean) => {
    const { kept } = await collect(pii, [captionRow(caption)], ALL)
    expect(captionsOf(kept)).toEqual([clean])
  })

  it.each(KEPT)('finds nothing in %s', async (caption) => {
    const { kept, counters } = await collect(pii, [captionRow(caption)], ALL)
    expect(captionsOf(kept)).toEqual([caption])
    expect(kept[0]?.pii).toEqual([])
    expect(counters).toEqual({ kept: 1 })
  })

  it('scrubs every text of a row, counts what it found, and leaves uid and all else alone', async () => {
    const row = captionRow('call +1 415 555 0123 or a@b.de', 'u1')
    ;(row.texts as Text[])[0]!.text = 'by c@d.fr'
    const before = structuredClone(row)
    const { kept, counters } = await collect(pii, [row])
    expect(row).toEqual(before)
    expect(kept).toEqual([
      {
        ...before,
        texts: [
          { ...(before.texts as Text[])[0], text: 'by [EMAIL]' },
          { ...(before.texts as Text[])[1], text: 'call [PHONE] or [EMAIL]' },
        ],
        pii: ['email', 'phone'],
      },
    ])
    expect(counters).toEqual({ kept: 1, 'pii.email': 2, 'pii.phone': 1 })
  })

  it('drops rows instead, and names the kinds, never what it saw', async () => {
    const rows = [captionRow('a@b.de, +1 415 555 0123'), captionRow('a cat')]
    const { kept, rejects } = await collect(pii, rows, { mode: 'drop' })
    expect(captionsOf(kept)).toEqual(['a cat'])
    expect(rejects).toMatchObject([
      {
        status: 'dropped',
        rule: 'filter/pii',
        reason: 'pii',
        value: 'email, phone',
        limit: 'none of email, phone, card, iban',
      },
    ])
  })

  it('looks only for the kinds that are wanted: addresses are not, where nothing is said', async () => {
    const caption = 'a@b.de 192.168.0.1, 402-505-6600'
    const { kept: card } = await collect(pii, [captionRow(caption)], { kinds: ['card'] })
    expect(captionsOf(card)).toEqual([caption])
    const { kept } = await collect(pii, [captionRow(caption)])
    expect(captionsOf(kept)).toEqual(['[EMAIL] 192.168.0.1, [PHONE]'])
  })

  it('keeps every hostile row, in time that grows with its length', async () => {
    const more = ['1 '.repeat(2 ** 19), '@'.repeat(2 ** 20), ':'.repeat(2 ** 20), 'a@b.co '.repeat(2 ** 15)]
    const rows = [...HOSTILE_ROWS, ...more.map((text) => captionRow(text))]
    const { kept } = await collect(pii, rows, ALL)
    expect(kept).toHaveLength(rows.length)
  })
})
