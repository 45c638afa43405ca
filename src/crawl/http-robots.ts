import type { HttpClient } from './http.ts'
import { firstHeader } from './http-header.ts'
import { retryAfterMs } from './fetch-retry.ts'
import type { RobotsRequest } from './robots.ts'

/** A robots.txt, and how long its host asks to be left alone, ms, or null. */
export type RobotsAnswer = Awaited<ReturnType<RobotsRequest>> & { retryAfterMs: number | null }

/** How robots.txt files are asked for with our HTTP client. onSent: told when the request is on its way. */
export function robotsRequest(
  http: HttpClient,
  signal?: AbortSignal,
): (url: string, maxBytes: number, onSent?: () => void) => Promise<RobotsAnswer> {
  return async (url, maxBytes, onSent) => {
    const { status, headers, body } = await http.get(url, {
      maxBytes,
      oversize: 'cut',
      maxRedirects: 0,
      accept: 'text/plain, */*;q=0.5',
      ...(signal && { signal }),
      ...(onSent && { onSent }),
    })
    return {
      status,
      location: firstHeader(headers, 'location') ?? null,
      body,
      retryAfterMs: retryAfterMs(firstHeader(headers, 'retry-after'), Date.now()) ?? null,
    }
  }
}
