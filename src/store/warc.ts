import { ByteReader } from './byte-reader.ts'
import { isGzip, isZstd } from './compression.ts'
import { gunzipMembers } from './gzip-members.ts'
import { WarcRecord } from './warc-record.ts'
import { isMark, skipToMark, skipToRecord } from './warc-resync.ts'
import { zstdFrames } from './zstd-frames.ts'

/**
 * Why bytes of a WARC file are no record: damaged compression, something else than a record where one is due, a header
 * without a Content-Length, a Content-Length that does not lead to the next record, an end within a record.
 */
export type WarcDamage = 'gzip' | 'zstd' | 'not-warc' | 'header' | 'length' | 'cut'

export interface WarcOptions {
  /** Longer blocks are cut. Default 16 MiB. */
  maxBlockBytes?: number
  /** Told of each damage. */
  onDamage?(why: WarcDamage): void
}

const MAX_HEAD_BYTES = 1024 * 1024
const QUICK_HEAD_BYTES = 1024
const END = Buffer.from('\r\n\r\n')

/**
 * Records of a WARC file (ISO 28500: WARC 1.0 and 1.1), plain, gzip or Zstandard, each record compressed by itself or
 * many at once, also where a file is glued from several.
 *
 * Damage costs the record that it is in and is reported; nothing throws but the source of the bytes. Content-Length is
 * believed where two line ends, a record or the end follow the block; else reading goes on at the next `WARC/` line behind the
 * header. After a block that is cut, the next record is looked for in the same way.
 * Memory: three times the largest block, and 48 MiB where a compressed record is larger than 16 MiB.
 */
export async function* readWarc(
  chunks: AsyncIterable<Uint8Array>,
  { maxBlockBytes = 16 * 2 ** 20, onDamage = () => {} }: WarcOptions = {},
): AsyncGenerator<WarcRecord> {
  const raw = new ByteReader(chunks)
  const limits = { maxBlockBytes, onDamage }
  try {
    for (;;) {
      await raw.fill(8)
      const { view } = raw
      if (view.length === 0) return
      if (isGzip(view))
        yield* records(new ByteReader(gunzipMembers(raw, () => onDamage('gzip'))), false, limits)
      else if (isZstd(view))
        yield* records(new ByteReader(zstdFrames(raw, () => onDamage('zstd'))), false, limits)
      else if (isMark(view, 0) || isLineEnd(view[0]!)) yield* records(raw, true, limits)
      else {
        onDamage('not-warc')
        await skipToRecord(raw)
      }
    }
  } finally {
    await raw.close()
  }
}

/** Records one after another; of plain bytes only up to what starts no record, which may be compressed. */
async function* records(
  source: ByteReader,
  isPlain: boolean,
  { maxBlockBytes, onDamage }: Required<WarcOptions>,
): AsyncGenerator<WarcRecord> {
  const isStart = (view: Buffer, at: number) =>
    isMark(view, at) || (isPlain && (isGzip(view, at) || isZstd(view, at)))

  // Waiting for bytes that are there would cost more than all else but unpacking.
  while (source.view.length >= 5 || (await source.fill(5)) || source.view.length > 0) {
    const blank = lineEnds(source.view, 0)
    if (blank > 0) {
      source.skip(blank)
      continue
    }
    if (!isMark(source.view, 0)) {
      if (isPlain) return
      onDamage('not-warc')
      await skipToMark(source)
      continue
    }
    const head = quickHead(source.view) ?? (await readHead(source))
    const length = Number(/^content-length[ \t]*:[ \t]*(\d{1,15})[ \t]*\r?$/im.exec(head ?? '')?.[1] ?? NaN)
    if (head === null || Number.isNaN(length)) {
      onDamage(head === null && source.ended ? 'cut' : 'header')
      source.skip(1)
      await skipToMark(source)
      continue
    }
    const taken = Math.min(length, maxBlockBytes)
    const end = head.length + taken
    if (source.view.length < end && !(await source.fill(end))) {
      onDamage('cut')
    } else if (taken < length) {
      yield new WarcRecord(head, source.view.subarray(head.length, end), true)
      source.skip(taken)
    } else {
      const next = lineEnds(source.view, end)
      const isEnd = source.view.length >= end + 4 && source.view.compare(END, 0, 4, end, end + 4) === 0
      if (isEnd || next === source.view.length || isStart(source.view, next)) {
        yield new WarcRecord(head, source.view.subarray(head.length, end), false)
        source.skip(next)
        continue
      }
      onDamage('length')
    }
    source.skip(head.length)
    await skipToMark(source)
  }
}

/** The header up to the block in Latin-1, where it is as short as most; else null. */
function quickHead(view: Buffer): string | null {
  const start = view.toString('latin1', 0, QUICK_HEAD_BYTES)
  const end = start.indexOf('\r\n\r\n')
  return end < 0 || start.lastIndexOf('\n\n', end) >= 0 ? null : start.slice(0, end + 4)
}

/** The header up to the block in Latin-1; null where the file ends before or it is longer than any. */
async function readHead(source: ByteReader): Promise<string | null> {
  for (let from = 0; ;) {
    const { view } = source
    const end = view.indexOf('\r\n\r\n', from)
    const bare = (end < 0 ? view : view.subarray(0, end)).indexOf('\n\n', from)
    if (bare >= 0) return view.toString('latin1', 0, bare + 2)
    if (end >= 0) return view.toString('latin1', 0, end + 4)
    if (view.length > MAX_HEAD_BYTES) return null
    from = Math.max(0, view.length - 3)
    if (!(await source.fill(view.length + 1))) return null
  }
}

function lineEnds(view: Buffer, at: number): number {
  while (at < view.length && isLineEnd(view[at]!)) at++
  return at
}

function isLineEnd(byte: number): boolean {
  return byte === 13 || byte === 10
}
