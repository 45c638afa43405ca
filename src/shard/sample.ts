import { z } from 'zod'
import type { Columns, Row } from '../core/column.ts'
import { PairloomError } from '../core/error.ts'
import { BYTES_COLUMNS, captionOf, type Text } from '../core/row.ts'

/** Option of every sink: which columns go into a shard. */
export const columnsOption = z
  .union([z.literal('all'), z.array(z.string()).min(1)])
  .default('all')
  .describe(
    'columns that go into the shard beside uid; all: every one but bytes and what varies between two crawls',
  )

/** Option of every sink: which of the stored sizes of a picture goes into a shard. */
export const pictureOption = z
  .string()
  .nullable()
  .default(null)
  .describe('name of the stored size that is packed, as `sizes` of the crawl has it; null: the first')

/**
 * Column with the length of the stored size that is packed.
 *
 * @throws PairloomError `PL_COLUMN` where the rows have no such size
 */
export function lengthColumn(columns: Columns, picture: string | null): string {
  if (picture === null) return 'bytes_length'
  const length = `image_${picture}_bytes_length`
  if (Object.hasOwn(columns, length)) return length
  const known = Object.keys(columns).flatMap((name) => /^image_(\w+)_bytes_length$/.exec(name)?.[1] ?? [])
  const message = `Expected picture: one of ${known.join(', ') || 'none'}, the sizes that the crawl stores; got ${picture}`
  throw new PairloomError('PL_COLUMN', message, { data: { picture, known } })
}

/** Rows whose places of bytes, width and height are those of the stored size that is packed. */
export async function* ofPicture(
  batches: AsyncIterable<Row[]>,
  columns: Columns,
  picture: string | null,
): AsyncGenerator<Row[]> {
  const length = lengthColumn(columns, picture)
  for await (const rows of batches) {
    yield picture === null
      ? rows
      : rows.map((row) => ({
          ...row,
          bytes_offset: row[`image_${picture}_bytes_offset`],
          bytes_length: row[length],
          width: row[`image_${picture}_width`],
          height: row[`image_${picture}_height`],
        }))
  }
}

/** Columns that lead, in this order; all others follow in the order of the rows. */
const FIRST = [
  'uid',
  'image_id',
  'url',
  'texts',
  'caption',
  'width',
  'height',
  'original_width',
  'original_height',
  'original_format',
  'sha256',
]

/**
 * The columns of a sample in their order: the caption as text, without the places of bytes inside the run, columns of
 * bytes (thumbs) and volatile ones, so that a shard depends on pictures, texts, options and seed alone.
 *
 * @throws PairloomError `PL_COLUMN` where a chosen column is not there, or may not enter a shard
 */
export function sampleColumns(columns: Columns, chosen: 'all' | readonly string[]): Columns {
  const isSample = (name: string) =>
    !(name in BYTES_COLUMNS) && !columns[name]!.volatile && columns[name]!.type !== 'binary'
  const stable = Object.keys(columns).filter(isSample)
  const ordered = [
    ...FIRST.filter((name) => stable.includes(name)),
    ...stable.filter((name) => !FIRST.includes(name)),
  ]
  const unknown = chosen === 'all' ? [] : chosen.filter((name) => !ordered.includes(name))
  if (unknown.length > 0) {
    throw new PairloomError(
      'PL_COLUMN',
      `Expected columns of ${ordered.join(', ')}; got ${unknown.join(', ')}`,
      {
        data: { unknown, columns: ordered },
      },
    )
  }
  const names = chosen === 'all' ? ordered : ordered.filter((name) => name === 'uid' || chosen.includes(name))
  return Object.fromEntries(
    names.map((name) => [
      name,
      name === 'caption' ? { type: 'utf8', doc: 'the text chosen as caption' } : columns[name]!,
    ]),
  )
}

/** The values of a sample, in the order of its columns. */
export function sampleOf(row: Row, columns: Columns): Row {
  return Object.fromEntries(
    Object.entries(columns).map(([name, { type }]) => {
      if (name === 'caption') return [name, captionOf(row)]
      const value = row[name] ?? null
      return [name, type === 'texts' && value !== null ? (value as Text[]).map(orderedText) : value]
    }),
  )
}

/** Member key of a sample in a tar: the uid. Loaders part keys at dots and slashes, which a list's own uids may hold. */
export function sampleKey(uid: string): string {
  return encodeURIComponent(uid.toWellFormed()).replaceAll('.', '%2E')
}

/** Texts come with their keys in any order, from Arrow or SQL; files want one. */
function orderedText({ kind, text, language, score, page }: Text): Text {
  return { kind, text, language: language ?? null, score: score ?? null, page: page ?? null }
}
