import type { HttpClient } from './http.ts'
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
    const { location = null } = headers
    return { status, location: Array.isArray(location) ? (location[0] ?? null) : location, body }
  }
}
