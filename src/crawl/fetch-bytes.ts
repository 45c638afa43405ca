import type { StageContext } from '../core/stage.ts'
import type { BlockLists } from './block-lists.ts'
import type { Signal } from './consent.ts'
import { headerSignal } from './consent-headers.ts'
import { openOriginConsent } from './consent-origin.ts'
import { xmpSignal } from './consent-xmp.ts'
import { openByteBudget, type Lease } from './fetch-budget.ts'
import { fetchError } from './fetch-error.ts'
import { openDeferral, type Deferral, type OpenRow } from './fetch-deferral.ts'
import type { FetchOptions } from './fetch-options.ts'
import { retryAfterMs, withRetries } from './fetch-retry.ts'
import { firstHeader } from './http-header.ts'
import { openHttp, type HttpResponse } from './http.ts'
import { openRedirects } from './http-redirect.ts'
import { limitedRobots, Unheard } from './fetch-robots.ts'
import { openHostHealth, pleaMs } from './host-health.ts'
import { openPolite } from './polite.ts'
import { hostOf } from './host.ts'
import { productToken } from './robots-txt.ts'

/** How a fetch went, whatever its end. */
export interface Trace {
  attempts: number
  httpStatus: number | null
  mime: string | null
  address: string | null
  /** Requests of the last try, one after another, without waits for hosts, ms. */
  fetchMs: number
  /** What was said of its use, in the order in which it was heard; null before anything was asked. */
  signals: Signal[] | null
}

export interface Fetched {
  body: Buffer
  /** To be released when the body is no longer held. */
  lease: Lease
}

interface Answered {
  response: HttpResponse
  lease: Lease | undefined
}

export interface ByteFetcher {
  /** The body of a 200; fills in `trace` on the way. @throws PairloomError `PL_FETCH` */
  fetch(url: string, trace: Trace): Promise<Fetched>
  /** When rows are left: `fetch` throws their `PL_FETCH`, deferred. */
  readonly deferral: Deferral
  close(): Promise<void>
}

/**
 * Fetches bodies politely: robots.txt and what else an origin says of use first, each host at its own pace, further
 * tries where they may help. A body whose headers or metadata reserve it is not handed out.
 *
 * Memory: bodies, until their pictures are decoded, of at most a quarter of the task's memory, at most 256 MiB.
 */
export function openByteFetcher(
  options: FetchOptions,
  context: Omit<StageContext, 'options' | 'bytes' | 'drop' | 'defer'>,
  lists: Pick<BlockLists, 'ofUrl'>,
  signal: AbortSignal,
): ByteFetcher {
  const { network, count, memoryBytes, isTakenDown } = context
  const most = Math.max(options.perHost, ...Object.values(options.rates).map(({ atOnce = 0 }) => atOnce))
  const http = openHttp(network, { deadlines: options, connectionsPerOrigin: most })
  const polite = openPolite(context, (url) => http.addressOf(url), options, signal)
  const health = openHostHealth({ ...options, now: context.now })
  const deferral = openDeferral(context, {
    ...options,
    signal,
    onDefer: (host, error) => (host === null ? polite.endAll(error) : polite.end(host, error)),
  })
  const robots = limitedRobots(http, context, polite, options, signal, deferral)
  const origins = openOriginConsent(robots, robots.request, network.agent, options.consent)
  const budget = openByteBudget(Math.min(256 * 2 ** 20, Math.floor(memoryBytes / 4)))

  /** Notes what is said, and ends the fetch where it reserves. */
  function heed(signal: Signal | null, url: string, trace: Trace): void {
    trace.signals ??= []
    if (signal === null) return
    trace.signals.push(signal)
    if (signal.reserves) throw fetchError(signal.rule, url, { evidence: signal.source })
  }

  /** What lists and files of its origin say of a URL, before it is asked for. */
  async function checkOrigin(url: string, trace: Trace): Promise<void> {
    const refused = lists.ofUrl(url)
    if (refused) throw fetchError(refused.reason, url, { evidence: refused.evidence })
    const { allowed, reason, evidence } = await answerOf(robots.verdict(url))
    signal.throwIfAborted()
    const { origin } = new URL(url)
    if (reason === 'robots') heed({ reserves: true, rule: 'robots', source: evidence! }, url, trace)
    if (!allowed)
      throw robots.noHost(origin) ?? fetchError('robots-unreachable', url, { evidence: evidence! })
    const asked = (await robots.crawlDelayMs(origin)) ?? 0
    polite.space(hostOf(url), Math.min(asked, options.maxCrawlDelayMs))
    const said = await answerOf(origins.verdict(url))
    signal.throwIfAborted()
    heed(said, url, trace)
  }

  /** One request at its host's turn: its answer, redirects too, with a lease on its body. */
  async function request(url: string, spentMs: number, trace: Trace, onSent: () => void): Promise<Answered> {
    const started = performance.now()
    let lease: Lease | undefined
    let isOver = false
    count('requests')
    try {
      const response = await http.get(url, {
        maxBytes: options.maxBytes,
        maxRedirects: 0,
        spentMs,
        signal,
        onSent,
        accept: 'image/*, */*;q=0.5',
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
      checkStatus(response, url)
      return { response, lease }
    } catch (error) {
      lease?.release()
      throw error
    } finally {
      isOver = true
      trace.fetchMs += performance.now() - started
    }
  }

  /** What a failure means for all of its host. */
  function failed(host: string, error: unknown): void {
    const end = health.report(host, error)
    if (end) polite.end(host, end)
    const askedMs = pleaMs(error)
    // All of the host waits, not this picture alone, and whether or not this picture is tried again.
    if (askedMs !== null) polite.slowDown(host, Math.max(askedMs, options.backoffMs))
  }

  /** A request at its turn. */
  async function atTurn(url: string, trace: Trace): Promise<Answered> {
    const host = hostOf(url)
    try {
      await http.addressOf(url)
    } catch (error) {
      failed(host, error)
      throw error
    }
    // One that has been deferred meanwhile is not waited for.
    deferral.check(host)
    return polite.run(url, async ({ sent }, heard) => {
      deferral.check(host)
      try {
        const answered = await request(url, trace.fetchMs, trace, sent)
        // Redirects and pages of errors come sooner than pictures: their time would be a best that no picture keeps to.
        if (isPicture(answered.response)) heard(answered.response.firstByteMs)
        health.report(host, null)
        return answered
      } catch (error) {
        failed(host, error)
        throw error
      }
    })
  }

  /** One try: each hop of it waits for its own host, by that host's robots.txt. */
  async function follow(start: string, trace: Trace, row: OpenRow): Promise<Fetched> {
    const redirects = openRedirects(start, options.maxRedirects)
    trace.attempts++
    trace.fetchMs = 0
    let url = start
    for (;;) {
      health.admit(hostOf(url))
      const { response, lease } = await atTurn(url, trace)
      const next = redirects.next(url, response)
      if (next === null) return accepted(response, lease, url, trace)
      if (isTakenDown({ url: next })) throw fetchError('taken-down', url)
      row.moveTo(hostOf(next))
      await checkOrigin(next, trace)
      url = next
    }
  }

  async function accepted(
    { status, headers, body }: HttpResponse,
    lease: Lease | undefined,
    url: string,
    trace: Trace,
  ): Promise<Fetched> {
    try {
      if (status !== 200) throw fetchError(`http-${status}`, url)
      heed(headerSignal(headers, productToken(network.agent), options.consent), url, trace)
      if (body.length === 0) throw fetchError('empty-body', url)
      count('bytes.in', body.length)
      lease ??= await budget.take(body.length)
      lease.shrink(body.length)
      heed(xmpSignal(body, options.consent), url, trace)
      return { body, lease }
    } catch (error) {
      lease?.release()
      throw error
    }
  }

  return {
    async fetch(url, trace) {
      const host = hostOf(url)
      health.check(host)
      deferral.check(host)
      const row = deferral.begin(host)
      try {
        await checkOrigin(url, trace)
        const onRetry = () => count('retries')
        const pause = (ms: number) => {
          row.moveTo(host)
          return deferral.pause(host, ms)
        }
        return await withRetries(url, { ...options, signal, pause, onRetry }, () => follow(url, trace, row))
      } finally {
        row.done()
      }
    },
    deferral,
    async close() {
      deferral.close()
      await http.close()
    },
  }
}

/** What files of an origin say. @throws PairloomError `PL_FETCH`, deferred, where they could not be asked for */
async function answerOf<T>(said: Promise<T>): Promise<T> {
  try {
    return await said
  } catch (error) {
    throw error instanceof Unheard ? error.why : error
  }
}

/** @throws PairloomError `PL_FETCH` where the status says that the request failed */
function checkStatus({ status, headers }: HttpResponse, url: string): void {
  if (status < 400) return
  const wait = retryAfterMs(firstHeader(headers, 'retry-after'), Date.now())
  throw fetchError(`http-${status}`, url, wait === undefined ? {} : { retryAfterMs: wait })
}

function isPicture(response: HttpResponse): boolean {
  return response.status === 200 && !mimeOf(response)?.startsWith('text/')
}

function mimeOf({ headers }: HttpResponse): string | null {
  return firstHeader(headers, 'content-type')?.split(';')[0]!.trim().toLowerCase() || null
}
