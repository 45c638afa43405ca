import { crc32, createInflateRaw, gunzipSync, inflateRawSync } from 'node:zlib'
import type { ByteReader } from './byte-reader.ts'
import { isGzip } from './compression.ts'
import { loadLibdeflate, type MemberDecoder } from './libdeflate.ts'
import { skipToRecord } from './warc-resync.ts'

/** Compressed bytes that are decoded in one call, where they hold whole members. */
const BATCH_BYTES = 128 * 1024
/** A member is decoded in one call up to here, compressed and not; a larger one as a stream. */
const MAX_MEMBER_BYTES = 16 * 2 ** 20
/** Room for the output of a call. What archives hold shrinks to a fifth; a second piece would have to be joined to it. */
const OUTPUT_BYTES = 8 * BATCH_BYTES
const PIECE_BYTES = 16 * 1024

/**
 * The contents of gzip members, one after another, up to the first byte after them that starts no member.
 *
 * Many members are decoded in one call, by libdeflate where it is installed; where that fails one by one, so that a
 * damaged one costs itself: it is reported, and reading goes on at the next record.
 * Memory: 48 MiB whatever the size of a member. decoder: null for zlib; default what is installed.
 */
export async function* gunzipMembers(
  reader: ByteReader,
  damaged: () => void,
  decoder?: MemberDecoder | null,
): AsyncGenerator<Buffer> {
  const native = decoder === undefined ? await loadLibdeflate() : decoder
  let windowBytes = BATCH_BYTES
  let singlesUntil = 0
  while (await startsMember(reader)) {
    await reader.fill(windowBytes)
    if (reader.position >= singlesUntil) {
      const whole = native === null ? decodeBatch(reader, windowBytes) : native(reader.view)
      if (whole !== null && whole.taken > 0) {
        if (whole.bytes.length > 0) yield whole.bytes
        reader.skip(whole.taken)
        windowBytes = BATCH_BYTES
        continue
      }
      // One of them is damaged, too large, or cut: which, shows one by one.
      singlesUntil = reader.position + (native === null ? Math.min(windowBytes, reader.view.length) : 1)
    }
    const first = readMember(reader.view)
    if (typeof first !== 'string') {
      yield first.bytes
      reader.skip(first.taken)
      windowBytes = BATCH_BYTES
    } else if (first === 'large' || (first === 'cut' && windowBytes >= MAX_MEMBER_BYTES)) {
      yield* inflateStream(reader, damaged)
    } else if (first === 'cut' && !reader.ended) {
      windowBytes = Math.max(windowBytes, reader.view.length) * 2
    } else {
      damaged()
      await skipToRecord(reader)
      windowBytes = BATCH_BYTES
    }
  }
}

/** The members of the window that are followed by another one, or by the end; null where one of them is not sound. */
function decodeBatch(reader: ByteReader, windowBytes: number): { bytes: Buffer; taken: number } | null {
  const window = reader.view.subarray(0, windowBytes)
  const isRest = reader.ended && window.length === reader.view.length
  const end = isRest ? window.length : lastMember(window)
  const whole = end > 0 ? decode(gunzipSync, window.subarray(0, end)) : 'cut'
  return typeof whole === 'string' ? null : whole
}

async function startsMember(reader: ByteReader): Promise<boolean> {
  await reader.fill(4)
  return reader.view.length >= 4 && isGzip(reader.view)
}

/** Where the last member of a window starts: what is before it is whole. 0 where there is one member only. */
function lastMember(window: Buffer): number {
  for (let at = window.length - 4; at > 0; at--) {
    at = window.lastIndexOf(0x1f, at)
    if (at <= 0) return 0
    if (isGzip(window, at)) return at
  }
  return 0
}

type Failure = 'cut' | 'large' | 'damaged'

/** What a whole stream decodes to and how many bytes of the input it was, which zeros may follow. */
function decode(decoder: typeof gunzipSync, bytes: Buffer): { bytes: Buffer; taken: number } | Failure {
  try {
    // @types/node does not know that with `info` the engine comes too.
    const { buffer, engine } = decoder(bytes, {
      info: true,
      chunkSize: OUTPUT_BYTES,
      maxOutputLength: MAX_MEMBER_BYTES,
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } }
    return { bytes: buffer, taken: engine.bytesWritten }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') return 'large'
    return code === 'Z_BUF_ERROR' ? 'cut' : 'damaged'
  }
}

/** The member at the front of the bytes. */
function readMember(bytes: Buffer): { bytes: Buffer; taken: number } | Failure {
  const start = headerLength(bytes)
  if (start === null) return 'cut'
  const content = decode(inflateRawSync, bytes.subarray(start))
  if (typeof content === 'string') return content
  const end = start + content.taken
  if (bytes.length < end + 8) return 'cut'
  return isTrailer(bytes.subarray(end), crc32(content.bytes), content.bytes.length)
    ? { bytes: content.bytes, taken: end + 8 }
    : 'damaged'
}

/** RFC 1952, 2.3.1: CRC32 and length of the content, modulo 2^32. */
function isTrailer(bytes: Buffer, crc: number, length: number): boolean {
  return bytes.length >= 8 && bytes.readUInt32LE(0) === crc && bytes.readUInt32LE(4) === length >>> 0
}

/** Length of a member's header, or null where it is cut (RFC 1952, 2.3). */
function headerLength(bytes: Buffer): number | null {
  const flags = bytes[3]!
  let at = 10
  if (flags & 4) at += 2 + (bytes.length >= at + 2 ? bytes.readUInt16LE(at) : bytes.length)
  for (const flag of [8, 16]) {
    if (!(flags & flag) || at >= bytes.length) continue
    const end = bytes.indexOf(0, at)
    at = end < 0 ? bytes.length : end + 1
  }
  if (flags & 2) at += 2
  return at < bytes.length ? at : null
}

/** The member at the front, piece by piece. Reading goes on behind it, or at the next header where it is damaged. */
async function* inflateStream(reader: ByteReader, damaged: () => void): AsyncGenerator<Buffer> {
  reader.skip(headerLength(reader.view) ?? reader.view.length)
  const engine = createInflateRaw()
  let output: Buffer[] = []
  let state: 'open' | 'ended' | 'failed' = 'open'
  let wake = () => {}
  const settle = (to: 'ended' | 'failed') => () => {
    state = to
    wake()
  }
  engine.on('data', (bytes: Buffer) => output.push(bytes))
  engine.on('end', settle('ended')).on('error', settle('failed'))

  let crc = 0
  let written = 0
  let given = 0
  let piece: Buffer = Buffer.alloc(0)
  while (state === 'open' && (await reader.fill(1))) {
    piece = reader.take(PIECE_BYTES)
    given += piece.length
    await new Promise<void>((resolve) => {
      wake = resolve
      engine.write(piece, () => resolve())
    })
    for (const bytes of output) {
      crc = crc32(bytes, crc)
      written += bytes.length
      yield bytes
    }
    output = []
  }
  const taken = engine.bytesWritten
  engine.destroy()
  if ((state as string) === 'ended') {
    reader.unread(piece.subarray(piece.length - (given - taken)))
    await reader.fill(8)
    if (!isTrailer(reader.take(8), crc, written)) damaged()
    return
  }
  damaged()
  reader.unread(piece)
  await skipToRecord(reader)
}
