import { crc32 } from 'node:zlib'
import sharp from 'sharp'

export type Rgb = [number, number, number]

export const RED: Rgb = [255, 0, 0]
export const GREEN: Rgb = [0, 160, 0]
export const BLUE: Rgb = [0, 0, 255]
export const GRAY: Rgb = [128, 128, 128]

/** Red, green / blue, gray quarters: each corner tells where it was. Width and height: even, px. */
export function quarters(width = 120, height = 80) {
  const data = Buffer.alloc(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const color = y < height / 2 ? (x < width / 2 ? RED : GREEN) : x < width / 2 ? BLUE : GRAY
      data.set(color, (y * width + x) * 3)
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } })
}

/** A picture that no encoder makes small, so that it can be cut in its middle. */
export function noise(width: number, height: number) {
  const data = Buffer.alloc(width * height * 3)
  let state = 1
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    data[i] = state >>> 24
  }
  return sharp(data, { raw: { width, height, channels: 3 } })
}

/** The colours of the four corners, a little inside: top left, top right, bottom left, bottom right. */
export async function corners(bytes: Buffer): Promise<Rgb[]> {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true })
  if (info.channels !== 3) throw new Error(`Expected 3 channels, got ${info.channels}`)
  const at = (x: number, y: number) =>
    [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)] as Rgb
  const [left, top, right, bottom] = [4, 4, info.width - 5, info.height - 5]
  return [at(left, top), at(right, top), at(left, bottom), at(right, bottom)]
}

/** The largest difference of any channel of any colour. */
export function distance(a: Rgb[], b: Rgb[]): number {
  return Math.max(...a.flatMap((color, i) => color.map((channel, j) => Math.abs(channel - b[i]![j]!))))
}

/** A chunk of a PNG with its length and checksum. */
export function pngChunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(content.length)
  checksum.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, checksum])
}
