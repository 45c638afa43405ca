import { z } from 'zod'
import type { Columns, Row } from '../core/column.ts'

/** How much counts as a reservation; docs/consent.md has the table of signals and levels. */
export const CONSENT_LEVELS = ['basic', 'standard', 'strict'] as const
export type ConsentLevel = (typeof CONSENT_LEVELS)[number]

export const consentOption = z
  .enum(CONSENT_LEVELS)
  .default('standard')
  .describe(
    'what is obeyed beside robots.txt. basic: X-Robots-Tag and robots metas; standard: TDMRep, Content-Usage, ai.txt and plus:DataMining too; strict: what cannot be read counts as a reservation, and robots.txt groups of AI crawlers as ours (docs/consent.md)',
  )

/** Why a picture is not taken although it could be had: the reasons of its row. */
export const CONSENT_REASONS = [
  'robots',
  'x-robots-tag',
  'ai-crawlers',
  'tdm-reserved',
  'content-usage',
  'content-signal',
  'ai-txt',
  'data-mining-prohibited',
  'consent-unreadable',
] as const
export type ConsentReason = (typeof CONSENT_REASONS)[number]

/** What one place says of the use of a picture. */
export interface Signal {
  /** It reserves; else it permits in so many words. */
  reserves: boolean
  rule: ConsentReason
  /** Where and what, for people: `http://a.test/robots.txt:5 Disallow: /no`, `header tdm-reservation: 1`. */
  source: string
}

/**
 * The signal that decides: the first that reserves, else the first that permits, else null.
 *
 * Any place can only forbid: no permission takes back what another reserves (draft-ietf-aipref-vocab-08, "Combining
 * Preferences").
 */
export function decide(signals: readonly (Signal | null)[]): Signal | null {
  const said = signals.filter((signal) => signal !== null)
  return said.find(({ reserves }) => reserves) ?? said[0] ?? null
}

export const CONSENT_COLUMNS = {
  consent: {
    type: 'utf8',
    nullable: true,
    doc: 'allowed, or reserved; null where the picture could not be had before anything was known',
  },
  consent_rule: {
    type: 'utf8',
    nullable: true,
    doc: 'the signal that decided; null where none speaks of the picture',
  },
  consent_source: {
    type: 'utf8',
    nullable: true,
    doc: 'where it stands and what it says: file and line, header, or metadata of the picture',
  },
  consent_at: { type: 'utf8', nullable: true, volatile: true, doc: 'when it was asked for, ISO 8601' },
} as const satisfies Columns

/** The columns of a verdict. signal: the one that decided. at: ms since 1970. */
export function consentColumns(signal: Signal | null, at: number): Row {
  return {
    consent: signal?.reserves === true ? 'reserved' : 'allowed',
    consent_rule: signal?.rule ?? null,
    consent_source: signal?.source ?? null,
    consent_at: new Date(at).toISOString(),
  }
}
