import { setTimeout as sleep } from 'node:timers/promises'
import { fetchError, type FetchReason } from './fetch-error.ts'
import { retryAfterMs, withRetries } from './fetch-retry.ts'
import type { ImageRobots } from './fetch-robots.ts'
import { openHostHealth, pleaMs } from './host-health.ts'
import type { GetOptions, HttpClient, HttpResponse } from './http.ts'
import { hostOf } from './host.ts'

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
  options: SiteClientOptions,
): SiteClient {
  const { delayMs, maxCrawlDelayMs, signal } = options
  const health = openHostHealth(options)
  /** Host -> when its last request ended, ms. */
  const lastEnd = new Map<string, number>()
  /** Host -> until when it asked to be left alone, ms. */
  const leftAlone = new Map<string, number>()

  async function pause(url: string): Promise<void> {
    const host = hostOf(url)
    const { origin } = new URL(url)
    const asked = Math.min((await robots.crawlDelayMs(origin)) ?? 0, maxCrawlDelayMs)
    const spaced = (lastEnd.get(host) ?? -Infinity) + Math.max(delayMs, asked)
    const waitMs = Math.max(spaced, leftAlone.get(host) ?? -Infinity) - performance.now()
    if (waitMs > 0) await sleep(waitMs, undefined, { signal })
  }

  function ended(host: string, error: unknown): void {
    lastEnd.set(host, performance.now())
    const askedMs = pleaMs(error)
    if (askedMs !== null) leftAlone.set(host, performance.now() + Math.max(askedMs, options.backoffMs))
  }

  return {
    async get(url, request) {
      const host = hostOf(url)
      health.check(host)
      const { allowed, reason, evidence } = await robots.verdict(url)
      if (!allowed)
        throw robots.noHost(new URL(url).origin) ?? fetchError(reason!, url, { evidence: evidence! })
      const attempt = async () => {
        await pause(url)
        try {
          const response = await http.get(url, { ...request, maxRedirects: 0, signal })
          if (response.status >= 400) throw statusError(url, response)
          ended(host, null)
          return response
        } catch (error) {
          ended(host, error)
          throw error
        }
      }
      try {
        const response = await withRetries(url, options, attempt)
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
