import { createReadStream } from 'node:fs'
import { PairloomError } from '../core/error.ts'
import { fetchError, reasonOf } from './fetch-error.ts'
import { retryAfterMs, withRetries, type RetryOptions } from './fetch-retry.ts'
import { firstHeader } from './http-header.ts'
import type { HttpClient, HttpResponse } from './http.ts'
import { inputError } from './source-files.ts'

const CHUNK_BYTES = 1024 * 1024
/** Bytes asked for at once over HTTP; two such blocks are held. */
const BLOCK_BYTES = 8 * 2 ** 20

/** How often and how long an archive is asked again. Archives answer 503 to ask for patience. */
export const ARCHIVE_RETRIES = { retries: 6, backoffMs: 1000, maxWaitMs: 60_000 }

export function isUrl(place: string): boolean {
  return /^https?:\/\//i.test(place)
}

/**
 * The bytes of a file, at a path or at an http(s) URL; the latter by ranges of 8 MiB, one ahead, each tried again where
 * that may help.
 *
 * @throws PairloomError `PL_INPUT` where there is no such file or its server knows no ranges; `PL_STORE_IO` where
 * reading fails in a way that may pass
 */
export async function* archiveBytes(
  place: string,
  http: HttpClient,
  retry: RetryOptions,
): AsyncGenerator<Buffer> {
  if (!isUrl(place)) {
    yield* localBytes(place)
    return
  }
  let etag: string | undefined
  let next: Promise<Block> | null = readBlock(place, 0, http, retry)
  for (let from = 0; next !== null;) {
    const block: Block = await next
    from += block.bytes.length
    if (from > block.bytes.length && block.etag !== etag) {
      throw new PairloomError(
        'PL_STORE_IO',
        `Expected ${place} to stay as it is while it is read, got another`,
        {
          data: { url: place },
        },
      )
    }
    etag = block.etag
    next = from < block.total ? readBlock(place, from, http, retry) : null
    // Whoever stops reading leaves it behind.
    next?.catch(() => undefined)
    if (block.bytes.length > 0) yield block.bytes
  }
}

async function* localBytes(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES })
  try {
    yield* file as AsyncIterable<Buffer>
  } catch (error) {
    const { syscall, message } = error as NodeJS.ErrnoException
    if (syscall !== 'read') throw inputError(path, `Expected to read ${path}, got ${message}`, error)
    throw new PairloomError('PL_STORE_IO', `Expected to read ${path}, got ${message}`, {
      data: { path },
      cause: error,
    })
  } finally {
    file.destroy()
  }
}

interface Block {
  bytes: Buffer
  /** Bytes of the whole file. */
  total: number
  etag: string | undefined
}

async function readBlock(url: string, from: number, http: HttpClient, retry: RetryOptions): Promise<Block> {
  try {
    return await withRetries(`${url} ${from}`, retry, async () => {
      const range = { from, to: from + BLOCK_BYTES - 1 }
      const answer = await http.get(url, { maxBytes: BLOCK_BYTES, range, signal: retry.signal })
      if (answer.status !== 206 && !(answer.status === 200 && from === 0)) throw statusError(url, answer)
      const total = answer.status === 200 ? answer.body.length : totalOf(answer)
      if (total === null || (answer.body.length === 0 && total > from))
        throw fetchError('bad-length', url, {
          evidence: firstHeader(answer.headers, 'content-range') ?? 'no Content-Range',
        })
      return { bytes: answer.body, total, etag: firstHeader(answer.headers, 'etag') }
    })
  } catch (error) {
    const reason = reasonOf(error)
    if (reason === null) throw error
    const isGone = [
      'http-404',
      'http-410',
      'http-403',
      'dns-not-found',
      'bad-url',
      'address-refused',
    ].includes(reason)
    const needsRanges = reason === 'too-many-bytes'
    const what = needsRanges ? 'a server that gives ranges of it' : 'its bytes'
    throw new PairloomError(
      isGone || needsRanges ? 'PL_INPUT' : 'PL_STORE_IO',
      `Expected ${url}, ${what}, got ${reason}`,
      {
        data: { url, reason },
        cause: error,
      },
    )
  }
}

/** `bytes 0-99/1234` (RFC 9110, 14.4). An empty file has no range: 416 with `bytes *` + `/0`. */
function totalOf({ headers }: HttpResponse): number | null {
  const total = /^bytes\s+\d+-\d+\/(\d+)$/i.exec(firstHeader(headers, 'content-range') ?? '')?.[1]
  return total === undefined ? null : Number(total)
}

function statusError(url: string, { status, headers }: HttpResponse): Error {
  const wait = retryAfterMs(firstHeader(headers, 'retry-after'), Date.now())
  return fetchError(`http-${status}`, url, wait === undefined ? {} : { retryAfterMs: wait })
}
