import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import {
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
  type AsyncBuffer,
  type ColumnData,
  type FileMetaData,
} from 'hyparquet'
import type { Row } from '../core/column.ts'
import { PairloomError } from '../core/error.ts'
import type { Store } from '../store/store.ts'

/** What a table is read from. */
export type TableFiles = Pick<Store, 'size' | 'readRange'>

const compressors = {
  ZSTD: (input: Uint8Array) => zstdDecompressSync(input),
  GZIP: (input: Uint8Array) => gunzipSync(input),
  BROTLI: (input: Uint8Array) => brotliDecompressSync(input),
}

export interface ReadTableOptions {
  columns?: string[]
  batchRows?: number
  /** Row groups to read, from the first to before the second; default all. */
  groups?: [from: number, to: number]
  /** Leave int64 as bigint: other people's ids need all of their 64 bits. */
  bigints?: boolean
  /** Give columns of bytes that are no text as bytes, else as UTF-8. Default: as bytes from files of ours. */
  binary?: boolean
}

/**
 * Reads a Parquet file row group by row group; int64 become numbers. Only the columns asked for are read.
 *
 * Memory: one row group.
 * @throws PairloomError `PL_TABLE` when the file is damaged, `PL_NOT_FOUND` when it is not there
 */
export async function* readTable(
  store: TableFiles,
  path: string,
  options: ReadTableOptions = {},
): AsyncGenerator<Row[]> {
  const { batchRows = 1024, columns } = options
  const { file, metadata } = await openTable(store, path)
  const convert = new Set(options.bigints === true ? [] : bigintColumns(metadata))
  const names = parquetSchema(metadata).children.map((child) => child.element.name)
  const [from, to] = options.groups ?? [0, metadata.row_groups.length]
  let rowStart = 0
  for (const [i, group] of metadata.row_groups.entries()) {
    const rowEnd = rowStart + Number(group.num_rows)
    if (i >= from && i < to) {
      const values = new Map(names.map((name): [string, ColumnData[]] => [name, []]))
      const onChunk = (chunk: ColumnData) => void values.get(chunk.columnName)!.push(chunk)
      const utf8 = !(options.binary ?? metadata.created_by === 'pairloom')
      const read = {
        file,
        metadata,
        compressors,
        rowStart,
        rowEnd,
        onChunk,
        utf8,
        ...(columns && { columns }),
      }
      await damaged(path, () => parquetRead(read))
      const chunks = [...values.values()].flat()
      for (let at = rowStart; at < rowEnd; at += batchRows)
        yield rowsOf(chunks, at, Math.min(rowEnd, at + batchRows), convert)
    }
    rowStart = rowEnd
  }
}

/** The names of a Parquet file's columns, and the rows of each of its row groups. */
export async function readTableHead(
  store: TableFiles,
  path: string,
): Promise<{ columns: string[]; groupRows: number[] }> {
  const { metadata } = await openTable(store, path)
  return {
    columns: parquetSchema(metadata).children.map((child) => child.element.name),
    groupRows: metadata.row_groups.map((group) => Number(group.num_rows)),
  }
}

async function openTable(
  store: TableFiles,
  path: string,
): Promise<{ file: AsyncBuffer; metadata: FileMetaData }> {
  const byteLength = await store.size(path)
  const file: AsyncBuffer = {
    byteLength,
    async slice(start, end = byteLength) {
      const bytes = await store.readRange(path, start, end - start)
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
    },
  }
  return { file, metadata: await damaged(path, () => parquetMetadataAsync(file)) }
}

/** Rows from the values of columns. Made batch by batch: a group needs a third less memory than with all at once. */
function rowsOf(
  chunks: readonly ColumnData[],
  from: number,
  to: number,
  convert: ReadonlySet<string>,
): Row[] {
  const rows = Array.from({ length: to - from }, (): Row => ({}))
  for (const { columnName, columnData, rowStart, rowEnd } of chunks) {
    const isConverted = convert.has(columnName)
    for (let at = Math.max(from, rowStart); at < Math.min(to, rowEnd); at++) {
      const value: unknown = columnData[at - rowStart]
      rows[at - from]![columnName] = isConverted && typeof value === 'bigint' ? Number(value) : value
    }
  }
  return rows
}

function bigintColumns(metadata: FileMetaData): string[] {
  return metadata.schema.filter((s) => s.type === 'INT64').map((s) => s.name)
}

async function damaged<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof PairloomError) throw error
    throw new PairloomError(
      'PL_TABLE',
      `Expected a whole Parquet file in ${path}, got ${(error as Error).message}`,
      {
        data: { path },
        cause: error,
      },
    )
  }
}
