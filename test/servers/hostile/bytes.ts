import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { noise } from '../../media/pictures.ts'

/** A JPEG that is as good as any other, 160 x 120 px. */
export const PICTURE = await noise(160, 120).jpeg({ quality: 80 }).toBuffer()
export const PNG = await noise(160, 120).png().toBuffer()

/** A JPEG whose header says another size. */
export function jpegOfSize(width: number, height: number): Buffer {
  const bytes = Buffer.from(PICTURE)
  // SOF0 or SOF2: marker, length, precision, height, width (ITU-T T.81, B.2.2).
  const frame = Math.max(bytes.indexOf(Buffer.from([0xff, 0xc0])), bytes.indexOf(Buffer.from([0xff, 0xc2])))
  bytes.writeUInt16BE(height, frame + 5)
  bytes.writeUInt16BE(width, frame + 7)
  return bytes
}

interface GifFrame {
  width: number
  height: number
}

/** A GIF of a screen, and frames of any size whose data end at once. */
export function gif(width: number, height: number, frames: GifFrame[]): Buffer {
  const head = Buffer.from('GIF89a\0\0\0\0\x80\0\0\0\0\0\xff\xff\xff', 'latin1')
  head.writeUInt16LE(width, 6)
  head.writeUInt16LE(height, 8)
  const drawn = frames.map((frame) => {
    const descriptor = Buffer.from('\x2c\0\0\0\0\0\0\0\0\0', 'latin1')
    descriptor.writeUInt16LE(frame.width, 5)
    descriptor.writeUInt16LE(frame.height, 7)
    // LZW: codes of 2 bits to start with; clear, one pixel, end.
    return Buffer.concat([descriptor, Buffer.from([2, 2, 0x44, 0x01, 0])])
  })
  return Buffer.concat([head, ...drawn, Buffer.from([0x3b])])
}

/** PNG with a chunk more after its header. */
export function pngWith(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const chunk = Buffer.alloc(body.length + 8)
  chunk.writeUInt32BE(data.length, 0)
  body.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(body), body.length + 4)
  return Buffer.concat([PNG.subarray(0, 33), chunk, PNG.subarray(33)])
}

/** A colour profile, or a comment, that is 64 MiB of zeros once it is inflated. */
export const inflating = (keyword: string) =>
  Buffer.concat([Buffer.from(`${keyword}\0\0`, 'latin1'), deflateSync(Buffer.alloc(64 * 2 ** 20))])

export const webpOfSize = (width: number, height: number): Buffer => {
  const bytes = Buffer.alloc(60)
  bytes.write('RIFF', 0, 'latin1')
  bytes.writeUInt32LE(52, 4)
  bytes.write('WEBPVP8X', 8, 'latin1')
  bytes.writeUInt32LE(10, 16)
  bytes.writeUIntLE(width - 1, 24, 3)
  bytes.writeUIntLE(height - 1, 27, 3)
  return bytes
}

/** Little-endian TIFF of one strip of one byte that claims a size (TIFF 6.0, section 3). */
export function tiffOfSize(width: number, height: number): Buffer {
  const entries: [tag: number, type: number, value: number][] = [
    [256, 4, width],
    [257, 4, height],
    [258, 3, 8],
    [259, 3, 1],
    [262, 3, 1],
    [273, 4, 8],
    [277, 3, 1],
    [278, 4, height],
    [279, 4, 1],
  ]
  const directory = Buffer.alloc(2 + entries.length * 12 + 4)
  directory.writeUInt16LE(entries.length, 0)
  entries.forEach(([tag, type, value], i) => {
    directory.writeUInt16LE(tag, 2 + i * 12)
    directory.writeUInt16LE(type, 4 + i * 12)
    directory.writeUInt32LE(1, 6 + i * 12)
    directory.writeUInt32LE(value, 10 + i * 12)
  })
  const head = Buffer.from('II*\0\x0a\0\0\0\0\0', 'latin1')
  return Buffer.concat([head, directory])
}

export const avif = await sharp(PNG).avif({ quality: 50 }).toBuffer()
