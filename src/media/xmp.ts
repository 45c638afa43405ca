import { inflateSync } from 'node:zlib'
import { nextMarker } from './jpeg-marker.ts'
import { sniff } from './sniff.ts'
import { isoMediaItem } from './xmp-iso-media.ts'

/** A packet larger than this is no metadata of a picture, and is not read; nor are more inflated or joined in all. Bytes. */
const MAX_PACKET = 4 * 2 ** 20

/**
 * The XMP packets of a picture, found by the structure of its file alone: no pixel is decoded.
 *
 * A JPEG may have an extended packet beside its own. Never throws: of a broken file, what stands before the break.
 * Places: XMP Specification part 3 (JPEG 1.1.3, PNG 1.1.5, GIF 1.1.2, TIFF 1.1.6), RFC 9649, 2.7.1.5 (WebP),
 * ISO/IEC 23008-12, A.3 (AVIF, HEIC).
 */
export function xmpPackets(bytes: Buffer): Buffer[] {
  switch (sniff(bytes)) {
    case 'jpeg':
      return ofJpeg(bytes)
    case 'png':
      return ofPng(bytes)
    case 'webp':
      return ofWebp(bytes)
    case 'gif':
      return ofGif(bytes)
    case 'tiff':
      return ofTiff(bytes)
    case 'avif':
    case 'heic':
      return isoMediaItem(bytes, 'application/rdf+xml', MAX_PACKET)
    default:
      return []
  }
}

const JPEG_XMP = 'http://ns.adobe.com/xap/1.0/\0'
const JPEG_EXTENSION = 'http://ns.adobe.com/xmp/extension/\0'

/** APP1 segments before the first scan. */
function ofJpeg(bytes: Buffer): Buffer[] {
  const packets: Buffer[] = []
  const extension: { offset: number; piece: Buffer }[] = []
  for (let at = nextMarker(bytes, 2); at >= 0;) {
    const marker = bytes[at + 1]!
    if (marker === 0xd9 || marker === 0xda) break
    const end = Math.min(at + 2 + bytes.readUInt16BE(at + 2), bytes.length)
    if (marker === 0xe1) {
      const start = at + 4
      if (startsWith(bytes, start, JPEG_XMP)) packets.push(bytes.subarray(start + JPEG_XMP.length, end))
      else if (startsWith(bytes, start, JPEG_EXTENSION) && start + JPEG_EXTENSION.length + 40 <= end) {
        // A digest of 32 digits, the length of the whole, the offset of this piece.
        const head = start + JPEG_EXTENSION.length + 40
        extension.push({ offset: bytes.readUInt32BE(head - 4), piece: bytes.subarray(head, end) })
      }
    }
    at = nextMarker(bytes, end)
  }
  if (extension.length > 0) {
    const pieces = extension.sort((a, b) => a.offset - b.offset).map(({ piece }) => piece)
    packets.push(Buffer.concat(pieces))
  }
  return packets
}

const PNG_XMP = 'XML:com.adobe.xmp\0'

/** iTXt chunks with the keyword of XMP, compressed or not; libvips writes zTXt. Ends at one that is broken or too large. */
function ofPng(bytes: Buffer): Buffer[] {
  const packets: Buffer[] = []
  let left = MAX_PACKET
  for (let at = 8; at + 12 <= bytes.length;) {
    const type = bytes.readUInt32BE(at + 4)
    const end = at + 8 + bytes.readUInt32BE(at)
    // iTXt and zTXt.
    if ((type === 0x69545874 || type === 0x7a545874) && startsWith(bytes, at + 8, PNG_XMP)) {
      const data = bytes.subarray(at + 8 + PNG_XMP.length, end)
      const packet = type === 0x69545874 ? internationalText(data, left) : inflated(data.subarray(1), left)
      if (packet === null || packet.length > left) break
      packets.push(packet)
      left -= packet.length
    }
    at = end + 4
  }
  return packets
}

/** PNG, third edition, 11.3.3.4: compression flag and method, a language and a translated keyword, each ended by 0. */
function internationalText(data: Buffer, maxBytes: number): Buffer | null {
  const language = data.indexOf(0, 2)
  const text = language < 0 ? -1 : data.indexOf(0, language + 1)
  if (text < 0) return null
  const value = data.subarray(text + 1)
  return data[0] === 1 ? inflated(value, maxBytes) : value
}

function inflated(value: Buffer, maxBytes: number): Buffer | null {
  try {
    return inflateSync(value, { maxOutputLength: Math.max(1, maxBytes) })
  } catch {
    // Broken, or a bomb: there is nothing to read.
    return null
  }
}

function ofWebp(bytes: Buffer): Buffer[] {
  const packets: Buffer[] = []
  for (let at = 12; at + 8 <= bytes.length;) {
    const length = bytes.readUInt32LE(at + 4)
    if (startsWith(bytes, at, 'XMP ') && length <= MAX_PACKET)
      packets.push(bytes.subarray(at + 8, at + 8 + length))
    at += 8 + length + (length % 2)
  }
  return packets
}

/** An application extension whose packet is no row of sub-blocks: it ends before a trailer of 0x01 0xff 0xfe … */
function ofGif(bytes: Buffer): Buffer[] {
  const head = bytes.indexOf('!\xff\x0bXMP DataXMP', 13, 'latin1')
  if (head < 0) return []
  const start = head + 14
  const end = bytes.indexOf('\x01\xff\xfe\xfd', start, 'latin1')
  const packet = bytes.subarray(start, end < 0 ? bytes.length : end)
  return packet.length <= MAX_PACKET ? [packet] : []
}

/** Tag 700 of the first directory. */
function ofTiff(bytes: Buffer): Buffer[] {
  if (bytes.length < 8) return []
  const isLittle = bytes[0] === 0x49
  const short = (at: number) => (isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at))
  const long = (at: number) => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))
  const directory = long(4)
  if (directory + 2 > bytes.length) return []
  const entries = short(directory)
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + i * 12
    if (entry + 12 > bytes.length) return []
    if (short(entry) !== 700) continue
    const length = long(entry + 4)
    // Types of one byte: BYTE and UNDEFINED. Four bytes or less would lie in the entry, and be no packet.
    if (![1, 7].includes(short(entry + 2)) || length <= 4 || length > MAX_PACKET) return []
    const start = long(entry + 8)
    return [bytes.subarray(start, start + length)]
  }
  return []
}

function startsWith(bytes: Buffer, at: number, text: string): boolean {
  if (at + text.length > bytes.length) return false
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false
  return true
}
