import type { StageContext } from '../core/stage.ts'
import { openByteBudget, type Lease } from './fetch-budget.ts'
import { fetchError, type FetchReason } from './fetch-error.ts'
import type { FetchOptions } from './fetch-options.ts'
import { retryAfterMs, withRetries } from './fetch-retry.ts'
import { firstHeader } from './http-header.ts'
import { openHttp, type HttpResponse } from './http.ts'
import { limitedRobots } from './fetch-robots.ts'
import { openHostHealth, pleaMs } from './host-health.ts'
import { openHostQueues } from './polite.ts'
import { headerDirectives } from './robots-directives.ts'

/** How a fetch went, whatever its end. */
export interface Trace {
  attempts: number
  httpStatus: number | null
  mime: string | null
  address: string | null
  /** Of the last try, from its start to its end, ms. */
  fetchMs: number
}

export interface Fetched {
  body: Buffer
  /** To be released when the body is no longer held. */
  lease: Lease
}

export interface ByteFetcher {
  /** The body of a 200; fills in `trace` on the way. @throws PairloomError `PL_FETCH` */
  fetch(url: string, trace: Trace): Promise<Fetched>
  close(): Promise<void>
}

/**
 * Fetches bodies politely: robots.txt first, each host at its own pace, further tries where they may help.
 *
 * Memory: bodies, until their pictures are decoded, of at most a quarter of the task's memory, at most 256 MiB.
 */
export function openByteFetcher(
  options: FetchOptions,
  { network, count, memoryBytes }: Pick<StageContext, 'network' | 'count' | 'memoryBytes'>,
  signal: AbortSignal,
): ByteFetcher {
  const http = openHttp(network, { deadlines: options, connectionsPerOrigin: options.perHost })
  const queues = openHostQueues({ perHost: options.perHost, concurrency: options.concurrency, signal })
  const health = openHostHealth(options)
  const robots = limitedRobots(http, network, options, signal)
  const budget = openByteBudget(Math.min(256 * 2 ** 20, Math.floor(memoryBytes / 4)))

  async function checkRobots(url: string): Promise<void> {
    const { allowed, reason, evidence } = await robots.verdict(url)
    signal.throwIfAborted()
    const { origin, host } = new URL(url)
    if (!allowed)
      throw (
        robots.noHost(origin) ?? fetchError(reason ?? 'robots', url, evidence === null ? {} : { evidence })
      )
    const asked = (await robots.crawlDelayMs(origin)) ?? 0
    queues.space(host, Math.min(asked, options.maxCrawlDelayMs))
  }

  async function once(url: string, trace: Trace): Promise<Fetched> {
    const started = performance.now()
    let lease: Lease | undefined
    let isOver = false
    count('requests')
    trace.attempts++
    try {
      const response = await http.get(url, {
        maxBytes: options.maxBytes,
        maxRedirects: options.maxRedirects,
        signal,
        accept: 'image/*, */*;q=0.5',
        onRedirect: checkRobots,
        admit(bytes) {
          lease = budget.tryTake(bytes) ?? undefined
          if (lease) return undefined
          return budget.take(bytes).then((granted) => {
            if (isOver) granted.release()
            else lease = granted
          })
        },
      })
      trace.httpStatus = response.status
      trace.mime = mimeOf(response)
      trace.address = response.address
      checkAnswer(response, network.agent, url)
      count('bytes.in', response.body.length)
      lease ??= await budget.take(response.body.length)
      lease.shrink(response.body.length)
      return { body: response.body, lease }
    } catch (error) {
      lease?.release()
      throw error
    } finally {
      isOver = true
      trace.fetchMs = performance.now() - started
    }
  }

  async function reported(host: string, work: () => Promise<Fetched>): Promise<Fetched> {
    try {
      const fetched = await work()
      health.report(host, null)
      return fetched
    } catch (error) {
      const end = health.report(host, error)
      if (end) queues.end(host, end)
      const askedMs = pleaMs(error)
      // All of the host waits, not this picture alone, and whether or not this picture is tried again.
      if (askedMs !== null) queues.slowDown(host, Math.max(askedMs, options.backoffMs))
      throw error
    }
  }

  return {
    async fetch(url, trace) {
      const { host } = new URL(url)
      health.check(host)
      await checkRobots(url)
      const onRetry = () => count('retries')
      return withRetries(url, { ...options, signal, onRetry }, () => {
        health.check(host)
        return queues.run(host, () => reported(host, () => once(url, trace)))
      })
    },
    close: () => http.close(),
  }
}

/** A 200 with a body that its headers let us take, or a `PL_FETCH`. */
function checkAnswer({ status, headers, body }: HttpResponse, agent: string, url: string): void {
  if (status !== 200) {
    const wait = retryAfterMs(firstHeader(headers, 'retry-after'), Date.now())
    throw fetchError(`http-${status}` as FetchReason, url, wait === undefined ? {} : { retryAfterMs: wait })
  }
  const { noImages } = headerDirectives([headers['x-robots-tag'] ?? []].flat(), agent)
  if (noImages !== null) throw fetchError('x-robots-tag', url, { evidence: `X-Robots-Tag: ${noImages}` })
  if (body.length === 0) throw fetchError('empty-body', url)
}

function mimeOf({ headers }: HttpResponse): string | null {
  return firstHeader(headers, 'content-type')?.split(';')[0]!.trim().toLowerCase() || null
}
