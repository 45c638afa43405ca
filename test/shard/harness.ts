import { zstdDecompressSync } from 'node:zlib'
import { parquetReadObjects } from 'hyparquet'
import sharp from 'sharp'
import { NO_NETWORK } from '../../src/core/collect.ts'
import { openGate } from '../../src/core/gate.ts'
import type { Columns, Row } from '../../src/core/column.ts'
import { PairloomError } from '../../src/core/error.ts'
import { sha256 } from '../../src/core/hash.ts'
import { seededRandom } from '../../src/core/random.ts'
import {
  captionOf,
  IMAGE_COLUMNS,
  imageId,
  LINK_COLUMNS,
  uid,
  type ImageRow,
  type Text,
} from '../../src/core/row.ts'
import type { OutFile, Sink, SinkContext, SinkPart } from '../../src/core/stage.ts'

/** Columns of rows as they come to a sink: the usual ones, a measure, and one that no shard may hold. */
export const COLUMNS: Columns = {
  ...LINK_COLUMNS,
  ...IMAGE_COLUMNS,
  fetched_at: { type: 'int64', volatile: true, doc: 'when it was fetched, ms' },
  image_size_ratio: { type: 'float64', nullable: true, doc: 'longest / shortest side' },
  is_photo: { type: 'bool', nullable: true, doc: 'is a photo' },
}

const WORDS = [
  'a red fox',
  'ein Fuchs, rot',
  '赤い狐 🦊',
  'лиса',
  'ثعلب أحمر',
  '',
  'two\nlines\t"quoted"',
  '🏴󠁧󠁢󠁷󠁬󠁳󠁿 é',
]
const FORMATS = ['jpeg', 'png', 'webp'] as const

/**
 * Rows with pictures of many sizes and three formats, texts in many scripts. Keys of texts in any order.
 *
 * decodable: false gives noise for pictures, the same whatever codec is installed, for goldens.
 */
export async function samples(
  count: number,
  { decodable = false } = {},
): Promise<{ rows: ImageRow[]; pictures: Map<string, Buffer> }> {
  const random = seededRandom('samples')
  const pictures = new Map<string, Buffer>()
  const rows: ImageRow[] = []
  for (let i = 0; i < count; i++) {
    const url = `https://example.org/p/${i}.jpg`
    const [width, height, format] = [8 + random.below(40), 8 + random.below(40), FORMATS[i % 3]!]
    const raw = Buffer.from(Array.from({ length: width * height * 3 }, () => random.below(256)))
    const encode = () =>
      sharp(raw, { raw: { width, height, channels: 3 } })
        .toFormat(format, { quality: 90 })
        .toBuffer()
    const picture = decodable ? await encode() : raw
    const texts: Text[] = Array.from({ length: 1 + (i % 3) }, (_, k) => {
      const text = WORDS[(i + k) % WORDS.length]!
      const found = {
        kind: 'alt',
        text,
        language: k === 0 ? 'en' : null,
        score: k === 0 ? 0.5 : null,
        page: `https://example.org/${i}`,
      }
      return i % 2 ? found : (Object.fromEntries(Object.entries(found).reverse()) as unknown as Text)
    })
    const row: ImageRow = {
      uid: uid(url, texts[0]!.text),
      image_id: imageId(url),
      url,
      site: 'example.org',
      texts,
      caption: i % texts.length,
      merged_uids: i % 4 === 0 ? [] : [sha256(url).slice(0, 32)],
      bytes_dataset: 'fetch/0123456789ab',
      bytes_part: i % 5,
      bytes_offset: 512 + 1024 * i,
      bytes_length: picture.length,
      width,
      height,
      format,
      sha256: sha256(picture),
      original_width: width * 2,
      original_height: height * 2,
      original_format: format,
      is_original: false,
      is_truncated: false,
      frame: 0,
      frames: 1,
      fetched_at: 1_700_000_000_000 + random.below(1e6),
      image_size_ratio: i % 7 === 0 ? null : Math.max(width, height) / Math.min(width, height),
      is_photo: i % 6 === 0 ? null : i % 2 === 0,
    }
    rows.push(row)
    pictures.set(`${row.bytes_part}:${row.bytes_offset}`, picture)
  }
  return { rows, pictures }
}

/** The stored picture of a row. */
export function pictureOf(row: Row, pictures: ReadonlyMap<string, Buffer>): Buffer {
  return pictures.get(`${String(row.bytes_part)}:${String(row.bytes_offset)}`)!
}

/** What a shard should say of a row. */
export function sampleOf(row: ImageRow): Row {
  const hidden = ['bytes_dataset', 'bytes_part', 'bytes_offset', 'bytes_length', 'fetched_at']
  const told = Object.entries(row).filter(([name]) => !hidden.includes(name))
  return { ...Object.fromEntries(told), caption: captionOf(row) }
}

export interface Written {
  files: Map<string, Buffer>
  published: OutFile[]
  parts: SinkPart[]
  /** Files that were begun and given up. */
  aborted: string[]
  counters: Record<string, number>
}

/** Runs a sink over partitions of rows, files in memory. Partitions are written in `order`, batches of `batchRows`. */
export async function runSink(
  sink: Sink,
  partitions: readonly Row[][],
  pictures: ReadonlyMap<string, Buffer>,
  {
    options = {},
    batchRows = 7,
    order = partitions.map((_, i) => i),
    columns = COLUMNS,
    fail = () => false,
  }: {
    options?: Record<string, unknown>
    batchRows?: number
    order?: number[]
    columns?: Columns
    /** Makes a write of a file throw. */
    fail?: (path: string, bytes: number) => boolean
  } = {},
): Promise<Written> {
  const files = new Map<string, Buffer>()
  const aborted: string[] = []
  const counters: Record<string, number> = {}
  const context: SinkContext<Record<string, unknown>> = {
    options: sink.options.parse(options),
    stage: 'out',
    seed: '7',
    link: 0,
    now: Date.now,
    deadline: null,
    defer: () => undefined,
    partition: 0,
    partitions: partitions.length,
    columns,
    signal: new AbortController().signal,
    network: NO_NETWORK,
    gate: openGate(),
    scratch: '',
    memoryBytes: 2 ** 28,
    bytes: {
      append: () => Promise.reject(new Error('a sink appends nothing')),
      async read({ bytes_part, bytes_offset }) {
        // Reads end in another order than they began.
        for (let turn = bytes_offset % 5; turn >= 0; turn--) await Promise.resolve()
        const picture = pictures.get(`${bytes_part}:${bytes_offset}`)
        if (!picture)
          throw new PairloomError('PL_NOT_FOUND', `Expected a picture at ${bytes_part}:${bytes_offset}`)
        return picture
      },
    },
    isTakenDown: () => false,
    drop: () => {
      throw new Error('a sink drops nothing')
    },
    count: (name, by = 1) => void (counters[name] = (counters[name] ?? 0) + by),
    async create(path) {
      const chunks: Buffer[] = []
      let bytes = 0
      return {
        async write(chunk) {
          if (fail(path, (bytes += chunk.length)))
            throw new PairloomError('PL_STORE_FULL', 'the disk is full')
          chunks.push(Buffer.from(chunk))
        },
        async close() {
          const whole = Buffer.concat(chunks)
          files.set(path, whole)
          return { bytes: whole.length, sha256: sha256(whole) }
        },
        async abort() {
          aborted.push(path)
        },
      }
    },
  }
  const parts: SinkPart[] = Array.from({ length: partitions.length })
  for (const partition of order) {
    const rows = partitions[partition]!
    const batches = (async function* () {
      for (let i = 0; i < rows.length; i += batchRows)
        yield await Promise.resolve(rows.slice(i, i + batchRows))
    })()
    try {
      parts[partition] = await sink.write(batches, { ...context, partition })
    } catch (error) {
      throw Object.assign(error as Error, { aborted })
    }
  }
  const published = await sink.publish(parts, context)
  return { files, published, parts, aborted, counters }
}

/** Rows of a Parquet file, binary columns as bytes and int64 as numbers. */
export async function readParquet(file: Buffer): Promise<Row[]> {
  const rows = (await parquetReadObjects({
    file: new Uint8Array(file).buffer,
    utf8: false,
    compressors: { ZSTD: (input) => zstdDecompressSync(input) },
  })) as Row[]
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, v]) => [name, typeof v === 'bigint' ? Number(v) : v])),
  )
}
