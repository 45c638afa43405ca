import type { DecodedFormat } from './sniff.ts'

/** Frames in which one is looked for that is not blank. */
export const FRAMES_TRIED = 8

export interface Frames {
  /** Frames of the animation; 1 for a still picture. */
  count: number
  /** The file, without the frames after the first FRAMES_TRIED: what a decoder holds does not grow with them. */
  head: Buffer
}

/**
 * Counts the frames of a GIF, WebP or PNG by its structure, without decoding. Of a PNG the default image alone is decoded, so
 * its other frames are counted, not seen.
 */
export function framesOf(bytes: Buffer, format: DecodedFormat): Frames {
  if (format === 'gif') return gifFrames(bytes)
  if (format === 'webp') return webpFrames(bytes)
  return { count: format === 'png' ? pngFrames(bytes) : 1, head: bytes }
}

/** GIF89a, 18 (logical screen), 20 (image descriptor), 23 to 26 (extensions), 27 (trailer). */
function gifFrames(bytes: Buffer): Frames {
  const table = (flags: number) => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0)
  let at = 13 + table(bytes[10]!)
  let count = 0
  let cut = 0
  while (at < bytes.length) {
    const kind = bytes[at]
    if (kind === 0x2c && at + 11 <= bytes.length) {
      at = afterBlocks(bytes, at + 11 + table(bytes[at + 9]!))
      count++
      if (count === FRAMES_TRIED) cut = at
    } else if (kind === 0x21) {
      at = afterBlocks(bytes, at + 2)
    } else {
      break
    }
  }
  const isCut = count > FRAMES_TRIED && cut < bytes.length
  const head = isCut ? Buffer.concat([bytes.subarray(0, cut), Buffer.from([0x3b])]) : bytes
  return { count: Math.max(1, count), head }
}

/** Data sub-blocks end with one of no bytes. */
function afterBlocks(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && bytes[at] !== 0) at += bytes[at]! + 1
  return at + 1
}

/** RFC 9649, 2.7.1.1: frames are ANMF chunks. */
function webpFrames(bytes: Buffer): Frames {
  let count = 0
  let cut = 0
  for (let at = 12; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32LE(at + 4)
    const isFrame = bytes.toString('latin1', at, at + 4) === 'ANMF'
    at += 8 + size + (size & 1)
    if (!isFrame) continue
    count++
    if (count === FRAMES_TRIED) cut = at
  }
  if (count <= FRAMES_TRIED || cut >= bytes.length) return { count: Math.max(1, count), head: bytes }
  const head = Buffer.from(bytes.subarray(0, cut))
  head.writeUInt32LE(cut - 8, 4)
  return { count, head }
}

/** PNG, third edition, 11.3.4.1: acTL comes before the first IDAT. */
function pngFrames(bytes: Buffer): number {
  for (let at = 8; at + 12 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    const type = bytes.toString('latin1', at + 4, at + 8)
    if (type === 'IDAT') return 1
    if (type === 'acTL') return Math.min(Math.max(1, bytes.readUInt32BE(at + 8)), 2 ** 31 - 1)
  }
  return 1
}
