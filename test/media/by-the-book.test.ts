import { deflateSync } from 'node:zlib'
import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { IMAGE_OPTIONS, type ImageOptions } from '../../src/media/image-options.ts'
import { processImage } from '../../src/media/process-image.ts'
import { ADOBE_RGB, iccProfile, ROMM_RGB, toSrgb } from './icc-profile.ts'
import { noise, pngChunk, quarters, type Rgb } from './pictures.ts'

const schema = z.strictObject(IMAGE_OPTIONS)
const make = (bytes: Buffer, options: Partial<ImageOptions> = {}) =>
  processImage(bytes, schema.parse(options))

const COLOURS: Rgb[] = [[128, 128, 128], [200, 150, 130], [90, 120, 160], [120, 140, 110], [255, 255, 255], [0, 0, 0]] // prettier-ignore
const RED: Rgb = [220, 20, 30]
const WHITE: Rgb = [255, 255, 255]

function plain([r, g, b]: Rgb, alpha = 1) {
  return sharp({ create: { width: 40, height: 30, channels: 4, background: { r, g, b, alpha } } })
}

async function centre(bytes: Buffer): Promise<number[]> {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true })
  const at = ((info.height >> 1) * info.width + (info.width >> 1)) * info.channels
  return [...data.subarray(at, at + info.channels)]
}

/** Frames of these colours as an animation. */
async function animation(format: 'gif' | 'webp', frames: ReturnType<typeof plain>[]): Promise<Buffer> {
  const pages = await Promise.all(frames.map((frame) => frame.png().toBuffer()))
  const joined = sharp(pages, { join: { animated: true } })
  // prettier-ignore
  return format === 'gif' ? joined.gif({ keepDuplicateFrames: true }).toBuffer() : joined.webp({ lossless: true }).toBuffer()
}

/** The bytes with an ICC profile put in, their numbers as they are. */
const WITH_PROFILE = {
  // ICC.1:2022, B.4
  jpeg(bytes: Buffer, profile: Buffer): Buffer {
    const content = Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), profile])
    const head = Buffer.from([0xff, 0xe2, 0, 0])
    head.writeUInt16BE(content.length + 2, 2)
    return Buffer.concat([bytes.subarray(0, 2), head, content, bytes.subarray(2)])
  },
  png(bytes: Buffer, profile: Buffer): Buffer {
    const content = Buffer.concat([Buffer.from('any\0\0', 'latin1'), deflateSync(profile)])
    return Buffer.concat([bytes.subarray(0, 33), pngChunk('iCCP', content), bytes.subarray(33)])
  },
  // RFC 9649, 2.7
  webp(bytes: Buffer, profile: Buffer): Buffer {
    const extended = Buffer.alloc(18)
    extended.write('VP8X', 'latin1')
    extended.writeUInt32LE(10, 4)
    extended[8] = 0x20
    extended.writeUIntLE(39, 12, 3)
    extended.writeUIntLE(29, 15, 3)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(profile.length)
    const chunks = [extended, Buffer.from('ICCP'), length, profile, bytes.subarray(12)]
    const riff = Buffer.concat([Buffer.from('RIFF    WEBP'), ...chunks])
    riff.writeUInt32LE(riff.length - 8, 4)
    return riff
  },
} as const

describe('by the book', () => {
  describe.each([ADOBE_RGB, ROMM_RGB])('a picture in $name', (space) => {
    it.each(['jpeg', 'png', 'webp'] as const)('as %s becomes what its profile computes', async (format) => {
      for (const colour of COLOURS) {
        const encoding = format === 'webp' ? { lossless: true } : { quality: 100 }
        const numbers = await plain(colour).removeAlpha().toFormat(format, encoding).toBuffer()
        const bytes = WITH_PROFILE[format](numbers, iccProfile(space))
        const expected = toSrgb(space, colour)
        for (const codec of ['sharp', 'auto'] as const) {
          const got = await centre((await make(bytes, { format: 'png', codec })).bytes)
          for (const [i, value] of expected.entries())
            expect(Math.abs(got[i]! - value), `${colour.join()}: ${got.join()}`).toBeLessThanOrEqual(3)
          // What is kept must not lose a profile that it needs.
          const same = await make(bytes, { format, codec })
          expect(same.isOriginal).toBe(false)
          expect((await sharp(same.bytes).metadata()).icc).toBeUndefined()
        }
      }
    })
  })

  it.each<[string, () => Promise<Buffer>, Rgb, number]>([
    ['Display P3', () => plain(RED).removeAlpha().withIccProfile('p3').png().toBuffer(), RED, 3],
    // prettier-ignore
    ['CMYK with a profile', () => plain([90, 120, 160]).removeAlpha().toColourspace('cmyk').withIccProfile('cmyk').jpeg().toBuffer(), [90, 120, 160], 8],
    ['16 bits', () => plain(RED).removeAlpha().toColourspace('rgb16').png().toBuffer(), RED, 1],
    ['16 bits and alpha', () => plain(RED, 0.5).toColourspace('rgb16').png().toBuffer(), [238, 138, 143], 2],
    ['half transparent PNG', () => plain(RED, 0.5).png().toBuffer(), [238, 138, 143], 2],
    ['half transparent palette', () => plain(RED, 0.5).png({ palette: true }).toBuffer(), [238, 138, 143], 2],
    ['half transparent WebP', () => plain(RED, 0.5).webp({ lossless: true }).toBuffer(), [238, 138, 143], 2],
    ['half transparent AVIF', () => plain(RED, 0.5).avif({ quality: 90 }).toBuffer(), [238, 138, 143], 6],
    ['transparent GIF', () => plain(RED, 0).gif().toBuffer(), WHITE, 0],
  ])('%s is sRGB on white', async (_name, bytes, expected, tolerance) => {
    const source = await bytes()
    for (const codec of ['sharp', 'auto'] as const) {
      for (const format of ['png', 'jpeg'] as const) {
        const got = await centre((await make(source, { format, codec })).bytes)
        expect(got).toHaveLength(3)
        for (const [i, value] of expected.entries())
          expect(Math.abs(got[i]! - value), got.join()).toBeLessThanOrEqual(
            tolerance + (format === 'jpeg' ? 2 : 0),
          )
      }
    }
  })
})

describe('truncated', () => {
  it.each(['turbojpeg', 'sharp'] as const)(
    'a JPEG whose header promises more rows than there are, by %s',
    async (codec) => {
      const bytes = await noise(160, 120).jpeg().toBuffer()
      const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]))
      expect(await make(bytes, { codec })).toMatchObject({ isTruncated: false })
      for (const [width, height] of [
        [1, 65_000],
        [160, 136],
      ] as const) {
        bytes.writeUInt16BE(height, frame + 5)
        bytes.writeUInt16BE(width, frame + 7)
        await expect(make(bytes, { codec, resize: 'none' })).rejects.toMatchObject({
          data: { reason: 'image-truncated' },
        })
      }
      // What harms nothing is no reason to lose a picture.
      const stray = Buffer.concat([bytes.subarray(0, frame), Buffer.alloc(3, 0x55), bytes.subarray(frame)])
      stray.writeUInt16BE(120, frame + 8)
      expect(await make(stray, { codec })).toMatchObject({ isTruncated: false, height: 120 })
    },
  )

  const cut = (bytes: Buffer, share: number) => bytes.subarray(0, Math.floor(bytes.length * share))

  it.each(['jpeg', 'png'] as const)('keep: what there is of a %s, marked', async (format) => {
    const bytes = await noise(96, 96).toFormat(format).toBuffer()
    const image = await make(cut(bytes, 0.6), { truncated: 'keep', format: 'png' })
    expect(image).toMatchObject({ isTruncated: true, isOriginal: false, width: 96, height: 96 })
    const [whole, got] = await Promise.all([bytes, image.bytes].map((b) => sharp(b).raw().toBuffer()))
    // The upper third is there; the last rows are one colour.
    expect(got!.subarray(0, 96 * 3 * 32).equals(whole!.subarray(0, 96 * 3 * 32))).toBe(true)
    expect(new Set(got!.subarray(-96 * 3)).size).toBeLessThanOrEqual(3)
    await expect(make(cut(bytes, 0.6))).rejects.toMatchObject({ data: { reason: 'image-truncated' } })
    expect(await make(bytes, { truncated: 'keep' })).toMatchObject({ isTruncated: false })
  })

  it('keep: refuses what has no pixels at all, and what is broken', async () => {
    const bytes = await noise(96, 96).png().toBuffer()
    const broken = Buffer.from(bytes)
    broken.fill(0xaa, 60, 400)
    const webp = await noise(96, 96).webp().toBuffer()
    for (const [picture, reason] of [
      [bytes.subarray(0, 40), 'image-truncated'],
      [cut(webp, 0.05), 'image-truncated'],
      [broken, 'image-broken'],
    ] as const)
      await expect(make(picture, { truncated: 'keep' })).rejects.toMatchObject({ data: { reason } })
  })
})

describe.each(['gif', 'webp'] as const)('an animated %s', (format) => {
  const frame = () => quarters(40, 30).ensureAlpha()

  it('gives its first frame that is not blank, and says which', async () => {
    const blank = plain([10, 200, 90])
    for (const [frames, expected, isAllBlank] of [
      [[frame(), blank], { frame: 0, frames: 2 }, false],
      [[blank, plain(WHITE, 0), frame()], { frame: 2, frames: 3 }, false],
      [[blank, plain(WHITE, 0)], { frame: 0, frames: 2 }, true],
    ] as const) {
      const image = await make(await animation(format, [...frames]), { format: 'png' })
      expect(image).toMatchObject({ ...expected, width: 40, height: 30 })
      const isBlank = new Set(await sharp(image.bytes).raw().toBuffer()).size <= 3
      expect(isBlank).toBe(isAllBlank)
    }
  })

  it('looks at eight frames, whatever their number, and never decodes more than maxPixels', async () => {
    const blanks = Array.from({ length: 12 }, (_, i) => plain([i, 100, 100]))
    const late = await animation(format, [...blanks, frame()])
    expect(await make(late)).toMatchObject({ frame: 0, frames: 13 })
    const second = await animation(format, [plain(RED), frame()])
    expect(await make(second)).toMatchObject({ frame: 1 })
    expect(await make(second, { maxPixels: 40 * 30 * 2 })).toMatchObject({ frame: 0, frames: 2 })
  })
})

describe('still pictures', () => {
  it('have one frame', async () => {
    for (const format of ['jpeg', 'png', 'gif', 'webp', 'tiff'] as const) {
      expect(await make(await quarters().toFormat(format).toBuffer())).toMatchObject({ frame: 0, frames: 1 })
    }
  })
})

describe('keepOriginal', () => {
  const metadata = { IFD0: { Artist: 'someone', Copyright: 'someone else' } }
  const photo = (width = 120, height = 80) => noise(width, height).withExif(metadata)

  it.each([
    ['jpeg', () => photo().jpeg({ quality: 60 })],
    ['jpeg', () => photo().withIccProfile('srgb').jpeg({ quality: 60, progressive: true })],
    ['png', () => photo().png()],
    ['webp', () => photo().webp({ quality: 60 })],
    ['webp', () => photo().webp({ lossless: true })],
  ] as const)('stores the pixels of a %s as they came, without metadata', async (format, encode) => {
    const xmp = '<x:xmpmeta xmlns:x="adobe:ns:meta/">secret</x:xmpmeta>'
    const bytes = await encode().withXmp(xmp).toBuffer()
    const image = await make(bytes, { format })
    expect(image).toMatchObject({ isOriginal: true, width: 120, height: 80, format })
    expect(image.bytes.length).toBeLessThan(bytes.length)
    for (const secret of ['someone', 'secret', 'Exif', 'ICC'])
      expect(image.bytes.includes(secret), secret).toBe(false)
    const [was, is] = await Promise.all([bytes, image.bytes].map((b) => sharp(b).raw().toBuffer()))
    expect(is!.equals(was!)).toBe(true)
    const { exif, icc, xmp: rest } = await sharp(image.bytes).metadata()
    expect([exif, icc, rest]).toEqual([undefined, undefined, undefined])
    // Stripped again it is the same, and is kept again.
    expect((await make(image.bytes, { format })).bytes.equals(image.bytes)).toBe(true)
  })

  it.each([
    ['a smaller size', () => photo().jpeg(), { size: 40 }],
    ['another format', () => photo().png(), {}],
    ['a turn', () => photo().withMetadata({ orientation: 6 }).jpeg(), {}],
    ['colours', () => photo().withIccProfile('p3').jpeg(), {}],
    ['gray', () => photo().greyscale().toColourspace('b-w').jpeg(), {}],
    ['inks', () => photo().toColourspace('cmyk').jpeg(), {}],
    ['transparency', () => photo().ensureAlpha(0.5).png(), { format: 'png' }],
    ['transparency', () => photo().ensureAlpha(0.5).webp({ lossless: true }), { format: 'webp' }],
    ['depth', () => photo().toColourspace('rgb16').png(), { format: 'png' }],
    ['a border', () => photo().jpeg(), { resize: 'border', size: 200 }],
    ['its bytes', () => photo().jpeg(), { keepOriginal: 1000 }],
    ['the option', () => photo().jpeg(), { keepOriginal: 0 }],
  ] as const)('encodes anew for %s', async (_what, encode, options) => {
    const bytes = await encode().toBuffer()
    expect(await make(bytes, options)).toMatchObject({ isOriginal: false })
  })

  it('drops what lies behind the end, thumbnails and comments', async () => {
    const jpeg = await photo().jpeg().toBuffer()
    const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, 9]), Buffer.from('comment')])
    const bytes = Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2), Buffer.from('<script>')])
    const image = await make(bytes)
    expect(image.isOriginal).toBe(true)
    expect(image.bytes.includes('comment') || image.bytes.includes('<script>')).toBe(false)
    expect(image.bytes.subarray(-2)).toEqual(Buffer.from([0xff, 0xd9]))
  })

  it('keeps no animation, and nothing that ends early', async () => {
    const frames = [quarters(40, 30).ensureAlpha(), plain(RED)]
    expect(await make(await animation('webp', frames), { format: 'webp' })).toMatchObject({
      isOriginal: false,
    })
    const jpeg = await photo().jpeg().toBuffer()
    const image = await make(jpeg.subarray(0, jpeg.length - 600), { truncated: 'keep' })
    expect(image).toMatchObject({ isOriginal: false, isTruncated: true })
  })
})

describe('sizes', () => {
  it.each(['jpeg', 'png', 'webp', 'gif'] as const)(
    'gives further sizes of a %s, each as if alone',
    async (from) => {
      const bytes = await quarters(300, 200).toFormat(from).toBuffer()
      const options = { resize: 'center-crop', size: 100, sizes: { small: 32, large: 160 } } as const
      for (const codec of ['sharp', 'auto'] as const) {
        const image = await make(bytes, { ...options, codec })
        expect(image).toMatchObject({ width: 100, height: 100 })
        expect(Object.keys(image.sizes)).toEqual(['small', 'large'])
        for (const [name, size] of Object.entries(options.sizes)) {
          const { bytes: stored, ...rest } = image.sizes[name]!
          expect(rest).toEqual({ width: size, height: size })
          expect(await sharp(stored).metadata()).toMatchObject({ format: 'jpeg', width: size, height: size })
          const alone = await make(bytes, { resize: 'center-crop', size, codec })
          const [a, b] = await Promise.all([stored, alone.bytes].map((one) => sharp(one).raw().toBuffer()))
          const squares = a!.reduce((sum, value, i) => sum + (value - b![i]!) ** 2, 0)
          expect(Math.sqrt(squares / a!.length)).toBeLessThan(4)
        }
      }
    },
  )

  it('refuses a size that would be too large, by name or number', async () => {
    expect(schema.safeParse({ sizes: { 'Not good': 10 } }).success).toBe(false)
    expect(schema.safeParse({ sizes: { small: 0 } }).success).toBe(false)
    const thin = await quarters(2, 400).png().toBuffer()
    const sizes = { large: 16_000 }
    await expect(make(thin, { sizes, onlyIfBigger: false })).rejects.toMatchObject({
      data: { reason: 'too-many-pixels' },
    })
  })
})

describe('the fixture files', () => {
  it('of other codecs are not kept where they are not plain', async () => {
    const cmyk = await readFile(new URL('files/cmyk.jpg', import.meta.url))
    const turned = await readFile(new URL('files/orientation-6.jpg', import.meta.url))
    for (const bytes of [cmyk, turned]) expect(await make(bytes)).toMatchObject({ isOriginal: false })
  })
})
