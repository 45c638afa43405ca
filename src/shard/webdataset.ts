import { z } from 'zod'
import type { Row } from '../core/column.ts'
import { captionOf } from '../core/row.ts'
import { defineSink, type SinkPart } from '../core/stage.ts'
import { shardName, writeJson, writeManifest } from './manifest.ts'
import { purgeWebdataset, webdatasetSamples } from './purge-webdataset.ts'
import { readAhead } from './read-ahead.ts'
import { columnsOption, ofPicture, pictureOption, sampleColumns, sampleKey, sampleOf } from './sample.ts'
import {
  openWebdatasetShard,
  PLACE_COLUMNS,
  type ShardMember,
  type WebdatasetShard,
} from './webdataset-shard.ts'

const options = z.strictObject({ columns: columnsOption, picture: pictureOption })

const EXTENSIONS: Record<string, string> = { jpeg: 'jpg' }

/**
 * Writes WebDataset shards: `00000.tar` with `<uid>.jpg` (or png, webp), `<uid>.txt` (the caption) and `<uid>.json`,
 * and beside each its index `00000.parquet`, a row per sample with all that the json says and where each member lies.
 *
 * Publishing adds `manifest.json` and `sizes.json`, samples by shard, which open_clip asks for
 * (`src/open_clip_train/data.py`, get_dataset_size). A partition without rows makes no shard.
 * Memory: 32 MiB of pictures and a row group of the index.
 */
export const webdataset = defineSink({
  name: 'shard/webdataset',
  version: 1,
  summary: 'Write WebDataset tar shards with an index of offsets',
  options,
  reads: ['uid', 'texts', 'caption', 'format', 'bytes_dataset', 'bytes_part', 'bytes_offset', 'bytes_length'],
  async write(batches, context) {
    const columns = sampleColumns(context.columns, context.options.columns)
    const name = shardName(context)
    let shard: WebdatasetShard | undefined
    try {
      const rows = ofPicture(batches, context.columns, context.options.picture)
      for await (const { row, bytes } of readAhead(rows, context.bytes)) {
        shard ??= await openWebdatasetShard(name, columns, (path) => context.create(path))
        const sample = sampleOf(row, columns)
        await shard.append(sample, membersOf(row, sample, bytes))
        context.count('bytes.out', bytes.length)
      }
      return { files: shard ? await shard.close() : [] }
    } catch (error) {
      await shard?.abort()
      throw error
    }
  },
  async publish(parts, context) {
    const columns = { ...sampleColumns(context.columns, context.options.columns), ...PLACE_COLUMNS }
    const sizes = Object.fromEntries(
      parts.flatMap(({ files: [tar] }: SinkPart) => (tar ? [[tar.path, tar.rows]] : [])),
    )
    const manifest = await writeManifest('webdataset', columns, parts, context)
    return [manifest, await writeJson('sizes.json', sizes, manifest.rows, context)]
  },
  samples: webdatasetSamples,
  purge: (part, isRemoved, context) =>
    purgeWebdataset(part, sampleColumns(context.columns, context.options.columns), isRemoved, context),
})

function membersOf(row: Row, sample: Row, bytes: Buffer): [ShardMember, ShardMember, ShardMember] {
  const key = sampleKey(row.uid as string)
  const format = row.format as string
  return [
    { name: `${key}.${EXTENSIONS[format] ?? format}`, bytes },
    { name: `${key}.txt`, bytes: Buffer.from(captionOf(row)) },
    { name: `${key}.json`, bytes: Buffer.from(JSON.stringify(sample)) },
  ]
}
