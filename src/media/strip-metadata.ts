import { isPlainJpeg, isSrgbProfile } from './plain-jpeg.ts'
import type { DecodedFormat } from './sniff.ts'

/**
 * The same picture without all that is not the picture: EXIF with its places, XMP, comments, thumbnails, profiles, what lies
 * behind its end. Its compressed pixels are copied as they are.
 *
 * Null for what would mean something else without, or is not three channels of 8-bit sRGB: such a picture has to be
 * encoded anew. bytes: a picture that decodes without complaint.
 */
export function stripMetadata(bytes: Buffer, format: DecodedFormat): Buffer | null {
  if (format === 'jpeg') return stripJpeg(bytes)
  if (format === 'png') return stripPng(bytes)
  return format === 'webp' ? stripWebp(bytes) : null
}

const [APP0, APP14] = [0xe0, 0xee]

/** ITU-T T.81, annex B. Kept beside tables and scans: a JFIF header without its thumbnail, Adobe's word on colours. */
function stripJpeg(bytes: Buffer): Buffer | null {
  if (!isPlainJpeg(bytes)) return null
  const kept = [bytes.subarray(0, 2)]
  let isYcc = false
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) return null
    const marker = bytes[at + 1]!
    if (marker === 0xff) {
      at++
      continue
    }
    if (marker === 0xd9) break
    const end = at + 2 + bytes.readUInt16BE(at + 2)
    const segment = bytes.subarray(at, end)
    const name = segment.toString('latin1', 4, 9)
    // Without another word, decoders take three components of these names for Y, Cb and Cr.
    if (marker >= 0xc0 && marker <= 0xc2)
      isYcc ||= segment[10] === 1 && segment[13] === 2 && segment[16] === 3
    if (marker >= 0xc0 && marker <= 0xc2 && segment[9] !== 3) return null
    if (marker === APP0 && name === 'JFIF\0') {
      isYcc = true
      // A length of 16, and a thumbnail of 0 x 0 px (JFIF 1.02).
      kept.push(Buffer.concat([Buffer.from([0xff, APP0, 0, 16]), segment.subarray(4, 16), Buffer.alloc(2)]))
    } else if (marker === APP14 && name === 'Adobe') {
      if (segment[15] !== 1) return null
      isYcc = true
      kept.push(segment)
    } else if (!isMetadata(marker)) {
      kept.push(segment)
    }
    at = end
    if (marker !== 0xda) continue
    at = endOfScan(bytes, end)
    kept.push(bytes.subarray(end, at))
  }
  return isYcc ? Buffer.concat([...kept, Buffer.from([0xff, 0xd9])]) : null
}

/** APP0 to APP15, COM and the like. */
function isMetadata(marker: number): boolean {
  return (marker >= 0xe0 && marker <= 0xef) || marker >= 0xf0
}

/** The next marker that is neither a stuffed zero nor a restart. */
function endOfScan(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1]
    if (next !== 0 && next !== 0xff && !(next! >= 0xd0 && next! <= 0xd7)) return at
  }
  return bytes.length
}

/** PNG, third edition, 5.3 and 11.2. Frames of an animation go: its default image stays. */
function stripPng(bytes: Buffer): Buffer | null {
  const [depth, type] = [bytes[24], bytes[25]]
  if (depth !== 8 || type !== 2) return null
  const kept = [bytes.subarray(0, 8)]
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 12 + bytes.readUInt32BE(at)
    const name = bytes.toString('latin1', at + 4, at + 8)
    if (name === 'iCCP' || name === 'tRNS') return null
    if (['IHDR', 'IDAT', 'IEND', 'sRGB'].includes(name)) kept.push(bytes.subarray(at, end))
    if (name === 'IEND') return Buffer.concat(kept)
    at = end
  }
  return null
}

/** RFC 9649, 2.5 and 2.6: the simple file format, of the one chunk that is the picture. */
function stripWebp(bytes: Buffer): Buffer | null {
  for (let at = 12; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32LE(at + 4)
    const end = at + 8 + size + (size & 1)
    const name = bytes.toString('latin1', at, at + 4)
    const content = bytes.subarray(at + 8, at + 8 + size)
    if (name === 'VP8 ' || name === 'VP8L') {
      // alpha_is_used of VP8L (RFC 9649, 3.4).
      if (name === 'VP8L' && (content[4]! & 0x10) !== 0) return null
      const header = Buffer.from('RIFF    WEBP', 'latin1')
      const chunk = bytes.subarray(at, end)
      header.writeUInt32LE(4 + chunk.length, 4)
      return Buffer.concat([header, chunk])
    }
    if (name === 'ICCP' ? !isSrgbProfile(content) : !['VP8X', 'EXIF', 'XMP '].includes(name)) return null
    at = end
  }
  return null
}
