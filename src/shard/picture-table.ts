import { zstdCompressSync } from 'node:zlib'
import type { SchemaElement } from 'hyparquet'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { isScalar, type Column, type Columns, type ColumnType, type Row } from '../core/column.ts'
import { PairloomError } from '../core/error.ts'
import type { OutWriter } from '../core/stage.ts'

/** A row group ends before it would hold more pictures than this, bytes, or more rows. */
const GROUP_BYTES = 64 * 2 ** 20
const GROUP_ROWS = 10_000

export interface PictureTableWriter {
  readonly rows: number
  append(row: Row, image: Buffer | null): Promise<void>
  close(): Promise<{ bytes: number; sha256: string; rows: number }>
  abort(): Promise<void>
}

/**
 * Writes Parquet with a binary column `image`: pictures as they are, all other columns zstd with statistics and page
 * indexes. hyparquet-writer takes half the processor time of parquet-wasm where values are large.
 *
 * Memory: two row groups, rows and encoded.
 * @throws PairloomError `PL_COLUMN` for a missing value, or one that is not of its column's type
 */
export function openPictureTable(columns: Columns, out: OutWriter, hasImages: boolean): PictureTableWriter {
  const segments = new Segments()
  const writer = new ParquetWriter({
    writer: segments,
    schema: [
      { name: 'schema', num_children: Object.keys(columns).length + (hasImages ? 1 : 0) },
      ...Object.entries(columns).flatMap(([name, column]) => elements(name, column)),
      ...(hasImages ? [leaf('image', 'REQUIRED', { type: 'BYTE_ARRAY' })] : []),
    ],
    codec: 'ZSTD',
    compressors: { ZSTD: (input) => zstdCompressSync(input) },
    createdBy: 'pairloom',
  })
  let rows: Row[] = []
  let images: Buffer[] = []
  let groupBytes = 0
  let total = 0

  async function flush(): Promise<void> {
    if (rows.length === 0) return
    const columnData = Object.entries(columns).map(([name, column]) => ({
      name,
      data: rows.map((row) => written(name, column, row[name])),
      columnIndex: isScalar(column.type),
    }))
    const image = {
      name: 'image',
      data: images,
      codec: 'UNCOMPRESSED',
      encoding: 'PLAIN',
      statistics: false,
    } as const
    // Gives a promise only where the byte writer has a flush of its own.
    void writer.write({
      columnData: hasImages ? [...columnData, image] : columnData,
      rowGroupSize: rows.length,
    })
    rows = []
    images = []
    groupBytes = 0
    await drain()
  }

  async function drain(): Promise<void> {
    for (const chunk of segments.take()) await out.write(chunk)
  }

  return {
    get rows() {
      return total
    },
    async append(row, image) {
      const bytes = image?.length ?? 0
      if (rows.length === GROUP_ROWS || (rows.length > 0 && groupBytes + bytes > GROUP_BYTES)) await flush()
      rows.push(row)
      if (image) images.push(image)
      groupBytes += bytes
      total++
    },
    async close() {
      await flush()
      void writer.finish()
      await drain()
      return { ...(await out.close()), rows: total }
    },
    abort: () => out.abort(),
  }
}

/** The schema of a column, depth first: lists are the three levels of the format's LogicalTypes.md. */
function elements(name: string, { type, nullable }: Pick<Column, 'type' | 'nullable'>): SchemaElement[] {
  const repetition = nullable ? 'OPTIONAL' : 'REQUIRED'
  const list = (item: SchemaElement[]): SchemaElement[] => [
    {
      name,
      repetition_type: repetition,
      converted_type: 'LIST',
      logical_type: { type: 'LIST' },
      num_children: 1,
    },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    ...item,
  ]
  switch (type) {
    case 'utf8':
      return [
        leaf(name, repetition, {
          type: 'BYTE_ARRAY',
          converted_type: 'UTF8',
          logical_type: { type: 'STRING' },
        }),
      ]
    case 'binary':
      return [leaf(name, repetition, { type: 'BYTE_ARRAY' })]
    case 'bool':
      return [leaf(name, repetition, { type: 'BOOLEAN' })]
    case 'int32':
      return [leaf(name, repetition, { type: 'INT32' })]
    case 'int64':
      return [leaf(name, repetition, { type: 'INT64' })]
    case 'float64':
      return [leaf(name, repetition, { type: 'DOUBLE' })]
    case 'list<utf8>':
      return list(elements('element', { type: 'utf8' }))
    case 'texts':
      return list([
        { name: 'element', repetition_type: 'REQUIRED', num_children: 5 },
        ...elements('kind', { type: 'utf8' }),
        ...elements('text', { type: 'utf8' }),
        ...elements('language', { type: 'utf8', nullable: true }),
        ...elements('score', { type: 'float64', nullable: true }),
        ...elements('page', { type: 'utf8', nullable: true }),
      ])
  }
}

function leaf(
  name: string,
  repetition_type: 'REQUIRED' | 'OPTIONAL',
  type: Partial<SchemaElement>,
): SchemaElement {
  return { name, repetition_type, ...type }
}

/** JavaScript type of a column's values. */
const VALUES = {
  utf8: (v) => typeof v === 'string',
  binary: (v) => v instanceof Uint8Array,
  bool: (v) => typeof v === 'boolean',
  int32: (v) => Number.isInteger(v) && v === ((v as number) | 0),
  int64: (v) => Number.isSafeInteger(v),
  float64: (v) => typeof v === 'number',
  'list<utf8>': (v) => Array.isArray(v),
  texts: (v) => Array.isArray(v),
} satisfies Record<ColumnType, (value: unknown) => boolean>

/** The value as hyparquet-writer takes it. */
function written(name: string, { type, nullable }: Column, value: unknown): unknown {
  if (value === null || value === undefined ? nullable : VALUES[type](value)) {
    return type === 'int64' && typeof value === 'number' ? BigInt(value) : value
  }
  throw new PairloomError(
    'PL_COLUMN',
    `Expected ${type} in column ${name}, got ${typeof value} ${String(value)}`,
    {
      data: { column: name },
    },
  )
}

/** Takes a page of pictures as it is: copied into one growing buffer, a row group would cost three times its size. */
class Segments extends ByteWriter {
  #done: Uint8Array[] = []

  override appendBytes(value: Uint8Array): void {
    if (value.length < 65_536) return super.appendBytes(value)
    this.#cut()
    this.#done.push(value)
    this.offset += value.length
  }

  /** What was written since the last call, in order. */
  take(): Uint8Array[] {
    this.#cut()
    const done = this.#done
    this.#done = []
    return done
  }

  #cut(): void {
    if (this.index === 0) return
    this.#done.push(this.getBytes())
    this.buffer = new ArrayBuffer(65_536)
    this.view = new DataView(this.buffer)
    this.index = 0
  }
}
