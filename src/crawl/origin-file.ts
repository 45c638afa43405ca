import { reasonOf } from './fetch-error.ts'
import type { RobotsRequest } from './robots.ts'

/** Redirects of a file that are followed, across hosts too (RFC 9309, 2.3.1.2). */
const REDIRECTS = 5

/** A file of an origin: its bytes, null where there is none, or why it cannot be had. */
export type OriginFile = Uint8Array | null | string

/**
 * Reads a robots.txt, or another file that an origin keeps at a known place, by RFC 9309, 2.3.1: 2xx is the file, 4xx means
 * that there is none, but for 429, which is a plea to stay away; all else cannot be had.
 *
 * refuses: why a URL may not be asked for, before each request. Throws only what is no `PL_FETCH`: the request was aborted.
 */
export async function readOriginFile(
  file: string,
  maxBytes: number,
  request: RobotsRequest,
  refuses?: (url: string) => Promise<string | null>,
): Promise<OriginFile> {
  let url = file
  try {
    for (let hop = 0; hop <= REDIRECTS; hop++) {
      const refusal = (await refuses?.(url)) ?? null
      if (refusal !== null) return refusal
      const { status, location, body } = await request(url, maxBytes)
      if (status >= 300 && status < 400 && location !== null) {
        const next = URL.parse(location, url)
        if (next === null || !/^https?:$/.test(next.protocol)) return `bad-url: redirect to ${location}`
        url = next.href
        continue
      }
      if (status >= 200 && status < 300) return body
      if (status >= 400 && status < 500 && status !== 429) return null
      return `status ${status}`
    }
    return `more than ${REDIRECTS} redirects`
  } catch (error) {
    if (reasonOf(error) === null) throw error
    return (error as Error).message
  }
}
