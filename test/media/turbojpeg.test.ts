import { execFile } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { join } from 'node:path'
import { readdir, readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { fastCodecs, imageCodec } from '../../src/media/codec.ts'
import { resizeGeometry } from '../../src/media/geometry.ts'
import { IMAGE_OPTIONS, type ImageOptions } from '../../src/media/image-options.ts'
import { processImage } from '../../src/media/process-image.ts'
import { turboImages } from '../../src/media/turbo-image.ts'
import { noise, quarters } from './pictures.ts'

const fast = await fastCodecs('auto')
const schema = z.strictObject(IMAGE_OPTIONS)
const file = (name: string) => readFile(new URL(`files/${name}`, import.meta.url))

const SQUARE = { resize: 'center-crop', size: 256, onlyIfBigger: false } as const
const MODES: Partial<ImageOptions>[] = [
  SQUARE,
  { resize: 'shortest', size: 101 },
  { resize: 'longest', size: 64 },
  { resize: 'shortest', size: 640, onlyIfBigger: false },
  { resize: 'border', size: 99 },
  { resize: 'none' },
]

/** What becomes of bytes: sizes and pixels, or the error's code and reason. */
async function outcome(codec: ImageOptions['codec'], bytes: Buffer, options: Partial<ImageOptions> = {}) {
  try {
    const { bytes: stored, ...rest } = await processImage(bytes, schema.parse({ ...options, codec }))
    return { verdict: rest, pixels: await sharp(stored).raw().toBuffer() }
  } catch (error) {
    const { code, data } = error as { code: string; data: { reason: string } }
    return { verdict: `${code} ${data.reason}`, pixels: null }
  }
}

/** Both codecs' pixels, of one size, or null where both refuse for one reason. */
async function bothWays(bytes: Buffer, options: Partial<ImageOptions>, label: string) {
  const bySharp = await outcome('sharp', bytes, options)
  const byTurbo = await outcome('turbojpeg', bytes, options)
  expect(byTurbo.verdict, label).toEqual(bySharp.verdict)
  return bySharp.pixels && byTurbo.pixels ? { sharp: bySharp.pixels, turbo: byTurbo.pixels } : null
}

/** Whether TurboJPEG makes the picture, or leaves it to sharp. */
async function isTaken(bytes: Buffer): Promise<boolean> {
  return (
    (await turboImages(fast!, bytes, 'jpeg', [{ width: 24, height: 16, crop: null, pad: null }], 95)) !== null
  )
}

/** Root of the mean square difference, levels of 255. */
function rms(a: Buffer, b: Buffer): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2
  return Math.sqrt(sum / a.length)
}

/** Waves in which brightness and both colour differences vary across and down; any part of them, at any scale. */
function waves(width: number, height: number, { scaleX = 1, scaleY = 1, left = 0, top = 0 } = {}) {
  const data = Buffer.alloc(width * height * 3)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [x, y] = [(column + left + 0.5) * scaleX, (row + top + 0.5) * scaleY]
      const at = (row * width + column) * 3
      data[at] = 128 + 90 * Math.sin(x / 17 + y / 41)
      data[at + 1] = 128 + 90 * Math.sin(x / 29 - y / 23)
      data[at + 2] = 128 + 90 * Math.cos(x / 37 + y / 19)
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } })
}

const CODEC = pathToFileURL(join(import.meta.dirname, '../../src/media/codec.ts')).href

describe('codec: sharp', () => {
  it('needs no TurboJPEG, and is what its name says', async () => {
    expect(await imageCodec({ codec: 'sharp' })).toMatch(/^sharp \S+ \/ libvips \S+$/)
  })
})

describe('codec: turbojpeg, where koffi is missing', () => {
  it('is a fault that says how to get it; auto is sharp', async () => {
    // A process of its own, in which nobody finds koffi.
    const hook = `import { registerHooks } from 'node:module'
      registerHooks({ resolve: (name, context, next) => next(name === 'koffi' ? 'koffi-that-is-not-there' : name, context) })`
    const script = `const { imageCodec } = await import(${JSON.stringify(CODEC)})
      const fault = await imageCodec({ codec: 'turbojpeg' }).catch(({ code, message }) => ({ code, message }))
      console.log(JSON.stringify([fault, await imageCodec({ codec: 'auto' }), await imageCodec({ codec: 'sharp' })]))`
    const args = [
      `--import=data:text/javascript,${encodeURIComponent(hook)}`,
      '--input-type=module',
      '-e',
      script,
    ]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    const [fault, auto, sharpAlone] = JSON.parse(stdout) as [object, string, string]
    expect(fault).toMatchObject({
      code: 'PL_CONFIG',
      message: expect.stringContaining('apt-get install libturbojpeg0') as string,
    })
    expect(auto).toBe(sharpAlone)
  })
})

describe.skipIf(fast === null)('codec: turbojpeg (skipped where libturbojpeg or koffi is missing)', () => {
  it('names its version, and sharp, which does the rest', async () => {
    expect(fast!.turbo.version).toMatch(/^\d+\.\d+/)
    const webp = fast!.webp ? ` + webp ${fast!.webp.version}` : ''
    const expected = `turbojpeg ${fast!.turbo.version}${webp} + ${await imageCodec({ codec: 'sharp' })}`
    expect(await imageCodec({ codec: 'auto' })).toBe(expected)
    expect(await imageCodec({ codec: 'turbojpeg' })).toBe(expected)
  })

  it.each([
    ['4:2:0', { chromaSubsampling: '4:2:0' }],
    ['4:4:4', { chromaSubsampling: '4:4:4' }],
    ['progressive', { progressive: true }],
    ['coarse', { quality: 40 }],
  ] as const)(
    'makes pixels of %s JPEG that are as near to the truth as those of sharp',
    async (name, encoding) => {
      for (const [width, height] of [
        [400, 300],
        [333, 517],
        [801, 601],
      ] as const) {
        // prettier-ignore
        const bytes = await waves(width, height).jpeg({ quality: 92, ...encoding }).toBuffer()
        expect(await isTaken(bytes)).toBe(true)
        for (const options of MODES.filter(({ resize }) => resize !== 'border')) {
          const label = `${name} ${width} x ${height} ${JSON.stringify(options)}`
          const pixels = (await bothWays(bytes, options, label))!
          const { size, onlyIfBigger, resize } = schema.parse(options)
          const geometry = resizeGeometry(width, height, { size, onlyIfBigger, mode: resize })
          const { crop } = geometry
          const truth = await waves(crop?.width ?? geometry.width, crop?.height ?? geometry.height, {
            ...crop,
            scaleX: width / geometry.width,
            scaleY: height / geometry.height,
          })
            .raw()
            .toBuffer()
          const [bySharp, byTurbo] = [rms(pixels.sharp, truth), rms(pixels.turbo, truth)]
          expect(byTurbo, `${label}: sharp ${bySharp}`).toBeLessThan(bySharp * 1.1 + 0.25)
        }
      }
    },
  )

  it.each(['chroma-422.jpg', 'chroma-440.jpg', 'chroma-411.jpg'])('takes %s', async (name) => {
    const bytes = await file(name)
    expect(await isTaken(bytes)).toBe(true)
    for (const options of [
      { resize: 'none' },
      { resize: 'shortest', size: 64, onlyIfBigger: false },
    ] as const) {
      const { turbo: pixels } = (await bothWays(bytes, options, name))!
      const [left, right] = [[...pixels.subarray(0, 3)], [...pixels.subarray(-3)]]
      for (const [i, value] of [...left, ...right].entries())
        expect(Math.abs(value - [0, 160, 200, 240, 120, 0][i]!)).toBeLessThanOrEqual(3)
    }
  })

  it('gives gray three equal channels', async () => {
    const bytes = await waves(320, 240).greyscale().toColourspace('b-w').jpeg({ quality: 90 }).toBuffer()
    expect(await isTaken(bytes)).toBe(true)
    for (const options of MODES) {
      const pixels = (await bothWays(bytes, options, JSON.stringify(options)))!
      expect(rms(pixels.sharp, pixels.turbo)).toBeLessThan(1.5)
      for (let i = 0; i < pixels.turbo.length; i += 3)
        if (pixels.turbo[i] !== pixels.turbo[i + 1] || pixels.turbo[i] !== pixels.turbo[i + 2])
          expect.fail(`pixel ${i / 3} has a colour`)
    }
  })

  it('keeps even areas as they are, up to rounding', async () => {
    for (const value of [0, 1, 77, 254, 255]) {
      const background = { r: value, g: value, b: value }
      const bytes = await sharp({ create: { width: 301, height: 222, channels: 3, background } })
        .jpeg({ quality: 100 })
        .toBuffer()
      const { turbo: pixels } = (await bothWays(bytes, { resize: 'shortest', size: 100 }, String(value)))!
      expect(new Set(pixels)).toEqual(new Set([value]))
    }
  })

  it('leaves to sharp what is not simple', async () => {
    const cases: [string, Buffer][] = [
      ['CMYK', await file('cmyk.jpg')],
      ['Display P3', await quarters().jpeg().withIccProfile('p3').toBuffer()],
      ['no JPEG', await quarters().png().toBuffer()],
      ['cut', (await noise(64, 64).jpeg().toBuffer()).subarray(0, 900)],
    ]
    for (const [name, bytes] of cases) expect(await isTaken(bytes), name).toBe(false)
    expect(await isTaken(await quarters().jpeg().withIccProfile('srgb').toBuffer())).toBe(true)
    const turned = await outcome('turbojpeg', await file('orientation-6.jpg'), { resize: 'none' })
    expect(turned).toEqual(await outcome('sharp', await file('orientation-6.jpg'), { resize: 'none' }))
  })

  it('takes sizes from 1 px on', async () => {
    for (const [width, height] of [
      [1, 1],
      [1, 1000],
      [1000, 1],
      [2, 3],
      [7, 5],
      [16, 17],
      [33, 999],
    ] as const) {
      // prettier-ignore
      for (const chromaSubsampling of ['4:2:0', '4:4:4']) {
        const bytes = await waves(width, height).jpeg({ quality: 90, chromaSubsampling }).toBuffer()
        for (const options of [...MODES, { resize: 'shortest', size: 3 } as const]) {
          const label = `${width} x ${height} ${chromaSubsampling} ${JSON.stringify(options)}`
          const pixels = await bothWays(bytes, options, label)
          if (pixels) expect(rms(pixels.sharp, pixels.turbo), label).toBeLessThan(16)
        }
      }
    }
  })

  it('takes a huge picture at an eighth of its size, and leaves one that it would have to hold', async () => {
    const background = { r: 10, g: 200, b: 90 }
    const bytes = await sharp({ create: { width: 9000, height: 7000, channels: 3, background } })
      .jpeg()
      .toBuffer()
    expect(await isTaken(bytes)).toBe(true)
    const whole = { width: 9000, height: 7000, crop: null, pad: null }
    expect(await turboImages(fast!, bytes, 'jpeg', [whole], 95)).toBeNull()
  })

  it('gives the verdicts of sharp on every fixture and on bytes damaged anywhere', async () => {
    const names = (await readdir(new URL('files/', import.meta.url))).filter((name) => !name.endsWith('.py'))
    for (const name of names) await bothWays(await file(name), { resize: 'shortest', size: 20 }, name)
    const seeds = [
      await noise(64, 48).jpeg().toBuffer(),
      await waves(300, 200).jpeg({ progressive: true }).toBuffer(),
      await waves(120, 90).greyscale().toColourspace('b-w').jpeg().toBuffer(),
    ]
    let state = 11
    const random = (limit: number) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % limit
    const verdicts = new Set<unknown>()
    for (const bytes of seeds) {
      for (let round = 0; round < 120; round++) {
        const damaged = Buffer.from(bytes.subarray(0, round % 4 === 0 ? random(bytes.length) : bytes.length))
        for (let i = 0; i < 1 + (round % 6) && damaged.length > 0; i++)
          damaged[random(damaged.length)] = random(256)
        const pixels = await bothWays(damaged, SQUARE, `round ${round} of ${bytes.length} bytes`)
        verdicts.add(pixels ? 'a picture' : (await outcome('turbojpeg', damaged, SQUARE)).verdict)
      }
    }
    for (const verdict of ['a picture', 'PL_IMAGE image-broken', 'PL_IMAGE image-truncated'])
      expect(verdicts).toContain(verdict)
  })

  it('gives the same bytes alone and among many, and frees what it used', async () => {
    const pictures = await Promise.all(
      Array.from({ length: 24 }, (_, i) =>
        waves(200 + 37 * i, 150 + 53 * ((i * 7) % 24))
          .jpeg()
          .toBuffer(),
      ),
    )
    const make = async (bytes: Buffer) =>
      (await processImage(bytes, schema.parse({ ...SQUARE, codec: 'turbojpeg' }))).bytes
    const alone: Buffer[] = []
    for (const bytes of pictures) alone.push(await make(bytes))
    const round = async () => {
      const together = await Promise.all(pictures.map(make))
      for (const [i, bytes] of together.entries()) expect(bytes.equals(alone[i]!), `picture ${i}`).toBe(true)
    }
    for (let i = 0; i < 10; i++) await round()
    const before = process.memoryUsage().rss
    for (let i = 0; i < 40; i++) await round()
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(64)
  })
})
