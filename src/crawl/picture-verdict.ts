import type { PairloomError } from '../core/error.ts'
import type { Verdict } from '../core/stage.ts'
import { CONSENT_REASONS } from './consent.ts'

/** Decisions against a picture; every other reason is a trouble, and its row `failed`. */
const DECISIONS = new Set<string>([
  ...CONSENT_REASONS,
  'blocklisted',
  'not-allowlisted',
  'hash-mismatch',
  'taken-down',
  'address-refused',
  'too-many-bytes',
  'too-many-pixels',
  'svg-refused',
])

/** The verdict of a row whose picture was not to be had, from the error that says why. */
export function pictureVerdict(
  rule: string,
  reason: string,
  { data }: PairloomError,
  maxBytes: number,
): Verdict {
  const limit = reason === 'too-many-bytes' ? `<= ${maxBytes}` : data.limit
  return {
    status: DECISIONS.has(reason) ? 'dropped' : 'failed',
    rule,
    reason,
    value: typeof data.evidence === 'string' ? data.evidence : null,
    limit: typeof limit === 'string' ? limit : null,
  }
}
