import PQueue from 'p-queue'
import type { Columns, Row } from '../core/column.ts'
import { PairloomError } from '../core/error.ts'
import { IMAGE_COLUMNS } from '../core/row.ts'
import { defineStage, type StageContext } from '../core/stage.ts'
import { imageCodec } from '../media/codec.ts'
import { listsDigest, openBlockLists, type BlockLists } from './block-lists.ts'
import { checkBytes, checkPdq } from './check-picture.ts'
import { CONSENT_COLUMNS, consentColumns, decide } from './consent.ts'
import { openByteFetcher, type ByteFetcher, type Trace } from './fetch-bytes.ts'
import { fetchError, reasonOf } from './fetch-error.ts'
import { fetchOptions, type FetchOptions } from './fetch-options.ts'
import { finishInAnyOrder } from './fetch-window.ts'
import { pictureVerdict } from './picture-verdict.ts'
import { makePicture, pictureColumns, storePicture } from './store-picture.ts'

const FETCH_COLUMNS = {
  hash_matches: {
    type: 'bool',
    nullable: true,
    doc: 'whether the bytes are those of the hash that a list brought; null where none was compared',
  },
  http_status: { type: 'int32', nullable: true, volatile: true, doc: 'status of the last answer' },
  mime: {
    type: 'utf8',
    nullable: true,
    volatile: true,
    doc: 'Content-Type of the last answer, without parameters',
  },
  attempts: { type: 'int32', nullable: true, volatile: true, doc: 'tries made, redirects not counted' },
  fetch_ms: {
    type: 'float64',
    nullable: true,
    volatile: true,
    doc: 'duration of the last try: its requests, ms',
  },
  fetched_at: {
    type: 'utf8',
    nullable: true,
    volatile: true,
    doc: 'time of the result, ISO 8601 in UTC; null for a row that was not asked for',
  },
  address: { type: 'utf8', nullable: true, volatile: true, doc: 'address that answered last' },
} as const satisfies Columns

const BATCH_ROWS = 256

/**
 * Fetches pictures over HTTP and stores them decoded, upright, in sRGB, resized.
 *
 * robots.txt and what else says how pictures may be used are obeyed (`consent`, docs/consent.md), each host is asked at
 * its own pace, each address is checked. Turns at hosts
 * and addresses are shared by all workers, and each hop of a redirect waits for its own host. What a host is given up for
 * is known within a partition, so its input must be partitioned by site. Rows come out in the order in which they are
 * done. Rejects: `dropped` for decisions (`pictureVerdict`), `failed` for troubles of the
 * network (`FETCH_REASONS`, `http-<status>`) and of the bytes (`ImageReason`), with the evidence as the value. A host
 * that asks by 429 or 503 to be left alone for longer than `maxWaitMs`, or that only fails, `giveUpAfter` times in a row,
 * is asked no more in its partition, but for one request after each pause (`openHostHealth`): its other rows end as
 * `host-given-up`. How many of a sick host's pictures were asked
 * for by then depends on time; of a healthy one nothing does.
 *
 * After `partitionMs` the rows of a tail of hosts are left to a continuation (`openDeferral`); at the run's deadline all
 * rows that were not fetched end as `deferred`.
 *
 * Memory: `window` rows, bodies as in `openByteFetcher`, and `decoders` pictures being decoded.
 */
export const fetchImages = defineStage({
  name: 'crawl/fetch',
  version: 3,
  summary: 'Fetch pictures politely, decode, resize and store them',
  options: fetchOptions,
  async identity(options) {
    const lists = await listsDigest(options)
    const codec = await imageCodec(options)
    return lists === null ? codec : { codec, lists }
  },
  reads: ['image_id', 'url', 'site'],
  adds: { ...IMAGE_COLUMNS, ...CONSENT_COLUMNS, ...FETCH_COLUMNS },
  optionColumns: pictureColumns,
  snapshot: true,
  reuseBy: 'image_id',
  reuseWith: ({ verifyHash }) => (verifyHash === 'off' ? [] : ['source_hash']),
  resultAt: 'fetched_at',
  unordered: true,
  continues: true,
  partitionedBy: 'site',
  writesBytes: true,
  async *process(batches, context) {
    const { options } = context
    const stop = new AbortController()
    const onAbort = () => stop.abort(context.signal.reason)
    context.signal.throwIfAborted()
    context.signal.addEventListener('abort', onAbort, { once: true })
    const lists = await openBlockLists(options)
    const fetcher = openByteFetcher(options, context, lists, stop.signal)
    const decoders = new PQueue({ concurrency: options.decoders })
    try {
      const limits = {
        window: options.window,
        batchRows: BATCH_ROWS,
        stop: () => stop.abort(new PairloomError('PL_INTERRUPTED', 'The stage has ended')),
      }
      yield* finishInAnyOrder(fetcher.deferral.watched(batches), limits, (row) =>
        fetchImage(row, fetcher, lists, decoders, context),
      )
    } finally {
      context.signal.removeEventListener('abort', onAbort)
      await fetcher.close()
    }
  },
})

async function fetchImage(
  row: Row,
  fetcher: ByteFetcher,
  lists: BlockLists,
  decoders: PQueue,
  context: StageContext<FetchOptions>,
): Promise<Row | null> {
  const trace: Trace = { attempts: 0, httpStatus: null, mime: null, address: null, fetchMs: 0, signals: null }
  let matches: boolean | null = null
  try {
    const { body, lease } = await fetcher.fetch(row.url as string, trace)
    try {
      matches = checkBytes(row, body, lists, context.options)
      const picture = await decoders.add(() => makePicture(body, context.options))
      if (lists.needsPdq) await decoders.add(() => checkPdq(row, body, picture, lists, context.options))
      context.signal.throwIfAborted()
      if (context.isTakenDown({ sha256: picture.sha256 })) throw fetchError('taken-down', row.url as string)
      return { ...(await storePicture(row, picture, context)), ...columnsOf(trace, matches, context) }
    } finally {
      lease.release()
    }
  } catch (error) {
    const reason = reasonOf(error)
    if (reason === null) throw error
    if (reason === 'deferred' && !fetcher.deferral.isOver) {
      context.defer(row)
      return null
    }
    const verdict = pictureVerdict('crawl/fetch', reason, error as PairloomError, context.options.maxBytes)
    const matched = reason === 'hash-mismatch' ? false : matches
    // What ended for want of time may be asked for at any time: it is of no age.
    const age = reason === 'deferred' ? { fetched_at: null } : {}
    context.drop({ ...row, ...columnsOf(trace, matched, context), ...age }, verdict)
    return null
  }
}

function columnsOf(
  { httpStatus, mime, attempts, fetchMs, address, signals }: Trace,
  matches: boolean | null,
  { now }: Pick<StageContext, 'now'>,
): Row {
  const consent =
    signals === null
      ? { consent: null, consent_rule: null, consent_source: null, consent_at: null }
      : consentColumns(decide(signals), now())
  return {
    ...consent,
    hash_matches: matches,
    http_status: httpStatus,
    mime,
    attempts,
    fetch_ms: Math.round(fetchMs * 1000) / 1000,
    fetched_at: new Date(now()).toISOString(),
    address,
  }
}
