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
}

/** Bytes `from` to `to`, both included, or the `last` ones. */
export type ByteRange = { from: number; to: number } | { last: number }

/** Reads parts of files that are at URLs. */
export interface ArchiveClient {
  /**
   * A part of a file: fewer bytes at its end, none past it.
   *
   * @throws PairloomError `PL_INPUT` where there is no such file or its server knows no ranges; `PL_STORE_IO` where
   * reading fails in a way that may pass, and where the file is another one than at its first read
   */
  read(url: string, range: ByteRange): Promise<ArchiveBlock>
  /** Ends reads that are under way, and all later ones. */
  stop(): void
  /** Stops, and ends all connections. */
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

/** By which a file is known again: its ETag, or its size and Last-Modified where the server gives none. */
interface Version {
  total: number
  tag: string | null
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
 * is tried for some ten minutes. A file is known by its ETag and size, or Last-Modified: one that changes under the reader
 * is an error, and the next attempt reads the new one from its start.
 */
export function openArchive({ network, gate, count, requests, ...task }: ArchiveAccess): ArchiveClient {
  const http = openHttp(network, { connectionsPerOrigin: requests, deadlines: { totalMs: 300_000 } })
  const versions = new Map<string, Version>()
  const own = new AbortController()
  const { signal } = own
  const onAbort = () => own.abort(task.signal.reason)
  if (task.signal.aborted) onAbort()
  else task.signal.addEventListener('abort', onAbort, { once: true })

  function checkVersion(url: string, seen: Version): void {
    const known = versions.get(url)
    if (known === undefined) versions.set(url, seen)
    if (known === undefined || (known.total === seen.total && known.tag === seen.tag)) return
    const named = ({ total, tag }: Version) => `${total} bytes${tag === null ? '' : `, ${tag}`}`
    throw new PairloomError(
      'PL_STORE_IO',
      `Expected ${url} to stay as it is while it is read (${named(known)}), got another (${named(seen)})`,
      { data: { url } },
    )
  }

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
      const given = givenRange(firstHeader(answer.headers, 'content-range'))
      const tag = firstHeader(answer.headers, 'etag') ?? firstHeader(answer.headers, 'last-modified') ?? null
      if (answer.status === 416) {
        // It says no more than that the file ends before: an error page has no ETag of the file.
        if (given.total !== null && versions.has(url))
          checkVersion(url, { total: given.total, tag: versions.get(url)!.tag })
        return { bytes: Buffer.alloc(0), total: given.total ?? 0 }
      }
      if (answer.status === 200) {
        checkVersion(url, { total: answer.body.length, tag })
        return wholeFile(answer.body, range)
      }
      if (answer.status !== 206) {
        isBusy = BUSY.includes(`http-${answer.status}`)
        const wait = retryAfterMs(firstHeader(answer.headers, 'retry-after'), Date.now())
        throw fetchError(`http-${answer.status}`, url, wait === undefined ? {} : { retryAfterMs: wait })
      }
      // Asking again helps where another range came, not where the file is another one.
      if (given.total !== null) checkVersion(url, { total: given.total, tag })
      checkRange(url, range, given, answer.body.length)
      return { bytes: answer.body, total: given.total! }
    } finally {
      if (isBusy) onBusy(turn.leave)
      else turn.leave(firstByteMs)
    }
  }

  const stop = () => own.abort(new PairloomError('PL_INTERRUPTED', 'Reading the archive has ended'))
  return {
    async read(url, range) {
      signal.throwIfAborted()
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
    stop,
    async close() {
      stop()
      task.signal.removeEventListener('abort', onAbort)
      await http.close()
    },
  }
}

function keyOf(url: string): string {
  return `archive ${URL.parse(url)?.origin ?? url}`
}

/** What a Content-Range says (RFC 9110, 14.4). */
interface GivenRange {
  text: string
  from: number | null
  to: number | null
  total: number | null
}

function givenRange(header: string | undefined): GivenRange {
  const [, from, to, total] = /^bytes\s+(?:(\d+)-(\d+)|\*)\/(\d+)$/i.exec(header ?? '') ?? []
  const number = (digits: string | undefined) => (digits === undefined ? null : Number(digits))
  return { text: header ?? 'no Content-Range', from: number(from), to: number(to), total: number(total) }
}

/** @throws PairloomError `PL_FETCH` bad-length where other bytes came than were asked for, as caches and proxies have done */
function checkRange(url: string, range: ByteRange, given: GivenRange, length: number): void {
  const { text, from, to, total } = given
  if (total !== null && from !== null && to !== null) {
    const asked =
      'last' in range
        ? { from: Math.max(0, total - range.last), to: total - 1 }
        : { from: range.from, to: Math.min(range.to, total - 1) }
    if (from === asked.from && to === asked.to && length === to - from + 1) return
  }
  const limit = 'last' in range ? `the last ${range.last} bytes` : `bytes ${range.from}-${range.to}`
  throw fetchError('bad-length', url, { evidence: `${text}, with ${length} bytes`, limit })
}

/** Servers that know no ranges give all; `maxBytes` has seen to it that it is no more than was asked for. */
function wholeFile(body: Buffer, range: ByteRange): ArchiveBlock {
  const bytes = 'last' in range ? body : body.subarray(range.from, range.to + 1)
  return { bytes, total: body.length }
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
