import PQueue from 'p-queue'
import { sha256 } from '../core/hash.ts'
import type { Columns, Row } from '../core/column.ts'
import { PairloomError } from '../core/error.ts'
import { IMAGE_COLUMNS } from '../core/row.ts'
import { defineStage, type StageContext, type Verdict } from '../core/stage.ts'
import { imageCodec } from '../media/codec.ts'
import { processImage } from '../media/process-image.ts'
import { openByteFetcher, type ByteFetcher, type Trace } from './fetch-bytes.ts'
import { reasonOf } from './fetch-error.ts'
import { fetchOptions, type FetchOptions } from './fetch-options.ts'
import { finishInAnyOrder } from './fetch-window.ts'

const FETCH_COLUMNS = {
  http_status: { type: 'int32', nullable: true, volatile: true, doc: 'status of the last answer' },
  mime: {
    type: 'utf8',
    nullable: true,
    volatile: true,
    doc: 'Content-Type of the last answer, without parameters',
  },
  attempts: { type: 'int32', nullable: true, volatile: true, doc: 'requests made, redirects not counted' },
  fetch_ms: { type: 'float64', nullable: true, volatile: true, doc: 'duration of the last request, ms' },
  address: { type: 'utf8', nullable: true, volatile: true, doc: 'address that answered last' },
} as const satisfies Columns

/** Decisions against a picture; every other reason is a trouble, and its row `failed`. */
const DECISIONS = new Set([
  'robots',
  'x-robots-tag',
  'address-refused',
  'too-many-bytes',
  'too-many-pixels',
  'svg-refused',
])

const EXTENSION = { jpeg: 'jpg', webp: 'webp', png: 'png' } as const
const BATCH_ROWS = 256

/**
 * Fetches pictures over HTTP and stores them decoded, upright, in sRGB, resized.
 *
 * robots.txt and X-Robots-Tag are obeyed, each host is asked at its own pace, each address is checked. Rows come out
 * in the order in which they are done. Rejects: `dropped` for the reasons of DECISIONS, `failed` for those of the
 * network (`FETCH_REASONS`, `http-<status>`) and of the bytes (`ImageReason`), with the evidence as the value.
 *
 * Memory: `window` rows, bodies as in `openByteFetcher`, and `decoders` pictures being decoded.
 */
export const fetchImages = defineStage({
  name: 'crawl/fetch',
  version: 1,
  summary: 'Fetch pictures politely, decode, resize and store them',
  options: fetchOptions,
  identity: imageCodec,
  reads: ['image_id', 'url', 'site'],
  adds: { ...IMAGE_COLUMNS, ...FETCH_COLUMNS },
  snapshot: true,
  reuseBy: 'image_id',
  writesBytes: true,
  async *process(batches, context) {
    const { options } = context
    const stop = new AbortController()
    const onAbort = () => stop.abort(context.signal.reason)
    context.signal.throwIfAborted()
    context.signal.addEventListener('abort', onAbort, { once: true })
    const fetcher = openByteFetcher(options, context, stop.signal)
    const decoders = new PQueue({ concurrency: options.decoders })
    try {
      const limits = {
        window: options.window,
        batchRows: BATCH_ROWS,
        stop: () => stop.abort(new PairloomError('PL_INTERRUPTED', 'The stage has ended')),
      }
      yield* finishInAnyOrder(batches, limits, (row) => fetchImage(row, fetcher, decoders, context))
    } finally {
      context.signal.removeEventListener('abort', onAbort)
      await fetcher.close()
    }
  },
})

async function fetchImage(
  row: Row,
  fetcher: ByteFetcher,
  decoders: PQueue,
  { options, signal, bytes, drop, count }: StageContext<FetchOptions>,
): Promise<Row | null> {
  const trace: Trace = { attempts: 0, httpStatus: null, mime: null, address: null, fetchMs: 0 }
  try {
    const { body, lease } = await fetcher.fetch(row.url as string, trace)
    try {
      const hash = sha256(body)
      const image = await decoders.add(() => processImage(body, options))
      signal.throwIfAborted()
      const ref = await bytes.append(`${row.image_id as string}.${EXTENSION[image.format]}`, image.bytes)
      count('bytes.out', image.bytes.length)
      return {
        ...row,
        ...ref,
        width: image.width,
        height: image.height,
        format: image.format,
        sha256: hash,
        original_width: image.originalWidth,
        original_height: image.originalHeight,
        original_format: image.originalFormat,
        ...columnsOf(trace),
      }
    } finally {
      lease.release()
    }
  } catch (error) {
    const reason = reasonOf(error)
    if (reason === null) throw error
    drop({ ...row, ...columnsOf(trace) }, verdictOf(reason, error as PairloomError, options))
    return null
  }
}

function columnsOf({ httpStatus, mime, attempts, fetchMs, address }: Trace): Row {
  return { http_status: httpStatus, mime, attempts, fetch_ms: Math.round(fetchMs * 1000) / 1000, address }
}

function verdictOf(reason: string, { data }: PairloomError, { maxBytes }: FetchOptions): Verdict {
  const limit = reason === 'too-many-bytes' ? `<= ${maxBytes}` : data.limit
  return {
    status: DECISIONS.has(reason) ? 'dropped' : 'failed',
    rule: 'crawl/fetch',
    reason,
    value: typeof data.evidence === 'string' ? data.evidence : null,
    limit: typeof limit === 'string' ? limit : null,
  }
}
