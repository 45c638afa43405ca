import { isSrgbProfile } from './plain-jpeg.ts'
import { planesOf, type Samples } from './samples.ts'
import type { Libwebp } from './libwebp.ts'

/** VP8 keeps luma in 16..235 and chroma in 16..240 (RFC 6386, 9.2; BT.601), JPEG both in 0..255 (JFIF 1.02). */
const LUMA = { from: 16, gain: 255 / 219, to: 0 }
const CHROMA = { from: 128, gain: 255 / 224, to: 128 }

/**
 * Y, U and V of a lossy WebP that is still, opaque and sRGB: the matrix is JPEG's, so colours are never converted.
 *
 * The library is given the VP8 frame alone: neither container nor lossless data of the web reach it.
 */
export function webpSamples(webp: Libwebp, bytes: Buffer): Samples | null {
  const frame = lossyFrame(bytes)
  if (frame === null) return null
  const [width, height] = [frame.readUInt16LE(6) & 0x3fff, frame.readUInt16LE(8) & 0x3fff]
  const { planes, end } = planesOf({ width, height }, { across: 2, down: 2 })
  return {
    width,
    height,
    scale: 1,
    planes: planes.map((plane) => ({ ...plane, levels: plane.chroma ? CHROMA : LUMA })),
    size: end,
    decode(into) {
      const [y, u, v] = planes.map(({ at, stride, rows }) => ({
        bytes: into.subarray(at, at + stride * rows),
        stride,
      }))
      return webp.decode(frame, y!, u!, v!)
    },
  }
}

/** The frame of a picture that is one and nothing else; metadata may lie around it (RFC 9649, 2.4 to 2.7). */
function lossyFrame(bytes: Buffer): Buffer | null {
  for (let at = 12; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32LE(at + 4)
    const chunk = bytes.subarray(at + 8, at + 8 + size)
    if (chunk.length < size) return null
    switch (bytes.toString('latin1', at, at + 4)) {
      case 'VP8 ':
        return isKeyFrame(chunk) ? chunk : null
      case 'ICCP':
        if (!isSrgbProfile(chunk)) return null
        break
      case 'VP8X':
      case 'EXIF':
      case 'XMP ':
        break
      default:
        return null
    }
    at += 8 + size + (size & 1)
  }
  return null
}

/** RFC 6386, 9.1. */
function isKeyFrame(frame: Buffer): boolean {
  return frame.length > 10 && (frame[0]! & 1) === 0 && frame.readUIntBE(3, 3) === 0x9d012a
}
