import { crc32 } from 'node:zlib'
import type { Inflate } from './inflate.ts'
import type { Samples } from './samples.ts'
import { unfilterPng } from './unfilter-png.ts'

/**
 * Rows are unfiltered on the main thread, 1 ns a byte or, of Paeth, 4: larger pictures would hold up sockets for 30 ms and go to
 * sharp's threads. Photographs, whose rows are filtered, cost what they cost by sharp; drawings, whose are not, 40 % of it.
 */
const MAX_PIXELS = 2 * 2 ** 20

/** Colour types (PNG, third edition, 11.2.1) that are taken, all at 8 bits, and their bytes per pixel. */
const CHANNELS: Partial<Record<number, 1 | 3 | 4>> = { 0: 1, 2: 3, 3: 1, 6: 4 }
const GRAY = 0
const PALETTE = 3
const RGBA = 6
/** Chunks that say nothing about pixels that sharp would heed: gAMA and cHRM too are left to ICC profiles by it. */
const IGNORED = /^(eXIf|gAMA|cHRM|sRGB|bKGD|pHYs|tIME|tEXt|zTXt|iTXt|hIST|sBIT)$/

/**
 * Red, green and blue, or gray, of a plain PNG: 8 bits, not interlaced, no ICC profile; transparency is put on white.
 *
 * A PNG in which anything is amiss is not taken, a checksum included.
 */
export function pngSamples(png: Buffer, inflate: Inflate): Samples | null {
  const parts = partsOf(png)
  if (parts === null) return null
  const { width, height, type, palette, data } = parts
  const bpp = CHANNELS[type]!
  const stride = 1 + width * bpp
  const raw = stride * height
  const rgb = width * height * 3
  const isRgbLater = type === PALETTE || type === RGBA
  // Palette entries become three bytes from the back of the room on, RGBA pixels three from its front on: in place.
  const size = type === PALETTE ? Math.max(rgb, raw) : raw
  const plane = isRgbLater
    ? { at: 0, width, height, stride: width * 3, channels: 3 as const }
    : { at: 1, width, height, stride, channels: type === GRAY ? (1 as const) : (3 as const) }
  return {
    width,
    height,
    scale: 1,
    planes: [{ ...plane, chroma: null }],
    size,
    decode(into) {
      const rows = into.subarray(size - raw)
      if (!inflate(data, rows) || !unfilterPng(rows, stride, height, bpp)) return false
      if (type === RGBA) flatten(into, width, height)
      if (type === PALETTE) return paint(into, rows, width, height, palette!)
      return true
    },
  }
}

interface Parts {
  width: number
  height: number
  type: number
  /** Red, green, blue of each entry, on white. */
  palette: Uint8Array | null
  data: Buffer
}

function partsOf(png: Buffer): Parts | null {
  const data: Buffer[] = []
  let colours: Buffer | null = null
  let alphas: Buffer | null = null
  for (let at = 8; at + 12 <= png.length;) {
    const length = png.readUInt32BE(at)
    const end = at + 8 + length
    if (end + 4 > png.length || crc32(png.subarray(at + 4, end)) !== png.readUInt32BE(end)) return null
    const name = png.toString('latin1', at + 4, at + 8)
    const content = png.subarray(at + 8, end)
    at = end + 4
    if (name === 'IHDR') continue
    if (name === 'IDAT') data.push(content)
    else if (name === 'PLTE') colours = content
    else if (name === 'tRNS') alphas = content
    else if (name !== 'IEND' && !IGNORED.test(name)) return null
    if (name !== 'IEND') continue
    const [depth, type, , , interlace] = png.subarray(24, 29) as unknown as number[]
    const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)]
    if (depth !== 8 || interlace !== 0 || CHANNELS[type!] === undefined || width * height > MAX_PIXELS)
      return null
    if (alphas !== null && type !== PALETTE) return null
    const palette = type === PALETTE ? paletteOf(colours, alphas) : null
    if (type === PALETTE && palette === null) return null
    return { width, height, type: type!, palette, data: data.length === 1 ? data[0]! : Buffer.concat(data) }
  }
  return null
}

function paletteOf(colours: Buffer | null, alphas: Buffer | null): Uint8Array | null {
  if (colours === null || colours.length % 3 !== 0) return null
  return colours.map((value, i) => onWhite(value, alphas?.[Math.floor(i / 3)] ?? 255))
}

function onWhite(value: number, alpha: number): number {
  return Math.round(255 + ((value - 255) * alpha) / 255)
}

function flatten(bytes: Uint8Array, width: number, height: number): void {
  let to = 0
  for (let row = 0; row < height; row++) {
    const start = row * (1 + width * 4) + 1
    for (let from = start; from < start + width * 4; from += 4) {
      const alpha = bytes[from + 3]!
      for (let channel = 0; channel < 3; channel++) {
        const value = bytes[from + channel]!
        bytes[to++] = alpha === 255 ? value : onWhite(value, alpha)
      }
    }
  }
}

/** False where a pixel names an entry that is not there. */
function paint(
  into: Uint8Array,
  rows: Uint8Array,
  width: number,
  height: number,
  palette: Uint8Array,
): boolean {
  let to = 0
  for (let row = 0; row < height; row++) {
    const start = row * (1 + width) + 1
    for (let from = start; from < start + width; from++) {
      const entry = rows[from]! * 3
      if (entry >= palette.length) return false
      into[to++] = palette[entry]!
      into[to++] = palette[entry + 1]!
      into[to++] = palette[entry + 2]!
    }
  }
  return true
}
