import type { HttpClient } from './http.ts'
import { firstHeader } from './http-header.ts'
import { retryAfterMs } from './fetch-retry.ts'
import type { RobotsRequest } from './robots.ts'

/** A robots.txt, and how long its host asks to be left alone, ms, or null. */
export type RobotsAnswer = Awaited<ReturnType<RobotsRequest>> & { retryAfterMs: number | null }

/** How robots.txt files are asked for with our HTTP client. */
export function robotsRequest(
  http: HttpClient,
  signal?: AbortSignal,
): (...of: Parameters<RobotsRequest>) => Promise<RobotsAnswer> {
  return async (url, maxBytes) => {
    const { status, headers, body } = await http.get(url, {
      maxBytes,
      oversize: 'cut',
      maxRedirects: 0,
      accept: 'text/plain, */*;q=0.5',
      ...(signal ? { signal } : {}),
    })
    return {
      status,
      location: firstHeader(headers, 'location') ?? null,
      body,
      retryAfterMs: retryAfterMs(firstHeader(headers, 'retry-after'), Date.now()) ?? null,
    }
  }
}
