import { setTimeout as sleep } from 'node:timers/promises'
import { fetchError, isWorthRetrying, reasonOf, type FetchReason } from './fetch-error.ts'
import type { GetOptions, HttpClient, HttpResponse } from './http.ts'
import type { Robots } from './robots.ts'

/** A Retry-After longer than this is not waited for; the page counts as failed. ms */
const MAX_WAIT_MS = 60_000

export interface SiteClientOptions {
  /** Pause between the end of one request to a host and the start of the next, ms. */
  delayMs: number
  /** A robots.txt may ask for a longer pause, up to this, ms. */
  maxCrawlDelayMs: number
  /** Further tries where one may help. */
  retries: number
  /** Wait before the first further try, ms; doubled for each one after it. */
  backoffMs: number
  signal: AbortSignal
}

/** Asks for the pages of a site: robots.txt first, then after a pause, one request at a time by its caller's hand. */
export interface SiteClient {
  /**
   * One answer with status 2xx or 3xx; redirects are not followed.
   *
   * @throws PairloomError `PL_FETCH` with `data.reason`; `robots`, `robots-unreachable` and `http-<status>` among them
   */
  get(url: string, options: Pick<GetOptions, 'maxBytes' | 'accept'>): Promise<HttpResponse>
}

export function openSiteClient(http: HttpClient, robots: Robots, options: SiteClientOptions): SiteClient {
  const { delayMs, maxCrawlDelayMs, retries, backoffMs, signal } = options
  /** Host -> when its last request ended, ms. */
  const lastEnd = new Map<string, number>()

  async function admit(url: string): Promise<void> {
    const { allowed, reason, evidence } = await robots.verdict(url)
    if (!allowed) throw fetchError(reason!, url, { evidence: evidence! })
    const { host, origin } = new URL(url)
    const asked = Math.min((await robots.crawlDelayMs(origin)) ?? 0, maxCrawlDelayMs)
    const waitMs = (lastEnd.get(host) ?? -Infinity) + Math.max(delayMs, asked) - performance.now()
    if (waitMs > 0) await sleep(waitMs, undefined, { signal })
  }

  async function once(url: string, request: Pick<GetOptions, 'maxBytes' | 'accept'>): Promise<HttpResponse> {
    await admit(url)
    try {
      const response = await http.get(url, { ...request, maxRedirects: 0, signal })
      if (response.status < 400) return response
      const reason: FetchReason = `http-${response.status}`
      const retryAfterMs = 1000 * Number(response.headers['retry-after'] ?? NaN)
      throw fetchError(reason, url, Number.isFinite(retryAfterMs) ? { retryAfterMs } : {})
    } finally {
      lastEnd.set(new URL(url).host, performance.now())
    }
  }

  return {
    async get(url, request) {
      for (let tried = 0; ; tried++) {
        try {
          return await once(url, request)
        } catch (error) {
          const reason = reasonOf(error)
          if (reason === null || tried >= retries || !isWorthRetrying(reason)) throw error
          const asked = (error as { data: { retryAfterMs?: number } }).data.retryAfterMs ?? 0
          if (asked > MAX_WAIT_MS) throw error
          await sleep(Math.max(asked, backoffMs * 2 ** tried), undefined, { signal })
        }
      }
    },
  }
}
