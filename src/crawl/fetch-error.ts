import { PairloomError } from '../core/error.ts'
import { CONSENT_REASONS } from './consent.ts'

/**
 * Why a URL could not be fetched: the `reason` of `PL_FETCH`. A status that is no success is `http-<status>`.
 *
 * The first group may pass by itself and is tried again; the second is final.
 */
export const FETCH_REASONS = {
  again: [
    'timeout-dns',
    'timeout-connect',
    'timeout-tls',
    'timeout-first-byte',
    'timeout-body',
    'timeout-total',
    'connect-refused',
    'connect-reset',
    'connect-unreachable',
    'dns-failed',
    'bad-length',
  ],
  final: [
    'dns-not-found',
    'address-refused',
    'bad-url',
    'tls',
    'bad-redirect',
    'redirect-loop',
    'too-many-redirects',
    'too-many-bytes',
    'bad-response',
    'bad-encoding',
    'empty-body',
    'robots-unreachable',
    'host-given-up',
    'deferred',
    ...CONSENT_REASONS,
    'blocklisted',
    'not-allowlisted',
    'hash-mismatch',
    'taken-down',
  ],
} as const

export type FetchReason = (typeof FETCH_REASONS)['again' | 'final'][number] | `http-${number}`

export interface FetchErrorDetail {
  /** What was seen, for people: an error's text, a redirect target, an address. */
  evidence?: string
  /** The limit that it broke, or what was expected. */
  limit?: string
  /** What the origin asked to wait, ms. */
  retryAfterMs?: number
  cause?: unknown
}

/** A `PL_FETCH` with `data: { reason, evidence, limit, retryAfterMs }`. */
export function fetchError(reason: FetchReason, url: string, detail: FetchErrorDetail = {}): PairloomError {
  const { evidence, limit, retryAfterMs, cause } = detail
  return new PairloomError(
    'PL_FETCH',
    `Expected a response from ${url}, got ${reason}${evidence ? `: ${evidence}` : ''}`,
    {
      data: {
        reason,
        ...(evidence === undefined ? {} : { evidence }),
        ...(limit === undefined ? {} : { limit }),
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      },
      ...(cause === undefined ? {} : { cause }),
    },
  )
}

/** The reason of a `PL_FETCH` or `PL_IMAGE`, or null for any other value. */
export function reasonOf(error: unknown): string | null {
  if (!(error instanceof PairloomError) || (error.code !== 'PL_FETCH' && error.code !== 'PL_IMAGE'))
    return null
  return typeof error.data.reason === 'string' ? error.data.reason : null
}

/** Whether the same request may succeed later. 408, 425, 429 and 5xx but 501 and 505 are worth another try. */
export function isWorthRetrying(reason: string): boolean {
  if ((FETCH_REASONS.again as readonly string[]).includes(reason)) return true
  const status = /^http-(\d{3})$/.exec(reason)?.[1]
  if (status === undefined) return false
  return (
    ['408', '425', '429'].includes(status) || (status.startsWith('5') && status !== '501' && status !== '505')
  )
}
