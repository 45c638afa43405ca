import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { framesOf, FRAMES_TRIED } from '../../src/media/frames.ts'
import { IMAGE_OPTIONS, type ImageOptions } from '../../src/media/image-options.ts'
import { processImage } from '../../src/media/process-image.ts'
import { noise, pngChunk, quarters } from './pictures.ts'

const schema = z.strictObject(IMAGE_OPTIONS)
const MIB = 2 ** 20

/** What becomes of it, and by how much the process grew. */
async function outcome(bytes: Buffer, options: Partial<ImageOptions> = {}) {
  const before = process.memoryUsage().rss
  const end = await processImage(bytes, schema.parse(options)).then(
    ({ frame, frames }) => ({ frame, frames }),
    (error: { data: { reason: string } }) => error.data.reason,
  )
  return { end, grownMiB: (process.memoryUsage().rss - before) / MIB }
}

/** A PNG that says a small size, and holds far more: rows that nobody asked for. */
function longPng(): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(100, 0)
  header.writeUInt32BE(100, 4)
  header.set([8, 2], 8)
  const data = deflateSync(Buffer.alloc(300 * MIB))
  const chunks = [pngChunk('IHDR', header), pngChunk('IDAT', data), pngChunk('IEND', Buffer.alloc(0))]
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...chunks])
}

/** A text chunk that inflates to 300 MiB, in a picture of a few pixels. */
async function textPng(): Promise<Buffer> {
  const png = await quarters(40, 30).png().toBuffer()
  const text = Buffer.concat([Buffer.from('Comment\0\0', 'latin1'), deflateSync(Buffer.alloc(300 * MIB))])
  return Buffer.concat([png.subarray(0, 33), pngChunk('zTXt', text), png.subarray(33)])
}

/** A GIF whose logical screen is of this size, with so many frames of one pixel. */
function gif(side: number, frames: number): Buffer {
  const head = Buffer.from('474946383961000000008000000000000000ff', 'hex')
  head.writeUInt16LE(side, 6)
  head.writeUInt16LE(side, 8)
  // Image descriptor of 1 x 1 px, LZW of one clear code, one pixel, an end.
  const frame = Buffer.from('2c0000000001000100000202440100', 'hex')
  const all = Buffer.alloc(frame.length * frames)
  for (let i = 0; i < frames; i++) frame.copy(all, i * frame.length)
  return Buffer.concat([head, all, Buffer.from([0x3b])])
}

/** Canvas of a WebP, 24 bits a side, around a small frame. */
async function webpOf(side: number): Promise<Buffer> {
  const small = await noise(16, 16).webp().toBuffer()
  const extended = Buffer.alloc(18)
  extended.write('VP8X', 'latin1')
  extended.writeUInt32LE(10, 4)
  extended.writeUIntLE(side - 1, 12, 3)
  extended.writeUIntLE(side - 1, 15, 3)
  const riff = Buffer.concat([Buffer.from('RIFF    WEBP'), extended, small.subarray(12)])
  riff.writeUInt32LE(riff.length - 8, 4)
  return riff
}

/** An AVIF whose `ispe` says another size than its frame has. */
async function avifOf(side: number): Promise<Buffer> {
  const avif = await quarters(64, 64).avif({ effort: 0 }).toBuffer()
  const at = avif.indexOf('ispe')
  avif.writeUInt32BE(side, at + 8)
  avif.writeUInt32BE(side, at + 12)
  return avif
}

describe('a bomb', () => {
  it.each<[string, () => Promise<Buffer> | Buffer, string]>([
    ['GIF with a huge screen', () => gif(60_000, 1), 'too-many-pixels'],
    ['WebP with a huge canvas', () => webpOf(16_000), 'too-many-pixels'],
    ['AVIF with a huge frame', () => avifOf(60_000), 'too-many-pixels'],
  ])('%s is told from its header', async (_name, make, reason) => {
    const { end, grownMiB } = await outcome(await make())
    expect(end).toBe(reason)
    expect(grownMiB).toBeLessThan(64)
  })

  it.each<[string, () => Promise<Buffer> | Buffer]>([
    ['PNG whose data goes on behind its last row', longPng],
    ['PNG with a text of 300 MiB', textPng],
    ['WebP whose canvas is not its frame', () => webpOf(8000)],
    ['AVIF whose header is not its frame', () => avifOf(8000)],
  ])('%s ends in a picture or a named reason, and takes no memory for it', async (_name, make) => {
    const bytes = await make()
    for (const codec of ['sharp', 'auto'] as const) {
      const { end, grownMiB } = await outcome(bytes, { codec })
      expect(typeof end === 'string' ? end : 'a picture').toMatch(
        /^(a picture|image-broken|image-truncated)$/,
      )
      expect(grownMiB).toBeLessThan(160)
    }
  })

  it('of a million frames is counted, and never handed to a decoder', async () => {
    const bytes = gif(40, 1_000_000)
    expect(bytes.length).toBeGreaterThan(14 * MIB)
    const { count, head } = framesOf(bytes, 'gif')
    expect(count).toBe(1_000_000)
    expect(head.length).toBeLessThan(200)
    expect((await sharp(head).metadata()).pages).toBe(FRAMES_TRIED)
    const { end, grownMiB } = await outcome(bytes)
    expect(end).toEqual({ frame: 0, frames: 1_000_000 })
    expect(grownMiB).toBeLessThan(64)
  })

  it('of large blank frames costs no more than maxPixels', async () => {
    const { end } = await outcome(gif(8000, 100), { maxPixels: 8000 * 8000 })
    expect(end).toEqual({ frame: 0, frames: 100 })
  })
})

describe('framesOf', () => {
  it('cuts an animated WebP at its first frames, as a whole file', async () => {
    const pages = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        quarters(20, 20)
          .modulate({ hue: i * 20 })
          .png()
          .toBuffer(),
      ),
    )
    const bytes = await sharp(pages, { join: { animated: true } })
      .webp()
      .toBuffer()
    const { count, head } = framesOf(bytes, 'webp')
    expect([count, (await sharp(head).metadata()).pages]).toEqual([12, FRAMES_TRIED])
    expect(head.length).toBeLessThan(bytes.length)
  })

  it('never ends up anywhere but at a number, whatever the bytes', async () => {
    const seeds = [gif(40, 20), await webpOf(16), await quarters(20, 20).png().toBuffer()]
    let state = 3
    const random = (limit: number) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % limit
    for (const [i, format] of (['gif', 'webp', 'png'] as const).entries()) {
      for (let round = 0; round < 200; round++) {
        const bytes = Buffer.from(seeds[i]!.subarray(0, 33 + random(seeds[i]!.length)))
        bytes[random(bytes.length)] = random(256)
        expect(framesOf(bytes, format).count).toBeGreaterThanOrEqual(1)
      }
    }
  })
})
