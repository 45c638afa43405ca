import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { z } from 'zod'
import { imageCodec } from '../src/media/codec.ts'
import { resizeGeometry } from '../src/media/geometry.ts'
import { IMAGE_OPTIONS } from '../src/media/image-options.ts'
import { processImage } from '../src/media/process-image.ts'
import { openCorpus } from './fetch-corpus.ts'

const SETTINGS = { resize: 'center-crop', size: 256, onlyIfBigger: false } as const
const OPTIONS = z.strictObject(IMAGE_OPTIONS)
const SIDES = {
  sharp: OPTIONS.parse({ ...SETTINGS, codec: 'sharp' }),
  ours: OPTIONS.parse({ ...SETTINGS, codec: 'auto' }),
} as const
type SideName = keyof typeof SIDES
const NAMES = Object.keys(SIDES) as SideName[]
type FormatRow = { format: string; pictures: number } & Record<SideName, Measured>

interface Measured {
  cpuMs: number
  /** Median and worst, dB. */
  psnr: number
  worstPsnr: number
  /** Mean size of what is stored. */
  bytes: number
}

interface Picture {
  format: string
  bytes: Buffer
}

/**
 * What the codec alone costs a picture, on bytes in memory: CPU of this process and its threads, one picture at a time,
 * beside sharp's, with the same settings as `bench/fetch.ts`; it is the limit of what a fetch can cost. Passes alternate; the
 * smallest of each side counts, since whatever else the machine does only adds.
 *
 * PSNR: against Lanczos of the full picture, decoded by sharp, brought to the same pixels without any encoding.
 */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: 'string', default: '400' },
      passes: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
    },
  })
  const { folder, files } = await openCorpus(Number(values.rows))
  const pictures = await Promise.all(
    files.map(async ({ name, format }) => ({ format, bytes: await readFile(join(folder, name)) })),
  )
  const formats = [...new Set(pictures.map(({ format }) => format))]
  const rows: FormatRow[] = []
  for (const format of formats) {
    const own = pictures.filter((picture) => picture.format === format)
    const costs = await costsOf(own, Number(values.passes))
    const quality = await qualityOf(own)
    const row = {
      format,
      pictures: own.length,
      ...byName((name) => ({ cpuMs: costs[name], ...quality[name] })),
    }
    rows.push(row)
    process.stderr.write(`${line(row)}\n`)
  }
  const share = (name: SideName) =>
    round(rows.reduce((sum, row) => sum + row[name].cpuMs * row.pictures, 0) / pictures.length)
  const all = { sharp: share('sharp'), ours: share('ours') }
  process.stdout.write(
    `${JSON.stringify({ bench: 'codec', unit: 'CPU ms per image', codec: await imageCodec({ codec: 'auto' }), formats: rows, all, ratio: round(all.ours / all.sharp) })}\n`,
  )
}

async function costsOf(pictures: Picture[], passes: number): Promise<Record<SideName, number>> {
  const best = byName(() => Infinity)
  // The first pass compiles and fills caches.
  for (let pass = 0; pass <= passes; pass++) {
    for (const name of pass % 2 === 0 ? NAMES : NAMES.toReversed()) {
      const before = process.cpuUsage()
      for (const { bytes } of pictures) await processImage(bytes, SIDES[name])
      const { user, system } = process.cpuUsage(before)
      if (pass > 0) best[name] = Math.min(best[name], round((user + system) / 1000 / pictures.length))
    }
  }
  return best
}

async function qualityOf(pictures: Picture[]) {
  const all = byName((): { psnr: number; bytes: number }[] => [])
  for (const { bytes } of pictures) {
    const truth = await reference(bytes)
    for (const name of NAMES) {
      const stored = await processImage(bytes, SIDES[name])
      all[name].push({
        psnr: psnr(truth, await sharp(stored.bytes).raw().toBuffer()),
        bytes: stored.bytes.length,
      })
    }
  }
  return byName((name) => {
    const sorted = all[name].map((one) => one.psnr).sort((a, b) => a - b)
    return {
      psnr: round(sorted[sorted.length >> 1]!),
      worstPsnr: round(sorted[0]!),
      bytes: Math.round(all[name].reduce((sum, one) => sum + one.bytes, 0) / pictures.length),
    }
  })
}

async function reference(bytes: Buffer): Promise<Buffer> {
  const full = sharp(bytes).flatten({ background: '#ffffff' }).toColourspace('srgb').raw()
  const { data, info } = await full.toBuffer({ resolveWithObject: true })
  const { size, onlyIfBigger, resize } = SIDES.sharp
  const geometry = resizeGeometry(info.width, info.height, { size, onlyIfBigger, mode: resize })
  // Pixels in memory, unlike those of a file, are never shrunk on loading.
  const { width, height, channels } = info
  const scaled = sharp(data, { raw: { width, height, channels: channels as 3 } })
    .resize(geometry.width, geometry.height, { fit: 'fill', kernel: 'lanczos3' })
    .extract(geometry.crop ?? { left: 0, top: 0, width: geometry.width, height: geometry.height })
  return scaled.raw().toBuffer()
}

function psnr(a: Buffer, b: Buffer): number {
  if (a.length !== b.length) throw new Error(`Expected ${a.length} bytes of pixels, got ${b.length}`)
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2
  return 10 * Math.log10((255 * 255 * a.length) / Math.max(sum, 1e-9))
}

function byName<T>(make: (name: SideName) => T): Record<SideName, T> {
  return { sharp: make('sharp'), ours: make('ours') }
}

function line(row: FormatRow): string {
  const side = (name: SideName) => {
    const { cpuMs, psnr: median, worstPsnr, bytes } = row[name]
    return `${name} ${cpuMs.toFixed(2)} CPU ms, ${median.toFixed(2)} dB (worst ${worstPsnr.toFixed(2)}), ${bytes} bytes`
  }
  return `${row.format.padEnd(5)} ${String(row.pictures).padStart(4)}  ${NAMES.map(side).join('; ')}`
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
