import type { HttpClient } from './http.ts'
import { firstHeader } from './http-header.ts'
import type { RobotsRequest } from './robots.ts'

/** How robots.txt files are asked for with our HTTP client. */
export function robotsRequest(http: HttpClient, signal?: AbortSignal): RobotsRequest {
  return async (url, maxBytes) => {
    const { status, headers, body } = await http.get(url, {
      maxBytes,
      oversize: 'cut',
      maxRedirects: 0,
      accept: 'text/plain, */*;q=0.5',
      ...(signal ? { signal } : {}),
    })
    return { status, location: firstHeader(headers, 'location') ?? null, body }
  }
}
