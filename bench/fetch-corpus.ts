import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { seededRandom, type Random } from '../src/core/random.ts'

/** A picture of the corpus. */
export interface CorpusFile {
  name: string
  format: Format
  bytes: number
  width: number
  height: number
}

type Format = 'jpeg' | 'png' | 'webp'

const CACHE = fileURLToPath(new URL('../.cache/bench-fetch/', import.meta.url))
const VERSION = 2
const WORLD = 2048
/** In any ten pictures in a row: seven JPEG, two PNG, one WebP, as on the web. */
const FORMATS: Format[] = ['jpeg', 'png', 'jpeg', 'jpeg', 'webp', 'jpeg', 'jpeg', 'png', 'jpeg', 'jpeg']
const EXTENSION = { jpeg: 'jpg', png: 'png', webp: 'webp' } as const
const RATIOS = [4 / 3, 3 / 2, 1, 3 / 4, 16 / 9, 2 / 3]

/**
 * The first `count` pictures of a corpus that depends on nothing but its version.
 *
 * JPEG and WebP: cuts of fractal noise with the 1/f spectrum of natural scenes, sensor grain, and emoji art with its
 * sharp edges on it, 0.2 to 1.2 Mpx, quality 75 to 92 (WebP 65 to 82). PNG: opaque emoji art on gradients,
 * as logos and drawings are.
 * only: those of one format. They are kept under .cache; making 1,000 takes a minute.
 */
export async function openCorpus(
  count: number,
  only: 'jpeg' | null = null,
): Promise<{ folder: string; files: CorpusFile[] }> {
  if (only !== null) {
    const share = FORMATS.filter((format) => format === only).length / FORMATS.length
    const { folder, files } = await openCorpus(Math.ceil(count / share))
    return { folder, files: files.filter(({ format }) => format === only).slice(0, count) }
  }
  const folder = join(CACHE, `v${VERSION}`)
  await mkdir(folder, { recursive: true })
  const index = join(folder, 'index.json')
  const known = JSON.parse(await readFile(index, 'utf8').catch(() => '[]')) as CorpusFile[]
  if (known.length >= count) return { folder, files: known.slice(0, count) }

  process.stderr.write(`drawing ${count - known.length} pictures into ${folder}\n`)
  const world = await fractalWorld()
  const art = await emojiArt()
  const files = [...known]
  for (let i = known.length; i < count; i++) {
    const random = seededRandom('bench-fetch', String(i))
    const format = FORMATS[i % FORMATS.length]!
    const image = format === 'png' ? drawing(random, art) : photo(random, world, art, format)
    const { data, info } = await image.toBuffer({ resolveWithObject: true })
    const name = `${String(i).padStart(6, '0')}.${EXTENSION[format]}`
    await writeFile(join(folder, name), data)
    files.push({ name, format, bytes: data.length, width: info.width, height: info.height })
  }
  await writeFile(index, JSON.stringify(files))
  return { folder, files }
}

function sizeOf(random: Random, megapixels: number): { width: number; height: number } {
  const ratio = random.pick(RATIOS)
  const width = Math.round(Math.sqrt(megapixels * 1e6 * ratio))
  return { width, height: Math.round(width / ratio) }
}

function photo(random: Random, world: Buffer, art: Buffer[], format: 'jpeg' | 'webp') {
  const { width, height } = sizeOf(random, 0.2 + random.next() ** 2)
  const left = random.below(WORLD - width)
  const top = random.below(WORLD - height)
  const image = sharp(world, { raw: { width: WORLD, height: WORLD, channels: 3 } })
    .extract({ left, top, width, height })
    .composite(scattered(random, art, width, height, 1 + random.below(3)))
  const quality = 75 + random.below(18)
  return format === 'webp' ? image.webp({ quality: quality - 10, effort: 2 }) : image.jpeg({ quality })
}

function drawing(random: Random, art: Buffer[]) {
  const { width, height } = sizeOf(random, 0.15 + random.next() * 0.3)
  const hue = random.below(360)
  const background = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><defs><linearGradient id="g"><stop stop-color="hsl(${hue},60%,85%)"/><stop offset="1" stop-color="hsl(${(hue + 60) % 360},60%,60%)"/></linearGradient></defs><rect width="100%" height="100%" fill="url(#g)"/></svg>`
  return sharp(Buffer.from(background))
    .composite(scattered(random, art, width, height, 4 + random.below(5)))
    .removeAlpha()
    .png()
}

function scattered(random: Random, art: Buffer[], width: number, height: number, count: number) {
  return Array.from({ length: count }, () => ({
    input: random.pick(art),
    raw: { width: ART, height: ART, channels: 4 as const },
    left: random.below(Math.max(1, width - ART)),
    top: random.below(Math.max(1, height - ART)),
  }))
}

const ART = 160

async function emojiArt(): Promise<Buffer[]> {
  const icons = createRequire(import.meta.url)('@iconify-json/noto/icons.json') as {
    width: number
    height: number
    icons: Record<string, { body: string }>
  }
  const names = Object.keys(icons.icons).filter((_, i) => i % 50 === 0)
  return Promise.all(
    names.map((name) => {
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 ${icons.width} ${icons.height}" width="${ART}" height="${ART}">${icons.icons[name]!.body}</svg>`
      return sharp(Buffer.from(svg)).resize(ART, ART).ensureAlpha().raw().toBuffer()
    }),
  )
}

/** WORLD x WORLD px, RGB: octaves of smoothed noise whose amplitude falls with their frequency, and grain. */
async function fractalWorld(): Promise<Buffer> {
  const sum = new Float32Array(WORLD * WORLD * 3)
  for (let cells = 4; cells <= WORLD; cells *= 2) {
    const random = seededRandom('bench-fetch-world', String(cells))
    const grid = Buffer.alloc(cells * cells * 3)
    // Natural scenes vary in brightness far more than in colour.
    for (let i = 0; i < grid.length; i += 3) {
      const brightness = random.next() * 180
      for (let channel = 0; channel < 3; channel++) grid[i + channel] = brightness + random.next() * 75
    }
    const octave = await sharp(grid, { raw: { width: cells, height: cells, channels: 3 } })
      .resize(WORLD, WORLD, { kernel: 'cubic' })
      .raw()
      .toBuffer()
    const amplitude = 0.9 / cells ** 0.33
    for (let i = 0; i < sum.length; i++) sum[i]! += (octave[i]! - 128) * amplitude
  }
  const world = Buffer.alloc(sum.length)
  const grain = seededRandom('bench-fetch-world', 'grain')
  for (let i = 0; i < world.length; i++) {
    world[i] = Math.max(0, Math.min(255, Math.round(128 + sum[i]! + (grain.next() + grain.next() - 1) * 4)))
  }
  return world
}
