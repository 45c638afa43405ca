import { fetchError } from './fetch-error.ts'
import { firstHeader } from './http-header.ts'
import type { Exchanged } from './http-exchange.ts'

/** The redirects of one request, as they are followed. */
export interface Redirects {
  /** URLs that redirected, in order. */
  hops: string[]
  /**
   * Where the answer of a URL leads, or null where it is the last.
   *
   * @throws PairloomError `PL_FETCH`: bad-redirect, redirect-loop, too-many-redirects
   */
  next(url: string, answer: Pick<Exchanged, 'status' | 'headers'>): string | null
}

/** A target can be as long as a head. Characters. */
const MAX_EVIDENCE = 300

const REDIRECTS = new Set([301, 302, 303, 307, 308])

/** Follows at most `most` redirects from a URL; where that is 0, a redirect is an answer like others. */
export function openRedirects(start: string, most: number): Redirects {
  const hops: string[] = []
  return {
    hops,
    next(url, answer) {
      if (!REDIRECTS.has(answer.status) || most === 0) return null
      const next = redirectTarget(url, answer)
      hops.push(url)
      if (hops.includes(next)) throw fetchError('redirect-loop', start, { evidence: next })
      if (hops.length > most) throw fetchError('too-many-redirects', start, { evidence: next })
      return next
    },
  }
}

function redirectTarget(from: string, { status, headers }: Pick<Exchanged, 'status' | 'headers'>): string {
  const location = firstHeader(headers, 'location')
  const next = location === undefined ? null : URL.parse(location, from)
  if (next !== null && hasCredentials(next))
    throw fetchError('bad-redirect', from, { evidence: `${status} to a URL with a user or password` })
  if (next === null || !isHttp(next)) {
    const evidence = `${status} to ${location?.slice(0, MAX_EVIDENCE) ?? 'nowhere'}`
    throw fetchError('bad-redirect', from, { evidence })
  }
  next.hash = ''
  return next.href
}

/** What somebody else's URL brings is no key of ours; sent on, it would open what its owner meant for few. */
export function hasCredentials({ username, password }: URL): boolean {
  return username !== '' || password !== ''
}

export function isHttp(url: URL): boolean {
  return url.protocol === 'http:' || url.protocol === 'https:'
}
