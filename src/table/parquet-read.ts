import { zstdDecompressSync } from 'node:zlib'
import { parquetMetadataAsync, parquetReadObjects, type AsyncBuffer, type FileMetaData } from 'hyparquet'
import type { Row } from '../core/column.ts'
import { PairloomError } from '../core/error.ts'
import type { Store } from '../store/store.ts'

const compressors = {
  ZSTD: (input: Uint8Array) => zstdDecompressSync(input),
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
  options: { columns?: string[]; batchRows?: number } = {},
): AsyncGenerator<Row[]> {
  const { batchRows = 1024 } = options
  const byteLength = await store.size(path)
  const file: AsyncBuffer = {
    byteLength,
    async slice(start, end = byteLength) {
      const bytes = await store.readRange(path, start, end - start)
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
    },
  }
  const metadata = await damaged(path, () => parquetMetadataAsync(file))
  const convert = bigintColumns(metadata)
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows)
    const rows = (await damaged(path, () =>
      parquetReadObjects({
        file,
        metadata,
        compressors,
        rowStart,
        rowEnd,
        ...(options.columns && { columns: options.columns }),
      }),
    )) as Row[]
    for (const row of rows)
      for (const name of convert) if (typeof row[name] === 'bigint') row[name] = Number(row[name])
    for (let i = 0; i < rows.length; i += batchRows) yield rows.slice(i, i + batchRows)
    rowStart = rowEnd
  }
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
