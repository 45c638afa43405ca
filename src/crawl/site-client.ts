import { fetchError, type FetchReason } from './fetch-error.ts'
import { retryAfterMs, withRetries } from './fetch-retry.ts'
import type { ImageRobots } from './fetch-robots.ts'
import { openHostHealth, pleaMs } from './host-health.ts'
import type { GetOptions, HttpClient, HttpResponse } from './http.ts'
import { hostOf } from './host.ts'
import type { Polite } from './polite.ts'

export interface SiteClientOptions {
  /** Pause between the end of one request to a host and the start of the next, ms. */
  delayMs: number
  /** A robots.txt may ask for a longer pause, up to this, ms. */
  maxCrawlDelayMs: number
  retries: number
  backoffMs: number
  maxWaitMs: number
  /** Pages of a host that fail in a row after which it is asked no more. */
  giveUpAfter: number
  signal: AbortSignal
}

/** Asks for the pages of a site: robots.txt first, then after a pause; its caller asks for one at a time. */
export interface SiteClient {
  /**
   * One answer with status 2xx or 3xx; redirects are not followed. A host that asks to be left alone for longer than
   * maxWaitMs, or whose pages only fail, is asked no more.
   *
   * @throws PairloomError `PL_FETCH` with `data.reason`; `robots`, `robots-unreachable`, `host-given-up` and
   * `http-<status>` among them
   */
  get(url: string, options: Pick<GetOptions, 'maxBytes' | 'accept'>): Promise<HttpResponse>
}

export function openSiteClient(
  http: HttpClient,
  robots: ImageRobots,
  polite: Polite,
  options: SiteClientOptions,
): SiteClient {
  const { delayMs, maxCrawlDelayMs, signal } = options
  const health = openHostHealth(options)

  /** One request at its turn. It is never said to be on its way, so that the pause begins when it has ended. */
  function attempt(url: string, request: Pick<GetOptions, 'maxBytes' | 'accept'>): Promise<HttpResponse> {
    const host = hostOf(url)
    return polite.run(url, async (_turn, heard) => {
      try {
        const response = await http.get(url, { ...request, maxRedirects: 0, signal })
        if (response.status >= 400) throw statusError(url, response)
        heard(response.firstByteMs)
        return response
      } catch (error) {
        const askedMs = pleaMs(error)
        if (askedMs !== null) polite.slowDown(host, Math.max(askedMs, options.backoffMs))
        throw error
      }
    })
  }

  return {
    async get(url, request) {
      const host = hostOf(url)
      health.check(host)
      const { allowed, reason, evidence } = await robots.verdict(url)
      if (!allowed)
        throw robots.noHost(new URL(url).origin) ?? fetchError(reason!, url, { evidence: evidence! })
      const asked = (await robots.crawlDelayMs(new URL(url).origin)) ?? 0
      polite.space(host, Math.max(delayMs, Math.min(asked, maxCrawlDelayMs)))
      health.admit(host)
      try {
        const response = await withRetries(url, options, () => attempt(url, request))
        health.report(host, null)
        return response
      } catch (error) {
        // Once a page: the tries of one page fail together.
        health.report(host, error)
        throw error
      }
    },
  }
}

function statusError(url: string, { status, headers }: HttpResponse): Error {
  const reason: FetchReason = `http-${status}`
  const wait = retryAfterMs(headers['retry-after'], Date.now())
  return fetchError(reason, url, wait === undefined ? {} : { retryAfterMs: wait })
}
