import { nextMarker } from './jpeg-marker.ts'
import type { Header } from './probe.ts'

/** How far before the end the end marker may lie: cameras and servers append things. */
const TAIL_BYTES = 1 << 16

/** Size, EXIF orientation and completeness of a JPEG, by its marker segments (ITU-T T.81, annex B). */
export function probeJpeg(bytes: Buffer): Header | null {
  let orientation = 1
  for (let at = nextMarker(bytes, 2); at >= 0;) {
    const marker = bytes[at + 1]!
    if (marker === 0xd9 || marker === 0xda) return null
    const length = bytes.readUInt16BE(at + 2)
    // SOF0 to SOF15, but for DHT (c4), JPG (c8) and DAC (cc).
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      if (at + 9 > bytes.length) return null
      return {
        width: bytes.readUInt16BE(at + 7),
        height: bytes.readUInt16BE(at + 5),
        orientation,
        isTruncated: !hasEnd(bytes, at),
      }
    }
    if (marker === 0xe1 && bytes.toString('latin1', at + 4, at + 10) === 'Exif\0\0') {
      orientation = exifOrientation(bytes.subarray(at + 10, at + 2 + length)) ?? orientation
    }
    at = nextMarker(bytes, at + 2 + length)
  }
  return null
}

function hasEnd(bytes: Buffer, from: number): boolean {
  const last = bytes.length - 2
  if (bytes[last] === 0xff && bytes[last + 1] === 0xd9) return true
  return (
    bytes
      .subarray(Math.max(from, bytes.length - TAIL_BYTES))
      .lastIndexOf('\u00ff\u00d9', undefined, 'latin1') !== -1
  )
}

/** Tag 0x0112 of the first directory of a TIFF structure (Exif 3.0, 4.6.5.1.4), or null. */
function exifOrientation(tiff: Buffer): number | null {
  if (tiff.length < 14) return null
  const isLittle = tiff[0] === 0x49
  const short = (at: number) => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at))
  const start = isLittle ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4)
  if (start + 2 > tiff.length) return null
  const entries = short(start)
  for (let i = 0; i < entries; i++) {
    const entry = start + 2 + i * 12
    if (entry + 12 > tiff.length) return null
    if (short(entry) !== 0x0112) continue
    const value = short(entry + 8)
    return value >= 1 && value <= 8 ? value : null
  }
  return null
}
