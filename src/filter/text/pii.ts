import { z } from 'zod'
import { defineStage, type Row, type Text } from '../../core/index.ts'
import { findPii, PII_KINDS, type Pii, type PiiKind } from './find-pii.ts'

/** In square brackets: angle ones would read as left-overs of HTML. */
const PLACEHOLDERS: Record<PiiKind, string> = {
  email: '[EMAIL]',
  phone: '[PHONE]',
  card: '[CARD]',
  iban: '[IBAN]',
  ip: '[IP]',
}

const options = z.strictObject({
  mode: z
    .enum(['scrub', 'drop'])
    .default('scrub')
    .describe('`scrub` puts a placeholder such as [EMAIL] in the place of each, `drop` drops the row'),
  kinds: z
    .array(z.enum(PII_KINDS))
    .min(1)
    .default(['email', 'phone', 'card', 'iban'])
    .describe('what is looked for; `ip` also takes some version numbers for addresses'),
})

/**
 * Scrubs personal data out of all texts of a row, or drops rows that hold any.
 *
 * E-mail addresses; phone numbers (E.164, and national ones by their form or the word before them); numbers of payment
 * cards by scheme, length and Luhn's checksum; IBANs by country, length and checksum (ISO 13616); IP addresses. Names of
 * people take a model. URLs are left as they are. `uid` stays: it was fixed by the source, of the text as it was.
 *
 * Ends as `pii`, the value the kinds that were found. Dropped rows stay in the run folder's rejects as they are; reports
 * count them and never show them. Counters: `pii.<kind>`, how many of each.
 */
export const pii = defineStage({
  name: 'filter/pii',
  version: 1,
  summary: 'Scrub e-mail addresses, phone, card and bank account numbers out of texts, or drop the rows',
  options,
  reads: ['texts'],
  adds: {
    texts: { type: 'texts', doc: 'texts of the image: kind, text, language, score, page' },
    pii: {
      type: 'list<utf8>',
      doc: 'kinds of personal data that were in the texts: email, phone, card, iban, ip',
    },
  },
  async *process(batches, { options: { mode, kinds }, drop, count }) {
    const wanted = new Set(kinds)
    for await (const rows of batches) {
      const kept: Row[] = []
      for (const row of rows) {
        const seen = new Set<PiiKind>()
        const texts = ((row.texts ?? []) as Text[]).map((text) => {
          const found = findPii(text.text, wanted)
          if (found.length === 0) return text
          for (const { kind } of found) {
            seen.add(kind)
            count(`pii.${kind}`)
          }
          return mode === 'scrub' ? { ...text, text: scrub(text.text, found) } : text
        })
        const names = PII_KINDS.filter((kind) => seen.has(kind))
        const out: Row = { ...row, texts, pii: names }
        if (mode === 'scrub' || names.length === 0) kept.push(out)
        else {
          const verdict = { status: 'dropped', rule: 'filter/pii', reason: 'pii' } as const
          drop(out, { ...verdict, value: names.join(', '), limit: `none of ${kinds.join(', ')}` })
        }
      }
      yield kept
    }
  },
})

function scrub(text: string, found: readonly Pii[]): string {
  let clean = ''
  let end = 0
  for (const pii of found) {
    clean += text.slice(end, pii.start) + PLACEHOLDERS[pii.kind]
    end = pii.end
  }
  return clean + text.slice(end)
}
