import { imageError } from './image-error.ts'
import { probeIsoMedia } from './probe-iso-media.ts'
import { probeJpeg } from './probe-jpeg.ts'
import { DECODED_FORMATS, sniff, type DecodedFormat } from './sniff.ts'

export interface Header {
  /** As stored, before EXIF rotation, px; null where the header does not say it simply (TIFF). */
  width: number | null
  height: number | null
  /** EXIF orientation 1 to 8, or null where the codec has to be asked. */
  orientation: number | null
  /** The file ends before its structure does. */
  isTruncated: boolean
}

export interface Probe extends Header {
  format: DecodedFormat
}

/**
 * Format and size of a picture from its header, without decoding: a bomb is told before it can go off.
 *
 * @throws PairloomError `PL_IMAGE`: empty-body, not-an-image, unsupported-format, svg-refused, image-broken,
 *   image-truncated
 */
export function probe(bytes: Buffer): Probe {
  if (bytes.length === 0) throw imageError('empty-body', { evidence: '0 bytes' })
  const format = sniff(bytes)
  if (format === 'svg') throw imageError('svg-refused', { evidence: 'SVG' })
  if (format === 'html') throw imageError('not-an-image', { evidence: 'HTML or XML' })
  if (format === null) {
    throw imageError('not-an-image', { evidence: `first bytes ${bytes.subarray(0, 8).toString('hex')}` })
  }
  if (!isDecoded(format)) throw imageError('unsupported-format', { evidence: format })
  const header = readHeader(format, bytes)
  if (header === null) {
    throw imageError(bytes.length < 64 ? 'image-truncated' : 'image-broken', {
      evidence: `no size in the ${format} header`,
    })
  }
  if (header.width === 0 || header.height === 0) {
    throw imageError('image-broken', { evidence: `${header.width} x ${header.height} px` })
  }
  return { format, ...header }
}

function isDecoded(format: string): format is DecodedFormat {
  return (DECODED_FORMATS as readonly string[]).includes(format)
}

function readHeader(format: DecodedFormat, bytes: Buffer): Header | null {
  switch (format) {
    case 'jpeg':
      return probeJpeg(bytes)
    case 'png':
      return probePng(bytes)
    case 'gif':
      return probeGif(bytes)
    case 'webp':
      return probeWebp(bytes)
    case 'avif':
      return probeIsoMedia(bytes)
    case 'tiff':
      return { width: null, height: null, orientation: null, isTruncated: false }
  }
}

/** PNG, third edition, 5.3 (chunks) and 11.2.1 (IHDR). */
function probePng(bytes: Buffer): Header | null {
  if (bytes.length < 33 || bytes.toString('latin1', 12, 16) !== 'IHDR') return null
  let orientation: number | null = 1
  let isTruncated = true
  for (let at = 8; at + 12 <= bytes.length;) {
    const type = bytes.toString('latin1', at + 4, at + 8)
    if (type === 'eXIf') orientation = null
    if (type === 'IEND') {
      isTruncated = false
      break
    }
    at += 12 + bytes.readUInt32BE(at)
  }
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), orientation, isTruncated }
}

/** The logical screen: a frame may be smaller, never larger in what is shown. A lost end costs later frames only. */
function probeGif(bytes: Buffer): Header | null {
  if (bytes.length < 13) return null
  return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8), orientation: 1, isTruncated: false }
}

/** RFC 9649, 2.4 to 2.7. */
function probeWebp(bytes: Buffer): Header | null {
  if (bytes.length < 30) return null
  const isTruncated = bytes.readUInt32LE(4) + 8 > bytes.length
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return {
        width: bytes.readUInt16LE(26) & 0x3fff,
        height: bytes.readUInt16LE(28) & 0x3fff,
        orientation: 1,
        isTruncated,
      }
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21)
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1, orientation: 1, isTruncated }
    }
    case 'VP8X': {
      const hasExif = (bytes[20]! & 0x08) !== 0
      const [width, height] = [bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1]
      return { width, height, orientation: hasExif ? null : 1, isTruncated }
    }
    default:
      return null
  }
}
