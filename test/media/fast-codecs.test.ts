import { deflateSync } from 'node:zlib'
import { readdir, readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { fastCodecs } from '../../src/media/codec.ts'
import { resizeGeometry } from '../../src/media/geometry.ts'
import { byZlib, loadInflate } from '../../src/media/inflate.ts'
import { IMAGE_OPTIONS, type ImageOptions } from '../../src/media/image-options.ts'
import { processImage } from '../../src/media/process-image.ts'
import { pngSamples } from '../../src/media/png-samples.ts'
import { turboImages } from '../../src/media/turbo-image.ts'
import { noise, pngChunk, quarters } from './pictures.ts'

const fast = await fastCodecs('auto')
const inflate = await loadInflate()
const schema = z.strictObject(IMAGE_OPTIONS)
const file = (name: string) => readFile(new URL(`files/${name}`, import.meta.url))

const SQUARE = { resize: 'center-crop', size: 64, onlyIfBigger: false } as const
const MODES: Partial<ImageOptions>[] = [
  SQUARE,
  { resize: 'shortest', size: 101 },
  { resize: 'longest', size: 37 },
  { resize: 'shortest', size: 400, onlyIfBigger: false },
  { resize: 'none' },
]

/** Soft shapes with colours and an edge, so that scaling and chroma both show. */
function scene(width: number, height: number, channels: 3 | 4 = 3) {
  const data = Buffer.alloc(width * height * channels)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels
      data[at] = 128 + 90 * Math.sin(x / 17 + y / 41)
      data[at + 1] = x > width / 2 ? 200 : 128 + 90 * Math.sin(x / 29 - y / 23)
      data[at + 2] = 128 + 90 * Math.cos(x / 37 + y / 19)
      if (channels === 4) data[at + 3] = Math.min(255, x + y)
    }
  return sharp(data, { raw: { width, height, channels } })
}

async function outcome(codec: ImageOptions['codec'], bytes: Buffer, options: Partial<ImageOptions>) {
  try {
    const { bytes: stored, ...rest } = await processImage(bytes, schema.parse({ ...options, codec }))
    return { verdict: rest, pixels: await sharp(stored).raw().toBuffer() }
  } catch (error) {
    const { code, data } = error as { code: string; data: { reason: string } }
    return { verdict: `${code} ${data.reason}`, pixels: null }
  }
}

async function isTaken(bytes: Buffer, format: 'png' | 'webp'): Promise<boolean> {
  return (
    (await turboImages(fast!, bytes, format, [{ width: 24, height: 16, crop: null, pad: null }], 95)) !== null
  )
}

function psnr(a: Buffer, b: Buffer): number {
  expect(a.length).toBe(b.length)
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2
  return 10 * Math.log10((255 * 255 * a.length) / Math.max(sum, 1e-9))
}

/** The same picture as `processImage` should give it, by Lanczos of all its pixels, without an encoding. */
async function truth(bytes: Buffer, options: Partial<ImageOptions>): Promise<Buffer> {
  const { data, info } = await sharp(bytes)
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
  const { size, onlyIfBigger, resize } = schema.parse(options)
  const { width, height, crop } = resizeGeometry(info.width, info.height, {
    size,
    onlyIfBigger,
    mode: resize,
  })
  return sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
    .resize(width, height, { fit: 'fill' })
    .extract(crop ?? { left: 0, top: 0, width, height })
    .raw()
    .toBuffer()
}

/** Fails where the fast codecs' picture is further from the truth than sharp's by 0.3 dB. */
async function expectQuality(bytes: Buffer, label: string): Promise<void> {
  for (const options of MODES) {
    const [bySharp, byFast] = [await outcome('sharp', bytes, options), await outcome('auto', bytes, options)]
    expect(byFast.verdict, label).toEqual(bySharp.verdict)
    const wanted = await truth(bytes, options)
    const [theirs, ours] = [psnr(wanted, bySharp.pixels!), psnr(wanted, byFast.pixels!)]
    // libvips enlarges by bicubic interpolation, so that its pictures are no reference for ours, which is Lanczos.
    const limit = options.size === 400 ? 36 : Math.min(theirs, 45) - 0.3
    // Above 45 dB both are as good as the encoding lets them be.
    expect(ours, `${label} ${JSON.stringify(options)}: sharp ${theirs}`).toBeGreaterThan(limit)
  }
}

/** Bytes damaged anywhere: the verdict, and whether there is a picture, must be those of sharp. */
async function expectVerdicts(seeds: Buffer[], rounds: number): Promise<void> {
  let state = 5
  const random = (limit: number) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % limit
  const verdicts = new Set<unknown>()
  for (const bytes of seeds) {
    for (let round = 0; round < rounds; round++) {
      const damaged = Buffer.from(bytes.subarray(0, round % 4 === 0 ? random(bytes.length) : bytes.length))
      for (let i = 0; i < 1 + (round % 5) && damaged.length > 0; i++)
        damaged[random(damaged.length)] = random(256)
      const [bySharp, byFast] = [
        await outcome('sharp', damaged, SQUARE),
        await outcome('auto', damaged, SQUARE),
      ]
      expect(byFast.verdict, `round ${round} of ${bytes.length} bytes`).toEqual(bySharp.verdict)
      verdicts.add(byFast.pixels ? 'a picture' : byFast.verdict)
    }
  }
  expect(verdicts.size).toBeGreaterThan(1)
}

describe.skipIf(fast === null)('PNG by TurboJPEG (skipped where libturbojpeg or koffi is missing)', () => {
  it.each([
    ['RGB', () => scene(333, 217).png()],
    ['RGB, every filter', () => scene(333, 217).png({ adaptiveFiltering: true })],
    ['RGBA', () => scene(211, 300, 4).png({ adaptiveFiltering: true })],
    ['gray', () => scene(200, 301).greyscale().toColourspace('b-w').png({ adaptiveFiltering: true })],
    ['palette', () => scene(240, 180).png({ palette: true, dither: 0 })],
    ['palette with transparency', () => scene(240, 180, 4).png({ palette: true, dither: 0 })],
  ] as const)('%s is as near to Lanczos of all pixels as by sharp', async (name, make) => {
    const bytes = await make().toBuffer()
    expect(await isTaken(bytes, 'png')).toBe(true)
    await expectQuality(bytes, name)
  })

  it('gives every pixel of every filter, by libdeflate and by zlib', async () => {
    for (const [colours, type, bpp] of [
      [3, 2, 3],
      [4, 6, 4],
      [1, 0, 1],
    ] as const) {
      const [width, height] = [37, 25]
      const pixels = await noise(width * bpp, height)
        .greyscale()
        .raw()
        .toBuffer()
      if (type === 6) for (let i = 3; i < pixels.length; i += 4) pixels[i] = 255
      const png = encodePng(pixels, width, height, type, bpp)
      const expected = await sharp(png).removeAlpha().raw().toBuffer()
      for (const way of [inflate, byZlib]) {
        const samples = pngSamples(png, way)!
        const into = new Uint8Array(samples.size)
        expect(samples.decode(into)).toBe(true)
        const { at, stride, channels } = samples.planes[0]!
        const rows = Array.from({ length: height }, (_, y) =>
          Buffer.from(into.subarray(at + y * stride, at + y * stride + width * channels!)),
        )
        const own = Buffer.concat(rows)
        const shown = colours === 1 ? await sharp(png).toColourspace('b-w').raw().toBuffer() : expected
        expect(own.equals(shown), `colour type ${type}`).toBe(true)
      }
    }
  })

  it('leaves to sharp what is not simple, or not whole', async () => {
    const plain = await quarters().png().toBuffer()
    const trailing = Buffer.from(plain)
    trailing[trailing.length - 5]! ^= 1
    const cases: [string, Buffer][] = [
      ['16 bits', await quarters().toColourspace('rgb16').png().toBuffer()],
      ['interlaced', await quarters().png({ progressive: true }).toBuffer()],
      ['a profile', await quarters().withIccProfile('p3').png().toBuffer()],
      ['a wrong checksum', trailing],
      ['a cut file', plain.subarray(0, plain.length - 20)],
      ['more rows than it says', encodePng(Buffer.alloc(30 * 31 * 3), 30, 30, 2, 3)],
      ['fewer rows than it says', encodePng(Buffer.alloc(30 * 29 * 3), 30, 30, 2, 3)],
    ]
    for (const [name, bytes] of cases) expect(await isTaken(bytes, 'png'), name).toBe(false)
    expect(await isTaken(plain, 'png')).toBe(true)
  })

  it('gives the verdicts of sharp for bytes damaged anywhere', async () => {
    await expectVerdicts(
      [
        await noise(40, 30).png().toBuffer(),
        await scene(90, 80, 4).png({ adaptiveFiltering: true }).toBuffer(),
        await scene(80, 60).png({ palette: true }).toBuffer(),
      ],
      60,
    )
  })
})

describe.skipIf(!fast?.webp)('WebP by libwebp and TurboJPEG (skipped where one or koffi is missing)', () => {
  it.each([
    ['of quality 80', () => scene(333, 217).webp({ quality: 80 })],
    ['of quality 20', () => scene(300, 401).webp({ quality: 20 })],
    ['with an sRGB profile', () => scene(200, 150).withIccProfile('srgb').webp({ quality: 85 })],
    ['of gray', () => scene(200, 301).greyscale().webp({ quality: 85 })],
  ] as const)('%s is as near to Lanczos of all pixels as by sharp', async (name, make) => {
    const bytes = await make().toBuffer()
    expect(await isTaken(bytes, 'webp')).toBe(true)
    await expectQuality(bytes, name)
  })

  it('keeps even areas as they are, from black to white', async () => {
    for (const [r, g, b] of [
      [0, 0, 0],
      [255, 255, 255],
      [255, 0, 0],
      [0, 0, 255],
      [120, 130, 140],
    ] as const) {
      const bytes = await sharp({ create: { width: 99, height: 70, channels: 3, background: { r, g, b } } })
        .webp({ quality: 100 })
        .toBuffer()
      expect(await isTaken(bytes, 'webp')).toBe(true)
      const decoded = await sharp(bytes).raw().toBuffer()
      const { pixels } = await outcome('auto', bytes, { resize: 'shortest', size: 40 })
      for (let i = 0; i < pixels!.length; i++)
        expect(Math.abs(pixels![i]! - decoded[i % 3]!)).toBeLessThanOrEqual(3)
    }
  })

  it('takes sizes from 1 px on', async () => {
    for (const [width, height] of [
      [1, 1],
      [1, 300],
      [300, 1],
      [2, 3],
      [17, 16],
      [33, 333],
    ] as const) {
      const bytes = await scene(width, height).webp({ quality: 90 }).toBuffer()
      for (const options of MODES) {
        const [bySharp, byFast] = [
          await outcome('sharp', bytes, options),
          await outcome('auto', bytes, options),
        ]
        expect(byFast.verdict, `${width} x ${height}`).toEqual(bySharp.verdict)
      }
    }
  })

  it('leaves to sharp what is not simple', async () => {
    const frames = [quarters(32, 32), quarters(32, 32).negate()].map((frame) => frame.png().toBuffer())
    const cases: [string, Buffer][] = [
      ['lossless', await quarters().webp({ lossless: true }).toBuffer()],
      ['transparent', await scene(64, 64, 4).webp().toBuffer()],
      ['Display P3', await quarters().withIccProfile('p3').webp().toBuffer()],
      // prettier-ignore
      ['animated', await sharp(await Promise.all(frames), { join: { animated: true } }).webp().toBuffer()],
    ]
    for (const [name, bytes] of cases) expect(await isTaken(bytes, 'webp'), name).toBe(false)
  })

  it('gives the verdicts of sharp for bytes damaged anywhere', async () => {
    await expectVerdicts(
      [await noise(64, 48).webp().toBuffer(), await scene(200, 100).webp().toBuffer()],
      100,
    )
  })
})

describe.skipIf(fast === null)('fast codecs', () => {
  it('give the verdicts of sharp on every fixture', async () => {
    const names = (await readdir(new URL('files/', import.meta.url))).filter((name) => !name.endsWith('.py'))
    for (const name of names) {
      const bytes = await file(name)
      const options = { resize: 'shortest', size: 20 } as const
      const [bySharp, byFast] = [
        await outcome('sharp', bytes, options),
        await outcome('auto', bytes, options),
      ]
      expect(byFast.verdict, name).toEqual(bySharp.verdict)
    }
  })
})

/** A PNG whose rows take all five filters in turn. */
function encodePng(pixels: Buffer, width: number, height: number, type: number, bpp: number): Buffer {
  const stride = width * bpp
  const rows: Buffer[] = []
  for (let y = 0; y * stride < pixels.length; y++) {
    const filter = (y + 1) % 5
    const row = Buffer.alloc(stride + 1)
    row[0] = filter
    for (let i = 0; i < stride; i++) {
      const left = i < bpp ? 0 : pixels[y * stride + i - bpp]!
      const above = y === 0 ? 0 : pixels[(y - 1) * stride + i]!
      const corner = i < bpp || y === 0 ? 0 : pixels[(y - 1) * stride + i - bpp]!
      const estimate = left + above - corner
      const nearest = [left, above, corner].toSorted(
        (a, b) => Math.abs(estimate - a) - Math.abs(estimate - b),
      )[0]!
      const predicted = [0, left, above, (left + above) >> 1, nearest][filter]!
      row[i + 1] = pixels[y * stride + i]! - predicted
    }
    rows.push(row)
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 8
  header[9] = type
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  return Buffer.concat([
    signature,
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(Buffer.concat(rows))),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}
