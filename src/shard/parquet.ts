import { z } from 'zod'
import type { Row } from '../core/column.ts'
import { defineSink } from '../core/stage.ts'
import { shardName, writeManifest } from './manifest.ts'
import { parquetSamples, purgeParquet } from './purge-parquet.ts'
import { openPictureTable, type PictureTableWriter } from './picture-table.ts'
import { readAhead } from './read-ahead.ts'
import { columnsOption, ofPicture, pictureOption, sampleColumns, sampleOf } from './sample.ts'

const options = z.strictObject({
  columns: columnsOption,
  picture: pictureOption,
  images: z.boolean().default(true).describe('put the pictures in, as a binary column `image`'),
})

/**
 * Writes Parquet shards `00000.parquet`: a row per sample, the picture's bytes in `image`.
 *
 * Publishing adds `manifest.json`. A shard is its own index: its row groups and pages are found from its footer.
 * A partition without rows makes no shard.
 * Memory: two row groups of 64 MiB of pictures, and 32 MiB read ahead.
 */
export const parquet = defineSink({
  name: 'shard/parquet',
  version: 1,
  summary: 'Write Parquet shards with pictures as a binary column',
  options,
  reads: ['uid', 'texts', 'caption', 'bytes_dataset', 'bytes_part', 'bytes_offset', 'bytes_length'],
  async write(batches, context) {
    const { images } = context.options
    const columns = sampleColumns(context.columns, context.options.columns)
    const path = `${shardName(context)}.parquet`
    let shard: PictureTableWriter | undefined
    try {
      const rows = ofPicture(batches, context.columns, context.options.picture)
      for await (const { row, bytes } of images ? readAhead(rows, context.bytes) : rowsAlone(rows)) {
        shard ??= openPictureTable(columns, await context.create(path), images)
        await shard.append(sampleOf(row, columns), bytes)
        context.count('bytes.out', bytes?.length ?? 0)
      }
      return { files: shard ? [{ path, ...(await shard.close()) }] : [] }
    } catch (error) {
      await shard?.abort()
      throw error
    }
  },
  samples: parquetSamples,
  purge: (part, isRemoved, context) =>
    purgeParquet(
      part,
      sampleColumns(context.columns, context.options.columns),
      context.options.images,
      isRemoved,
      context,
    ),
  async publish(parts, context) {
    const { images } = context.options
    const columns = sampleColumns(context.columns, context.options.columns)
    const image = { image: { type: 'binary', doc: 'the picture, in the format that `format` names' } }
    return [await writeManifest('parquet', { ...columns, ...(images && image) }, parts, context)]
  },
})

async function* rowsAlone(batches: AsyncIterable<Row[]>): AsyncGenerator<{ row: Row; bytes: null }> {
  for await (const rows of batches) for (const row of rows) yield { row, bytes: null }
}
