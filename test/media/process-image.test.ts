import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { pixelBomb } from '../../demo/pixel-bomb.ts'
import { imageCodec } from '../../src/media/codec.ts'
import { IMAGE_OPTIONS, type ImageOptions } from '../../src/media/image-options.ts'
import { processImage } from '../../src/media/process-image.ts'
import { BLUE, corners, distance, GRAY, GREEN, noise, quarters, RED, type Rgb } from './pictures.ts'

const schema = z.strictObject(IMAGE_OPTIONS)
const process = (bytes: Buffer, options: Partial<ImageOptions> = {}) =>
  processImage(bytes, schema.parse(options))

/** Reason of the PL_IMAGE that processing ends in. */
async function reasonFor(bytes: Buffer, options: Partial<ImageOptions> = {}): Promise<unknown> {
  try {
    await process(bytes, options)
  } catch (error) {
    expect(error).toMatchObject({ code: 'PL_IMAGE' })
    return (error as { data: { reason: string } }).data.reason
  }
  return 'a picture'
}

const UPRIGHT = [RED, GREEN, BLUE, GRAY]

describe('processImage', () => {
  it.each<[string, () => Promise<Buffer>, Rgb[], number]>([
    ['JPEG', () => quarters().jpeg({ quality: 95 }).toBuffer(), UPRIGHT, 4],
    ['progressive JPEG', () => quarters().jpeg({ quality: 95, progressive: true }).toBuffer(), UPRIGHT, 4],
    ['PNG', () => quarters().png().toBuffer(), UPRIGHT, 2],
    ['palette PNG', () => quarters().png({ palette: true }).toBuffer(), UPRIGHT, 4],
    ['16-bit PNG', () => quarters().toColourspace('rgb16').png().toBuffer(), UPRIGHT, 2],
    ['16-bit RGBA PNG', () => quarters().ensureAlpha(1).toColourspace('rgb16').png().toBuffer(), UPRIGHT, 2],
    ['lossy WebP', () => quarters().webp({ quality: 95 }).toBuffer(), UPRIGHT, 8],
    ['lossless WebP', () => quarters().webp({ lossless: true }).toBuffer(), UPRIGHT, 2],
    ['GIF', () => quarters().gif().toBuffer(), UPRIGHT, 4],
    ['TIFF', () => quarters().tiff({ compression: 'lzw' }).toBuffer(), UPRIGHT, 2],
    ['AVIF', () => quarters().avif({ quality: 90, effort: 2 }).toBuffer(), UPRIGHT, 8],
    [
      'JPEG in Display P3',
      () => quarters().withIccProfile('p3').jpeg({ quality: 95 }).toBuffer(),
      UPRIGHT,
      6,
    ],
  ])('%s keeps its colours as 8-bit sRGB', async (_name, make, expected, tolerance) => {
    const image = await process(await make(), { resize: 'none', format: 'png' })
    expect(await sharp(image.bytes).metadata()).toMatchObject({
      space: 'srgb',
      channels: 3,
      depth: 'uchar',
      format: 'png',
    })
    expect([image.width, image.height]).toEqual([120, 80])
    expect(distance(await corners(image.bytes), expected)).toBeLessThanOrEqual(tolerance)
  })

  it('CMYK JPEG is converted, not read as inverted', async () => {
    const image = await process(await quarters().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer(), {
      format: 'png',
    })
    // Pure blue lies outside of what the inks can print; hues stay.
    const [red, green, blue, gray] = (await corners(image.bytes)) as [Rgb, Rgb, Rgb, Rgb]
    expect(red[0]).toBeGreaterThan(200)
    expect(Math.max(red[1], red[2])).toBeLessThan(60)
    expect(green[1]).toBeGreaterThan(Math.max(green[0], green[2]) + 50)
    expect(blue[2]).toBeGreaterThan(Math.max(blue[0], blue[1]) + 50)
    expect(distance([gray], [GRAY])).toBeLessThanOrEqual(16)
  })

  it.each([
    ['photo.webp', 0],
    ['palette.gif', 0],
    ['palette.png', 0],
    ['photo.avif', 3],
    ['orientation-6.jpg', 3],
    // Without a profile the inks of a press are assumed, whose cyan is darker.
    ['cmyk.jpg', 50],
  ])('gives the colours of %s, which another codec made', async (file, tolerance) => {
    const bytes = await readFile(new URL(`files/${file}`, import.meta.url))
    const [first, , , last] = await corners((await process(bytes, { resize: 'none', format: 'png' })).bytes)
    expect(distance([first!, last!], [[0, 160, 200], [240, 120, 0]])).toBeLessThanOrEqual(tolerance) // prettier-ignore
  })

  it('brings 16-bit gray of another codec to 8 bits', async () => {
    const bytes = await readFile(new URL('files/gray-16.png', import.meta.url))
    const [first, , , last] = await corners((await process(bytes, { resize: 'none', format: 'png' })).bytes)
    expect(distance([first!, last!], [[117, 117, 117], [142, 142, 142]])).toBe(0) // prettier-ignore
  })

  it('gives a gray JPEG three equal channels', async () => {
    const gray = await quarters().greyscale().toColourspace('b-w').jpeg({ quality: 100 }).toBuffer()
    expect((await sharp(gray).metadata()).channels).toBe(1)
    const { data } = await sharp(gray).raw().toBuffer({ resolveWithObject: true })
    const expected = [data.at(0)!, data.at(-1)!].map((value) => [value, value, value])
    const [first, , , last] = await corners((await process(gray, { resize: 'none', format: 'png' })).bytes)
    expect([first, last]).toEqual(expected)
  })

  it('composites transparency on white', async () => {
    const image = await process(await quarters().ensureAlpha(0.5).png().toBuffer(), { format: 'png' })
    const half = UPRIGHT.map((color) => color.map((channel) => (channel + 255) / 2) as Rgb)
    expect(distance(await corners(image.bytes), half)).toBeLessThanOrEqual(3)
  })

  it.each([
    [1, UPRIGHT],
    [2, [GREEN, RED, GRAY, BLUE]],
    [3, [GRAY, BLUE, GREEN, RED]],
    [4, [BLUE, GRAY, RED, GREEN]],
    [5, [RED, BLUE, GREEN, GRAY]],
    [6, [BLUE, RED, GRAY, GREEN]],
    [7, [GRAY, GREEN, BLUE, RED]],
    [8, [GREEN, GRAY, RED, BLUE]],
  ])('turns EXIF orientation %i upright in JPEG, PNG and WebP', async (orientation, expected) => {
    const tagged = quarters().withMetadata({ orientation })
    for (const bytes of [
      await tagged.clone().jpeg({ quality: 95 }).toBuffer(),
      await tagged.clone().png().toBuffer(),
      await tagged.clone().webp({ lossless: true }).toBuffer(),
    ]) {
      const image = await process(bytes, { resize: 'center-crop', size: 60, format: 'png' })
      expect(distance(await corners(image.bytes), expected)).toBeLessThanOrEqual(6)
      const size = orientation >= 5 ? [80, 120] : [120, 80]
      expect([image.originalWidth, image.originalHeight]).toEqual(size)
      expect((await sharp(image.bytes).metadata()).orientation).toBeUndefined()
    }
  })

  it.each(['gif', 'webp'] as const)('takes the first frame of an animated %s', async (format) => {
    const frame = async (color: Rgb) =>
      sharp({
        create: { width: 32, height: 32, channels: 3, background: { r: color[0], g: color[1], b: color[2] } },
      })
        .png()
        .toBuffer()
    const frames = await Promise.all([RED, BLUE, GRAY].map(frame))
    const animated = await sharp(frames, { join: { animated: true } })
      .toFormat(format, { loop: 0 })
      .toBuffer()
    expect((await sharp(animated).metadata()).pages).toBe(3)
    const image = await process(animated, { resize: 'none', format: 'png' })
    expect([image.width, image.height]).toEqual([32, 32])
    expect(distance(await corners(image.bytes), [RED, RED, RED, RED])).toBeLessThanOrEqual(8)
  })

  it.each([
    ['none', false, [120, 80]],
    ['shortest', false, [60, 40]],
    ['longest', false, [40, 27]],
    ['center-crop', false, [40, 40]],
    ['border', false, [40, 40]],
    ['center-crop', true, [40, 40]],
  ] as const)('gives the size of mode %s in every format', async (resize, onlyIfBigger, size) => {
    const bytes = await quarters().png().toBuffer()
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const image = await process(bytes, { resize, size: 40, onlyIfBigger, format })
      const stored = await sharp(image.bytes).metadata()
      expect([image.width, image.height, image.format]).toEqual([...size, format])
      expect([stored.width, stored.height, stored.format]).toEqual([...size, format])
    }
  })

  it('pads with white and keeps the picture in the middle', async () => {
    const image = await process(await quarters().png().toBuffer(), {
      resize: 'border',
      size: 60,
      format: 'png',
    })
    const { data, info } = await sharp(image.bytes).raw().toBuffer({ resolveWithObject: true })
    const at = (x: number, y: number) => [
      ...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3),
    ]
    expect([at(30, 2), at(30, 57)]).toEqual([
      [255, 255, 255],
      [255, 255, 255],
    ])
    expect(at(5, 14)).toEqual(RED)
    expect(at(54, 45)).toEqual(GRAY)
  })

  it('gives the same bytes each time, and no metadata', async () => {
    const bytes = await quarters()
      .withMetadata({ orientation: 6 })
      .withExif({ IFD0: { Artist: 'someone' } })
      .jpeg()
      .toBuffer()
    const [one, two] = [await process(bytes, { size: 32 }), await process(bytes, { size: 32 })]
    expect(one.bytes.equals(two.bytes)).toBe(true)
    const { exif, icc, xmp } = await sharp(one.bytes).metadata()
    expect([exif, icc, xmp]).toEqual([undefined, undefined, undefined])
  })

  it('refuses what is no picture, by what it is and not by what a server says', async () => {
    const jpeg = await noise(64, 64).jpeg().toBuffer()
    const png = await noise(64, 64).png().toBuffer()
    const webp = await noise(64, 64).webp().toBuffer()
    const avif = await noise(64, 64).avif({ effort: 0 }).toBuffer()
    const broken = Buffer.from(png)
    broken.fill(0xaa, 60, 400)
    const cut = (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length * 0.6))
    const cases: [Buffer, string][] = [
      [Buffer.alloc(0), 'empty-body'],
      [Buffer.from('<!doctype html><title>404</title>'), 'not-an-image'],
      [Buffer.from('\n  <HTML><svg></svg>'), 'not-an-image'],
      [Buffer.from('{"error":"no"}'), 'not-an-image'],
      [Buffer.from('GI'), 'not-an-image'],
      [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'svg-refused'],
      [Buffer.from('\ufeff<?xml version="1.0"?>\n<!-- drawn --><!DOCTYPE svg><svg/>'), 'svg-refused'],
      [Buffer.from('\ufeff<?xml version="1.0"?><svg/>', 'utf16le'), 'svg-refused'],
      [Buffer.concat([Buffer.from([0, 0, 1, 0]), Buffer.alloc(60)]), 'unsupported-format'],
      [cut(jpeg), 'image-truncated'],
      [cut(png), 'image-truncated'],
      [cut(webp), 'image-truncated'],
      [cut(avif), 'image-truncated'],
      [broken, 'image-broken'],
      [jpeg, 'a picture'],
      [Buffer.concat([jpeg, Buffer.from('appended by a camera')]), 'a picture'],
    ]
    for (const [bytes, expected] of cases)
      expect(await reasonFor(bytes), bytes.subarray(0, 40).toString('latin1')).toBe(expected)
  })

  it('tells a pixel bomb from its header', async () => {
    const bomb = pixelBomb()
    expect(bomb.length).toBeLessThan(200_000)
    // Were it decoded first, the cut would be what is found.
    expect(await reasonFor(bomb.subarray(0, 64))).toBe('too-many-pixels')
    expect(await reasonFor(bomb)).toBe('too-many-pixels')
  })

  it('holds maxPixels for what comes in and what is stored', async () => {
    const bytes = await quarters(120, 80).png().toBuffer()
    expect(await reasonFor(bytes, { maxPixels: 9600 })).toBe('a picture')
    expect(await reasonFor(bytes, { maxPixels: 9599 })).toBe('too-many-pixels')
    expect(await reasonFor(await quarters(120, 80).tiff().toBuffer(), { maxPixels: 9599 })).toBe(
      'too-many-pixels',
    )
    const thin = await quarters(2, 4000).png().toBuffer()
    expect(await reasonFor(thin, { size: 64, onlyIfBigger: false })).toBe('too-many-pixels')
  })

  it('throws nothing but PL_IMAGE for bytes damaged anywhere', async () => {
    const formats = [
      await quarters().jpeg().toBuffer(),
      await quarters().png().toBuffer(),
      await quarters().webp().toBuffer(),
      await quarters().gif().toBuffer(),
      await quarters().tiff().toBuffer(),
    ]
    let state = 7
    const random = (limit: number) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % limit
    const reasons = new Set<unknown>()
    for (const bytes of formats) {
      for (let round = 0; round < 40; round++) {
        const damaged = Buffer.from(bytes.subarray(0, round % 4 === 0 ? random(bytes.length) : bytes.length))
        for (let i = 0; i < 8 && damaged.length > 0; i++) damaged[random(damaged.length)] = random(256)
        reasons.add(await reasonFor(damaged))
      }
    }
    expect(reasons).toContain('image-broken')
    expect(reasons).toContain('image-truncated')
  })

  it('names its codec', async () => {
    expect(await imageCodec({ codec: 'sharp' })).toMatch(/^sharp \d+\.\d+\.\d+ \/ libvips \d+\.\d+\.\d+$/)
  })
})
