import { CONSENT_REASONS } from './consent.ts'

/** Why pictures do not come, in groups that ask for different remedies; the order in which they are told. */
export const CAUSES = [
  'dns',
  'tls',
  'timeout',
  'blocked',
  'gone',
  'opt-out',
  'not-an-image',
  'other',
] as const

export type Cause = (typeof CAUSES)[number]

/**
 * Reasons of the rejects of stages that fetch, by cause. Statuses (`http-404`) are not listed: `causeOf` knows them.
 *
 * A refused or unreachable host no longer serves, and a reset is how firewalls refuse. A public name that leads to a
 * private address is mostly the answer of a filtering resolver. What ends at a limit of ours is `other`.
 */
export const REASONS_BY_CAUSE: Record<Cause, readonly string[]> = {
  dns: ['timeout-dns', 'dns-failed', 'dns-not-found', 'address-refused'],
  tls: ['tls'],
  timeout: ['timeout-connect', 'timeout-tls', 'timeout-first-byte', 'timeout-body', 'timeout-total'],
  blocked: ['host-given-up', 'connect-reset'],
  gone: [
    'hash-mismatch',
    'connect-refused',
    'connect-unreachable',
    'bad-redirect',
    'redirect-loop',
    'too-many-redirects',
  ],
  'opt-out': [...CONSENT_REASONS, 'robots-unreachable', 'blocklisted', 'not-allowlisted', 'taken-down'],
  'not-an-image': [
    'empty-body',
    'not-an-image',
    'unsupported-format',
    'svg-refused',
    'image-truncated',
    'image-broken',
  ],
  other: [
    'deferred',
    'bad-url',
    'bad-length',
    'bad-response',
    'bad-encoding',
    'too-many-bytes',
    'too-many-pixels',
  ],
}

const known = new Map(
  CAUSES.flatMap((cause) => REASONS_BY_CAUSE[cause].map((reason) => [reason, cause] as const)),
)

/** Statuses by which a site refuses who asks, not what is asked for. */
const REFUSALS = new Set([401, 402, 403, 406, 407, 418, 421, 429, 451])

/** The cause of a reason, `other` for one that nobody knows. */
export function causeOf(reason: string): Cause {
  const found = known.get(reason)
  if (found !== undefined) return found
  const status = Number(/^http-(\d{3})$/.exec(reason)?.[1] ?? 0)
  if (REFUSALS.has(status)) return 'blocked'
  if (status >= 500) return 'other'
  if (status >= 300) return 'gone'
  return status >= 200 ? 'not-an-image' : 'other'
}

/**
 * The reason below a reason that only says what followed from it: a host is given up, or its robots.txt cannot be had,
 * because of timeouts or statuses that the evidence names. Any other reason is itself.
 */
export function rootReason(reason: string, evidence: string | null): string {
  if (reason !== 'host-given-up' && reason !== 'robots-unreachable') return reason
  const named = /(?:the last |: |, got )(http-\d{3}|tls|(?:timeout|connect|dns)-[a-z-]+)/.exec(evidence ?? '')
  const status = /: status (\d{3})$/.exec(evidence ?? '')
  return named?.[1] ?? (status ? `http-${status[1]}` : reason)
}
