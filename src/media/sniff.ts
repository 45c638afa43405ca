/** Formats told by their first bytes. `html` and `text` are no pictures; null is none of these. */
export type SniffedFormat =
  | 'jpeg'
  | 'png'
  | 'webp'
  | 'gif'
  | 'avif'
  | 'tiff'
  | 'heic'
  | 'jxl'
  | 'bmp'
  | 'ico'
  | 'svg'
  | 'html'

/** Formats that `processImage` decodes. */
export const DECODED_FORMATS = ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const
export type DecodedFormat = (typeof DECODED_FORMATS)[number]

const AVIF_BRANDS = new Set(['avif', 'avis'])
const HEIC_BRANDS = new Set(['heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'hevm', 'hevs'])

/** The format by magic bytes; what a server says in Content-Type is not asked. */
export function sniff(bytes: Buffer): SniffedFormat | null {
  if (bytes.length < 4) return null
  const word = bytes.readUInt32BE(0)
  if (word >>> 8 === 0xffd8ff) return 'jpeg'
  if (word === 0x89504e47) return 'png'
  if (word === 0x47494638) return 'gif'
  if (word === 0x52494646 && ascii(bytes, 8, 12) === 'WEBP') return 'webp'
  if (word === 0x49492a00 || word === 0x4d4d002a) return 'tiff'
  if (word >>> 16 === 0xff0a || (word === 0x0000000c && ascii(bytes, 4, 8) === 'JXL ')) return 'jxl'
  if (word >>> 16 === 0x424d && bytes.length >= 26 && bytes.readUInt32LE(14) <= 124) return 'bmp'
  if (word === 0x00000100) return 'ico'
  if (ascii(bytes, 4, 8) === 'ftyp') return sniffBrand(bytes)
  return sniffMarkup(bytes)
}

/** ISO base media files say what they are in the brands of their first box (ISO/IEC 14496-12, 4.3). */
function sniffBrand(bytes: Buffer): SniffedFormat | null {
  const end = Math.min(bytes.readUInt32BE(0), bytes.length, 256)
  const brands: string[] = []
  for (let at = 8; at + 4 <= end; at += 4) if (at !== 12) brands.push(ascii(bytes, at, at + 4))
  if (brands.some((brand) => AVIF_BRANDS.has(brand))) return 'avif'
  return brands.some((brand) => HEIC_BRANDS.has(brand)) ? 'heic' : null
}

function sniffMarkup(bytes: Buffer): SniffedFormat | null {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0x3c && bytes[1] === 0)
  const head = bytes
    .subarray(0, 4096)
    .toString(isUtf16 ? 'utf16le' : 'utf8')
    .replace(/^\uFEFF/, '')
    .trimStart()
  if (!head.startsWith('<')) return null
  const html = head.search(/<(?:!doctype\s+html|html|head|body)\b/i)
  const svg = head.search(/<(?:!doctype\s+svg|(?:\w+:)?svg)\b/i)
  if (svg !== -1 && (html === -1 || svg < html)) return 'svg'
  return html !== -1 || /^<[a-z!?]/i.test(head) ? 'html' : null
}

function ascii(bytes: Buffer, from: number, to: number): string {
  return bytes.toString('latin1', from, to)
}
