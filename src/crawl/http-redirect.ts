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
  if (next === null || !isHttp(next))
    throw fetchError('bad-redirect', from, { evidence: `${status} to ${location ?? 'nowhere'}` })
  next.hash = ''
  return next.href
}

export function isHttp(url: URL): boolean {
  return url.protocol === 'http:' || url.protocol === 'https:'
}
