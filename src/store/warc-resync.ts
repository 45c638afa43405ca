import type { ByteReader } from './byte-reader.ts'
import { isGzip, isZstd } from './compression.ts'

const LF = 10
const MARK = Buffer.from('WARC/')
/** First bytes of a gzip header and of a Zstandard frame. */
const STARTS = [0x1f, 0x28]

/** Whether a record's version line stands here; what is cut may be one. */
export function isMark(bytes: Buffer, at: number): boolean {
  const length = Math.min(MARK.length, bytes.length - at)
  return length > 0 && bytes.compare(MARK, 0, length, at, at + length) === 0
}

/** Goes to the next line that starts a record, the first byte included; false where none comes. */
export async function skipToMark(reader: ByteReader): Promise<boolean> {
  return skipTo(reader, markIn)
}

/** Goes to the next byte after this one that starts a record, plain or compressed, or to the end. */
export async function skipToRecord(reader: ByteReader): Promise<void> {
  reader.skip(1)
  await skipTo(reader, (view, isFirst) => {
    const starts = STARTS.map((byte) => compressedIn(view, byte))
    return [markIn(view, isFirst), ...starts].reduce(
      (least, at) => (at >= 0 && (least < 0 || at < least) ? at : least),
      -1,
    )
  })
}

async function skipTo(
  reader: ByteReader,
  find: (view: Buffer, isFirst: boolean) => number,
): Promise<boolean> {
  for (let isFirst = true; await reader.fill(6); isFirst = false) {
    const at = find(reader.view, isFirst)
    if (at >= 0) {
      reader.skip(at)
      return true
    }
    // What is left may be the line's end and a part of what is looked for.
    reader.skip(reader.view.length - 5)
  }
  reader.skip(reader.view.length)
  return false
}

function markIn(view: Buffer, isFirst: boolean): number {
  for (let at = view.indexOf(MARK); at >= 0; at = view.indexOf(MARK, at + 1)) {
    if (at === 0 ? isFirst : view[at - 1] === LF) return at
  }
  return -1
}

function compressedIn(view: Buffer, byte: number): number {
  for (let at = view.indexOf(byte); at >= 0 && at <= view.length - 4; at = view.indexOf(byte, at + 1)) {
    if (isGzip(view, at) || isZstd(view, at)) return at
  }
  return -1
}
