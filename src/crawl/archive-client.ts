import { PairloomError, type Gate, type Network } from '../core/index.ts'
import { fetchError, reasonOf } from './fetch-error.ts'
import { retryAfterMs, withRetries } from './fetch-retry.ts'
import { firstHeader } from './http-header.ts'
import { openHttp } from './http.ts'

/** A part of a file of an archive. */
export interface ArchiveBlock {
  bytes: Buffer
  /** Bytes of the whole file. */
  total: number
  etag: string | undefined
}

/** Bytes `from` to `to`, both included, or the `last` ones. */
export type ByteRange = { from: number; to: number } | { last: number }

/** Reads parts of files that are at URLs. */
export interface ArchiveClient {
  /**
   * A part of a file: fewer bytes at its end, none past it.
   *
   * @throws PairloomError `PL_INPUT` where there is no such file or its server knows no ranges; `PL_STORE_IO` where
   * reading fails in a way that may pass
   */
  read(url: string, range: ByteRange): Promise<ArchiveBlock>
  close(): Promise<void>
}

export interface ArchiveAccess {
  network: Network
  gate: Gate
  signal: AbortSignal
  count(name: string, by?: number): void
  /** Requests at once to one origin, over all workers. */
  requests: number
}

/** An archive is asked again for some ten minutes; it may ask for five of patience at a time. */
const RETRIES = { retries: 9, backoffMs: 1000, maxWaitMs: 300_000 }
/** Statuses by which an archive asks for patience; S3 says 503 SlowDown. */
const BUSY = ['http-429', 'http-503']
const GONE = ['http-403', 'http-404', 'http-410', 'dns-not-found', 'bad-url', 'address-refused']

/**
 * Opens a client for archives.
 *
 * At most `requests` requests at once go to an origin, from all workers of the run together, and all of them pause where
 * it asks for patience (429, 503): for as long as it says, else exponentially with jitter (`archive.paused`). A request
 * is tried for some ten minutes.
 */
export function openArchive({ network, gate, signal, count, requests }: ArchiveAccess): ArchiveClient {
  const http = openHttp(network, { connectionsPerOrigin: requests, deadlines: { totalMs: 300_000 } })

  async function ask(
    url: string,
    range: ByteRange,
    onBusy: (leave: () => void) => void,
  ): Promise<ArchiveBlock> {
    const key = { name: keyOf(url), atOnce: requests }
    const maxBytes = 'last' in range ? range.last : range.to - range.from + 1
    const turn = await gate.enter([key, { name: 'requests', atOnce: network.atOnce }], signal)
    let firstByteMs: number | undefined
    let isBusy = false
    try {
      const answer = await http.get(url, { maxBytes, range, signal, onSent: turn.sent })
      firstByteMs = answer.firstByteMs
      count('archive.requests')
      count('archive.bytes', answer.body.length)
      const total = /^bytes\s+(?:\d+-\d+|\*)\/(\d+)$/i.exec(
        firstHeader(answer.headers, 'content-range') ?? '',
      )?.[1]
      const etag = firstHeader(answer.headers, 'etag')
      if (answer.status === 416) return { bytes: Buffer.alloc(0), total: Number(total ?? 0), etag }
      if (answer.status === 200) return wholeFile(answer.body, range, etag)
      if (answer.status !== 206) {
        isBusy = BUSY.includes(`http-${answer.status}`)
        const wait = retryAfterMs(firstHeader(answer.headers, 'retry-after'), Date.now())
        throw fetchError(`http-${answer.status}`, url, wait === undefined ? {} : { retryAfterMs: wait })
      }
      if (total === undefined || answer.body.length === 0)
        throw fetchError('bad-length', url, {
          evidence: firstHeader(answer.headers, 'content-range') ?? 'no Content-Range',
        })
      return { bytes: answer.body, total: Number(total), etag }
    } finally {
      if (isBusy) onBusy(turn.leave)
      else turn.leave(firstByteMs)
    }
  }

  return {
    async read(url, range) {
      // A turn at which the archive asked for patience is left once all are told to pause, or the next would not be.
      let leave = () => {}
      const onBusy = (left: () => void) => (leave = left)
      const onRetry = (error: PairloomError, waitMs: number) => {
        if (!BUSY.includes(reasonOf(error) ?? '')) return
        gate.slowDown(keyOf(url), waitMs)
        count('archive.paused')
        leave()
      }
      try {
        return await withRetries(`${url} ${JSON.stringify(range)}`, { ...RETRIES, signal, onRetry }, () =>
          ask(url, range, onBusy),
        )
      } catch (error) {
        leave()
        throw readError(url, error)
      }
    },
    close: () => http.close(),
  }
}

function keyOf(url: string): string {
  return `archive ${URL.parse(url)?.origin ?? url}`
}

/** Servers that know no ranges give all; `maxBytes` has seen to it that it is no more than was asked for. */
function wholeFile(body: Buffer, range: ByteRange, etag: string | undefined): ArchiveBlock {
  const bytes = 'last' in range ? body : body.subarray(range.from, range.to + 1)
  return { bytes, total: body.length, etag }
}

function readError(url: string, error: unknown): unknown {
  const reason = reasonOf(error)
  if (reason === null) return error
  const needsRanges = reason === 'too-many-bytes'
  const what = needsRanges ? 'a server that gives ranges of it' : 'its bytes'
  return new PairloomError(
    GONE.includes(reason) || needsRanges ? 'PL_INPUT' : 'PL_STORE_IO',
    `Expected ${url}, ${what}, got ${reason}`,
    { data: { url, reason }, cause: error },
  )
}
