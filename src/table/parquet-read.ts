import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import {
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type AsyncBuffer,
  type FileMetaData,
} from 'hyparquet'
import type { Row } from '../core/column.ts'
import { PairloomError } from '../core/error.ts'
import type { Store } from '../store/store.ts'

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
}

/**
 * Reads a Parquet file row group by row group; int64 become numbers. Only the columns asked for are read.
 *
 * Memory: one row group.
 * @throws PairloomError `PL_TABLE` when the file is damaged, `PL_NOT_FOUND` when it is not there
 */
export async function* readTable(
  store: Store,
  path: string,
  options: ReadTableOptions = {},
): AsyncGenerator<Row[]> {
  const { batchRows = 1024, columns } = options
  const { file, metadata } = await openTable(store, path)
  const convert = options.bigints === true ? [] : bigintColumns(metadata)
  const [from, to] = options.groups ?? [0, metadata.row_groups.length]
  let rowStart = 0
  for (const [i, group] of metadata.row_groups.entries()) {
    const rowEnd = rowStart + Number(group.num_rows)
    if (i >= from && i < to) {
      const read = { file, metadata, compressors, rowStart, rowEnd, ...(columns && { columns }) }
      const rows = (await damaged(path, () => parquetReadObjects(read))) as Row[]
      for (const row of rows)
        for (const name of convert) if (typeof row[name] === 'bigint') row[name] = Number(row[name])
      for (let at = 0; at < rows.length; at += batchRows) yield rows.slice(at, at + batchRows)
    }
    rowStart = rowEnd
  }
}

/** The names of a Parquet file's columns, and the rows of each of its row groups. */
export async function readTableHead(
  store: Store,
  path: string,
): Promise<{ columns: string[]; groupRows: number[] }> {
  const { metadata } = await openTable(store, path)
  return {
    columns: parquetSchema(metadata).children.map((child) => child.element.name),
    groupRows: metadata.row_groups.map((group) => Number(group.num_rows)),
  }
}

async function openTable(store: Store, path: string): Promise<{ file: AsyncBuffer; metadata: FileMetaData }> {
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
