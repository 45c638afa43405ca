import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import { fetchError, reasonOf } from './fetch-error.ts'
import { bodyMemory } from './http-decode.ts'
import { firstHeader } from './http-header.ts'

export interface ExchangeLimits {
  maxBytes: number
  oversize: 'refuse' | 'cut'
  /** From the request being sent to the response's head. */
  firstByteMs: number
  /** The body may not fall below `minBytesPerSecond` over a time this long. */
  stallMs: number
  minBytesPerSecond: number
  admit?: Admit
  /** Told when the request is on its way. */
  onSent?: () => void
}

/**
 * Asked when the head of a 2xx response is there, with the most memory that its body can take, bytes. The body is read at
 * once where it gives nothing, else when what it gives resolves.
 */
export type Admit = (bytes: number) => Promise<void> | undefined

export interface Exchanged {
  status: number
  headers: IncomingHttpHeaders
  /** The body as sent; empty unless the status is 2xx. */
  body: Buffer
  /** From the request being sent to the response's head, ms. */
  firstByteMs: number
}

/** The body of an answer that is not used is read to its end up to here, so that its connection lives on. */
const MAX_DRAIN_BYTES = 64 * 1024

/**
 * One request and its response, without redirects.
 *
 * Written against undici's dispatch, not its streams: a picture is a handful of chunks, and a stream for each costs
 * more than they do.
 */
export function exchange(
  dispatcher: Dispatcher,
  url: URL,
  headers: Record<string, string>,
  limits: ExchangeLimits,
  signal: AbortSignal,
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined
    let timer: NodeJS.Timeout | undefined
    let settled = false
    let sentAt = 0
    let firstByteMs = 0
    let status = 0
    let answered: IncomingHttpHeaders = {}
    let wanted = false
    let length: number | null = null
    let received = 0
    let receivedAtTick = 0
    let chunks: Buffer[] = []

    function finish(error: Error | null): void {
      if (settled) return
      settled = true
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      if (error === null) resolve({ status, headers: answered, body: joined(chunks), firstByteMs })
      else reject(error)
      chunks = []
    }
    function stop(error: Error): void {
      finish(error)
      controller?.abort(error)
    }
    function onAbort(): void {
      stop(signal.reason instanceof Error ? signal.reason : new DOMException('aborted', 'AbortError'))
    }
    function tick(): void {
      const least = Math.max(1, (limits.minBytesPerSecond * limits.stallMs) / 1000)
      if (received - receivedAtTick < least) {
        const evidence = `${received - receivedAtTick} bytes in ${limits.stallMs} ms, after ${receivedAtTick}`
        stop(fetchError('timeout-body', url.href, { evidence }))
        return
      }
      receivedAtTick = received
      timer = setTimeout(tick, limits.stallMs)
    }

    if (signal.aborted) {
      onAbort()
      return
    }
    signal.addEventListener('abort', onAbort, { once: true })

    dispatcher.dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method: 'GET',
        headers,
        // Our own timers are exact and name what was late.
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      {
        onRequestStart(started) {
          controller = started
          if (settled) {
            started.abort(new DOMException('aborted', 'AbortError'))
            return
          }
          sentAt = performance.now()
          limits.onSent?.()
          timer = setTimeout(
            () =>
              stop(
                fetchError('timeout-first-byte', url.href, {
                  evidence: `no response in ${limits.firstByteMs} ms`,
                }),
              ),
            limits.firstByteMs,
          )
        },
        onResponseStart(own, code, responseHeaders) {
          // An informational answer (RFC 9110, 15.2) is not what is waited for.
          if (code < 200) return
          clearTimeout(timer)
          firstByteMs = performance.now() - sentAt
          status = code
          answered = responseHeaders
          wanted = code < 300
          const declared = Number(firstHeader(responseHeaders, 'content-length') ?? NaN)
          length = Number.isSafeInteger(declared) ? declared : null
          if (wanted && length !== null && length > limits.maxBytes && limits.oversize === 'refuse') {
            stop(
              fetchError('too-many-bytes', url.href, {
                evidence: `Content-Length ${length} > ${limits.maxBytes}`,
              }),
            )
            return
          }
          const admitted = wanted
            ? limits.admit?.(bodyMemory(responseHeaders['content-encoding'], length, limits.maxBytes))
            : undefined
          if (admitted === undefined) {
            timer = setTimeout(tick, limits.stallMs)
            return
          }
          own.pause()
          void admitted.then(() => {
            if (settled) return
            timer = setTimeout(tick, limits.stallMs)
            own.resume()
          })
        },
        onResponseData(_controller, chunk) {
          received += chunk.length
          if (!wanted) {
            if (received > MAX_DRAIN_BYTES) {
              finish(null)
              controller?.abort(new DOMException('aborted', 'AbortError'))
            }
            return
          }
          if (received > limits.maxBytes && limits.oversize === 'cut') {
            chunks.push(chunk.subarray(0, chunk.length - (received - limits.maxBytes)))
            finish(null)
            controller?.abort(new DOMException('aborted', 'AbortError'))
            return
          }
          if (received > limits.maxBytes) {
            stop(fetchError('too-many-bytes', url.href, { evidence: `more than ${limits.maxBytes} bytes` }))
            return
          }
          chunks.push(chunk)
        },
        onResponseEnd() {
          finish(null)
        },
        onResponseError(_controller, error) {
          finish(exchangeError(error, url.href, status, length, received))
        },
      },
    )
  })
}

function joined(chunks: Buffer[]): Buffer {
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}

/** What undici throws on an open connection, as a `PL_FETCH`. */
function exchangeError(
  error: Error,
  url: string,
  status: number,
  length: number | null,
  received: number,
): Error {
  if (reasonOf(error) !== null || error.name === 'AbortError') return error
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const detail = { evidence: `${code} ${error.message}`.trim(), cause: error }
  // Before there is a head: one that contradicts itself, or an upgrade that nobody asked for.
  const isBadHead = code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' || /^bad /.test(error.message)
  if (status === 0 && isBadHead) return fetchError('bad-response', url, detail)
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' || (length !== null && received !== length)) {
    if (received > 0)
      return fetchError('bad-length', url, { ...detail, evidence: `${received} of ${length} bytes` })
  }
  if (error.name === 'HTTPParserError' || code === 'UND_ERR_HEADERS_OVERFLOW')
    return fetchError('bad-response', url, detail)
  if (code === 'UND_ERR_INVALID_ARG') return fetchError('bad-url', url, detail)
  return fetchError('connect-reset', url, detail)
}
