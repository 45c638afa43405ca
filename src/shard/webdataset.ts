import { z } from 'zod'
import type { Columns, Row } from '../core/column.ts'
import { captionOf } from '../core/row.ts'
import { defineSink, type OutFile, type SinkContext, type SinkPart } from '../core/stage.ts'
import { openTar, type TarPlace } from '../store/tar.ts'
import { openTableWriter } from '../table/parquet-write.ts'
import { shardName, writeJson, writeManifest } from './manifest.ts'
import { readAhead } from './read-ahead.ts'
import { columnsOption, ofPicture, pictureOption, sampleColumns, sampleKey, sampleOf } from './sample.ts'

const options = z.strictObject({ columns: columnsOption, picture: pictureOption })

/** Columns of a shard's index beside the sample's own. */
const PLACE_COLUMNS = Object.fromEntries(
  ['image', 'text', 'json'].flatMap((member) => [
    [`tar_${member}_offset`, { type: 'int64', doc: `offset of the ${member} in the tar, bytes` }],
    [`tar_${member}_length`, { type: 'int64', doc: `length of the ${member}, bytes` }],
  ]),
) as Columns

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
    let shard: Shard | undefined
    try {
      const rows = ofPicture(batches, context.columns, context.options.picture)
      for await (const { row, bytes } of readAhead(rows, context.bytes)) {
        shard ??= await openShard(name, columns, context)
        await shard.append(row, bytes)
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
})

interface Shard {
  append(row: Row, bytes: Buffer): Promise<void>
  close(): Promise<OutFile[]>
  abort(): Promise<void>
}

async function openShard(
  name: string,
  columns: Columns,
  context: Pick<SinkContext, 'create'>,
): Promise<Shard> {
  const tar = openTar(await context.create(`${name}.tar`))
  const indexFile = await context.create(`${name}.parquet`).catch(async (error: unknown) => {
    await tar.abort()
    throw error
  })
  const index = openTableWriter({ ...columns, ...PLACE_COLUMNS }, indexFile)
  return {
    async append(row, bytes) {
      const key = sampleKey(row.uid as string)
      const format = row.format as string
      const sample = sampleOf(row, columns)
      const [image, text, json] = await Promise.all([
        tar.append(`${key}.${EXTENSIONS[format] ?? format}`, bytes),
        tar.append(`${key}.txt`, Buffer.from(captionOf(row))),
        tar.append(`${key}.json`, Buffer.from(JSON.stringify(sample))),
      ])
      await index.append([
        { ...sample, ...place('image', image), ...place('text', text), ...place('json', json) },
      ])
    },
    async close() {
      const rows = index.rows
      return [
        { path: `${name}.tar`, rows, ...(await tar.close()) },
        { path: `${name}.parquet`, ...(await index.close()) },
      ]
    },
    async abort() {
      await tar.abort()
      await index.abort()
    },
  }
}

function place(member: string, { offset, length }: TarPlace): Row {
  return { [`tar_${member}_offset`]: offset, [`tar_${member}_length`]: length }
}
