import type { Columns, Row } from '../core/column.ts'
import type { PurgeContext, SinkPart } from '../core/stage.ts'
import { readTable, readTableHead } from '../table/parquet-read.ts'
import { openPictureTable, type PictureTableWriter } from './picture-table.ts'

/** The samples of a shard, without their pictures. */
export async function* parquetSamples(
  { files: [shard] }: SinkPart,
  { files }: Pick<PurgeContext, 'files'>,
): AsyncGenerator<Row[]> {
  if (!shard) return
  const { columns } = await readTableHead(files, shard.path)
  yield* readTable(files, shard.path, { columns: columns.filter((name) => name !== 'image') })
}

/**
 * Writes a shard again without some samples. Row groups are cut anew, as `write` cuts them.
 *
 * Memory: two row groups of 64 MiB of pictures, read, and two, written.
 */
export async function purgeParquet(
  { files: [shard], index }: SinkPart,
  columns: Columns,
  hasImages: boolean,
  isRemoved: (sample: Row) => boolean,
  context: Pick<PurgeContext, 'files' | 'create'>,
): Promise<SinkPart> {
  if (!shard) return { files: [] }
  let table: PictureTableWriter | undefined
  try {
    for await (const rows of readTable(context.files, shard.path, { binary: true })) {
      for (const { image, ...sample } of rows) {
        if (isRemoved(sample)) continue
        table ??= openPictureTable(columns, await context.create(shard.path), hasImages)
        await table.append(sample, hasImages ? Buffer.from(image as Uint8Array) : null)
      }
    }
    const files = table ? [{ path: shard.path, ...(await table.close()) }] : []
    return { files, ...(index === undefined ? {} : { index }) }
  } catch (error) {
    await table?.abort()
    throw error
  }
}
