import { createZstdDecompress, zstdDecompressSync } from 'node:zlib'
import type { ByteReader } from './byte-reader.ts'
import { isSkippable, isZstd } from './compression.ts'
import { skipToRecord } from './warc-resync.ts'

/** A frame is decoded in one call up to here, compressed and not; a larger one as a stream. */
const MAX_FRAME_BYTES = 16 * 2 ** 20
/** The user data that is a dictionary for all frames (Zstandard Compression for WARC Files 1.0). */
const DICTIONARY = 0x184d2a5d

/**
 * The contents of Zstandard frames (RFC 8878), one after another, up to the first byte after them that starts no frame.
 *
 * A dictionary in a skippable frame serves the frames after it. A damaged frame is reported and passed over by the
 * lengths of its blocks or, where these make no sense, to the next record. Memory: 48 MiB whatever the size of a frame.
 */
export async function* zstdFrames(reader: ByteReader, damaged: () => void): AsyncGenerator<Buffer> {
  let dictionary: Buffer | null = null
  for (;;) {
    await reader.fill(8)
    if (!isZstd(reader.view)) return
    const magic = reader.view.readUInt32LE(0)
    if (isSkippable(magic)) {
      const content = await readSkippable(reader, magic === DICTIONARY)
      if (content !== null) dictionary = dictionaryOf(content)
      continue
    }
    const length = await frameLength(reader)
    const content = typeof length === 'number' ? decode(reader.view.subarray(0, length), dictionary) : length
    if (content === 'large') {
      yield* decodeStream(reader, dictionary, damaged)
      continue
    }
    if (content === 'damaged') damaged()
    else yield content
    if (length === 'damaged') await skipToRecord(reader)
    else reader.skip(length as number)
  }
}

function decode(frame: Buffer, dictionary: Buffer | null): Buffer | 'large' | 'damaged' {
  const given = dictionary === null ? {} : { dictionary }
  try {
    return zstdDecompressSync(frame, { maxOutputLength: MAX_FRAME_BYTES, ...given })
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'large' : 'damaged'
  }
}

/** Passes over a skippable frame, and gives its content where that is wanted and not beyond all reason. */
async function readSkippable(reader: ByteReader, isWanted: boolean): Promise<Buffer | null> {
  let missing = reader.view.length < 8 ? 0 : reader.view.readUInt32LE(4)
  reader.skip(Math.min(8, reader.view.length))
  if (isWanted && missing <= MAX_FRAME_BYTES && (await reader.fill(missing))) return reader.take(missing)
  while (missing > 0 && (await reader.fill(1))) missing -= reader.take(missing).length
  return null
}

/** A dictionary may itself be a frame. */
function dictionaryOf(content: Buffer): Buffer | null {
  if (!isZstd(content)) return content
  const decoded = decode(content, null)
  return typeof decoded === 'string' ? null : decoded
}

/** Length of the frame at the front by its own headers; it is then held whole. */
async function frameLength(reader: ByteReader): Promise<number | 'large' | 'damaged'> {
  if (!(await reader.fill(5))) return 'damaged'
  const { start, hasChecksum } = frameHeader(reader.view)
  let end = start
  for (let isLast = false; !isLast;) {
    if (end > MAX_FRAME_BYTES) return 'large'
    if (!(await reader.fill(end + 3))) return 'damaged'
    const block = blockHeader(reader.view, end)
    if (block === null) return 'damaged'
    end += 3 + block.bytes
    isLast = block.isLast
  }
  if (hasChecksum) end += 4
  return (await reader.fill(end)) ? end : 'damaged'
}

/** RFC 8878, 3.1.1.1: length of a frame's header with its magic number, and whether a checksum follows the blocks. */
function frameHeader(bytes: Buffer): { start: number; hasChecksum: boolean } {
  const descriptor = bytes[4]!
  const isSingleSegment = (descriptor & 32) !== 0
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!
  const idBytes = [0, 1, 2, 4][descriptor & 3]!
  const start = 5 + (isSingleSegment ? 0 : 1) + idBytes + sizeBytes
  return { start, hasChecksum: (descriptor & 4) !== 0 }
}

/** RFC 8878, 3.1.1.2: what follows the three bytes of a block's header, or null where they make no sense. */
function blockHeader(bytes: Buffer, at: number): { bytes: number; isLast: boolean } | null {
  const header = bytes.readUIntLE(at, 3)
  const type = (header >> 1) & 3
  const size = header >> 3
  const isLast = (header & 1) === 1
  if (type === 3 || (type !== 1 && size > 128 * 1024)) return null
  return { bytes: type === 1 ? 1 : size, isLast }
}

/** The frame at the front block by block. */
async function* decodeStream(
  reader: ByteReader,
  dictionary: Buffer | null,
  damaged: () => void,
): AsyncGenerator<Buffer> {
  const engine = createZstdDecompress(dictionary === null ? {} : { dictionary })
  let output: Buffer[] = []
  let failed = false
  let wake = () => {}
  engine.on('data', (bytes: Buffer) => output.push(bytes))
  engine.on('error', () => {
    failed = true
    wake()
  })
  const give = (bytes: Buffer) =>
    new Promise<void>((resolve) => {
      wake = resolve
      if (failed) resolve()
      else engine.write(bytes, () => resolve())
    })

  const { start, hasChecksum } = frameHeader(reader.view)
  await give(reader.take(start))
  let isLast = false
  while (!isLast) {
    const block = (await reader.fill(3)) ? blockHeader(reader.view, 0) : null
    if (block === null || !(await reader.fill(3 + block.bytes))) break
    isLast = block.isLast
    await give(reader.take(3 + block.bytes))
    yield* output
    output = []
  }
  if (isLast && hasChecksum && (await reader.fill(4))) await give(reader.take(4))
  yield* output
  output = []
  engine.destroy()
  if (isLast && !failed) return
  damaged()
  if (!isLast) await skipToRecord(reader)
}
