import type { IncomingHttpHeaders } from 'node:http'
import { Agent } from 'undici'
import type { Network } from '../core/stage.ts'
import { addressRule } from './address.ts'
import { fetchError } from './fetch-error.ts'
import { openConnector } from './http-connect.ts'
import { openDeadline } from './http-deadline.ts'
import { decodeBody } from './http-decode.ts'
import { exchange, type Admit } from './http-exchange.ts'
import { hasCredentials, isHttp, openRedirects } from './http-redirect.ts'
import { userAgent } from './http-user-agent.ts'
import { resolverOf } from './resolve.ts'

/** Times after which a request is given up. Name lookup and connecting happen once a connection. */
export interface Deadlines {
  dnsMs: number
  /** TCP handshake. */
  connectMs: number
  /** TLS handshake. */
  tlsMs: number
  firstByteMs: number
  /** A body slower than `minBytesPerSecond` over this long is given up. */
  stallMs: number
  minBytesPerSecond: number
  /** All of one `get`, redirects included, but for what `admit` makes it wait. */
  totalMs: number
}

export const DEFAULT_DEADLINES: Deadlines = {
  dnsMs: 5_000,
  connectMs: 10_000,
  tlsMs: 10_000,
  firstByteMs: 20_000,
  stallMs: 10_000,
  minBytesPerSecond: 512,
  totalMs: 60_000,
}

export interface HttpOptions {
  deadlines?: Partial<Deadlines>
  /** Connections to one origin at most: no caller gets more requests at once to it. Default 2. */
  connectionsPerOrigin?: number
}

export interface GetOptions {
  /** Largest body, after its Content-Encoding is undone. */
  maxBytes: number
  signal?: AbortSignal
  /** Accept header. Default any type. */
  accept?: string
  /** `cut` gives the first maxBytes of a larger body, `refuse` throws too-many-bytes. Default `refuse`. */
  oversize?: 'refuse' | 'cut'
  /** Redirects followed at most; 0 gives a redirect as the answer. Default 5. */
  maxRedirects?: number
  /** Bounds the bytes in memory over all requests. */
  admit?: Admit
  /** Told when the request is on its way, for each hop. */
  onSent?: () => void
  /** What earlier requests, redirects to this one, took of `totalMs`. Default 0. */
  spentMs?: number
  /**
   * Asks for bytes `from` to `to`, both included, or for the `last` ones: 206 with them, 200 where the server gives all,
   * 416 past the end.
   */
  range?: { from: number; to: number } | { last: number }
}

export interface HttpResponse {
  /** Any: 404 and 500 are answers too; a redirect only where none are followed. */
  status: number
  headers: IncomingHttpHeaders
  /** Content-Encoding undone; empty unless the status is 2xx. */
  body: Buffer
  /** The URL that answered, after redirects. */
  url: string
  /** URLs that redirected, in order; empty without redirects. */
  hops: string[]
  /** Address that answered. */
  address: string | null
  /** From the last request being sent to its response's head, ms. */
  firstByteMs: number
}

export interface HttpClient {
  /** One GET, redirects followed. @throws PairloomError `PL_FETCH` with `data.reason` (`FETCH_REASONS`) */
  get(url: string, options: GetOptions): Promise<HttpResponse>
  /**
   * The address that a request for the URL goes to first, from the cache that connections use. It may be one that they
   * refuse. @throws PairloomError `PL_FETCH`: bad-url, dns-not-found, dns-failed, timeout-dns
   */
  addressOf(url: string): Promise<string>
  /** Ends all connections, open requests too. */
  close(): Promise<void>
}

/**
 * A polite, guarded client of HTTP/1.1, and of HTTP/2 where `network.http2` offers it: http and https only, each
 * connection to an address that was checked, each hop of a redirect again, keep-alive per origin, deadlines for every
 * phase.
 *
 * Memory: at most maxBytes for each open request.
 */
export function openHttp(network: Network, options: HttpOptions = {}): HttpClient {
  const deadlines = { ...DEFAULT_DEADLINES, ...options.deadlines }
  const addresses = new Map<string, string>()
  const resolver = resolverOf(network)
  const agent = new Agent({
    connections: options.connectionsPerOrigin ?? 2,
    pipelining: 1,
    allowH2: network.http2,
    connect: openConnector({
      resolver,
      rule: addressRule(network.allow),
      dnsMs: deadlines.dnsMs,
      connectMs: deadlines.connectMs,
      tlsMs: deadlines.tlsMs,
      http2: network.http2,
      onAddress(origin, address) {
        addresses.set(origin, address)
        if (addresses.size > 10_000) addresses.delete(addresses.keys().next().value!)
      },
    }),
  })
  const agentName = userAgent(network)

  async function follow(start: string, request: GetOptions, signal: AbortSignal): Promise<HttpResponse> {
    const { maxBytes, oversize = 'refuse', maxRedirects = 5, accept = '*/*' } = request
    const headers: Record<string, string> = { 'user-agent': agentName, accept }
    // A part of a compressed body cannot be had.
    headers['accept-encoding'] = oversize === 'cut' || request.range ? 'identity' : 'gzip, br'
    if (request.range)
      headers.range =
        'last' in request.range
          ? `bytes=-${request.range.last}`
          : `bytes=${request.range.from}-${request.range.to}`
    const { admit, onSent } = request
    const limits = { ...deadlines, maxBytes, oversize, ...(admit && { admit }), ...(onSent && { onSent }) }
    const redirects = openRedirects(start, maxRedirects)
    let url = start
    for (;;) {
      const asked = new URL(url)
      const answer = await exchange(agent, asked, headers, limits, signal)
      const next = redirects.next(url, answer)
      if (next === null) {
        const body = await decodeBody(answer.body, answer.headers['content-encoding'], maxBytes, url)
        const address = addresses.get(asked.origin) ?? null
        return { ...answer, body, url, hops: redirects.hops, address }
      }
      url = next
    }
  }

  return {
    async get(href, request) {
      request.signal?.throwIfAborted()
      const url = URL.parse(href)
      if (url === null || !isHttp(url) || hasCredentials(url)) throw fetchError('bad-url', href)
      // AbortSignal.any would tie one signal to the caller's for as long as that lives, for each request.
      const own = new AbortController()
      const onAbort = () => own.abort(request.signal?.reason)
      const deadline = openDeadline(deadlines.totalMs - (request.spentMs ?? 0), () =>
        own.abort(fetchError('timeout-total', href, { evidence: `not done in ${deadlines.totalMs} ms` })),
      )
      const { admit } = request
      const paused: Admit = (bytes) => {
        const admitted = admit?.(bytes)
        if (admitted) deadline.pause(admitted)
        return admitted
      }
      request.signal?.addEventListener('abort', onAbort, { once: true })
      try {
        return await follow(url.href, admit ? { ...request, admit: paused } : request, own.signal)
      } finally {
        deadline.end()
        request.signal?.removeEventListener('abort', onAbort)
      }
    },
    async addressOf(href) {
      const url = URL.parse(href)
      if (url === null || !isHttp(url) || hasCredentials(url)) throw fetchError('bad-url', href)
      // An IPv6 address has brackets in a URL alone; with them it would be asked for as a name.
      const [first] = await resolver.resolve(url.hostname.replace(/^\[|\]$/g, ''), deadlines.dnsMs)
      return first!.address
    },
    close: () => agent.destroy(),
  }
}
