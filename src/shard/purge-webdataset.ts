import type { Columns, Row } from '../core/column.ts'
import { PairloomError } from '../core/error.ts'
import type { PurgeContext, SinkPart } from '../core/stage.ts'
import { readTar, type TarMember } from '../store/tar.ts'
import { readTable } from '../table/parquet-read.ts'
import { openWebdatasetShard, type WebdatasetShard } from './webdataset-shard.ts'

const CHUNK_BYTES = 4 * 2 ** 20

/** The samples of a shard, from its index. */
export async function* webdatasetSamples(
  { files: [, index] }: SinkPart,
  { files }: Pick<PurgeContext, 'files'>,
): AsyncGenerator<Row[]> {
  if (index) yield* readTable(files, index.path)
}

/**
 * Writes a tar and its index again without some samples; the members of all others are copied as they are.
 *
 * Memory: one sample, and a row group of the index.
 * @throws PairloomError `PL_TAR` where tar and index do not agree
 */
export async function purgeWebdataset(
  { files: [tar, index], index: more }: SinkPart,
  columns: Columns,
  isRemoved: (sample: Row) => boolean,
  context: Pick<PurgeContext, 'files' | 'create'>,
): Promise<SinkPart> {
  if (!tar || !index) return { files: [] }
  const name = tar.path.slice(0, -'.tar'.length)
  const members = readTar(chunks(context, tar.path))[Symbol.asyncIterator]()
  let shard: WebdatasetShard | undefined
  try {
    for await (const rows of readTable(context.files, index.path)) {
      for (const row of rows) {
        const sample = await sampleMembers(members, row, tar.path)
        if (isRemoved(row)) continue
        shard ??= await openWebdatasetShard(name, columns, (path) => context.create(path))
        await shard.append(row, sample)
      }
    }
    return { files: shard ? await shard.close() : [], ...(more === undefined ? {} : { index: more }) }
  } catch (error) {
    await shard?.abort()
    throw error
  } finally {
    await members.return?.(undefined)
  }
}

/** Picture, text and json of a sample: the next three members, where the index says that they are. */
async function sampleMembers(
  members: AsyncIterator<TarMember>,
  row: Row,
  path: string,
): Promise<[TarMember, TarMember, TarMember]> {
  const found: TarMember[] = []
  for (const part of ['image', 'text', 'json']) {
    const next = await members.next()
    const offset = row[`tar_${part}_offset`] as number
    if (next.done || next.value.offset !== offset) {
      const got = next.done ? 'the end' : `${next.value.name} at ${next.value.offset}`
      const message = `Expected the ${part} of ${String(row.uid)} at ${offset} of ${path}, got ${got}: are tar and index of one shard?`
      throw new PairloomError('PL_TAR', message, { data: { path, offset } })
    }
    found.push(next.value)
  }
  return found as [TarMember, TarMember, TarMember]
}

async function* chunks({ files }: Pick<PurgeContext, 'files'>, path: string): AsyncGenerator<Buffer> {
  const size = await files.size(path)
  for (let at = 0; at < size; at += CHUNK_BYTES)
    yield await files.readRange(path, at, Math.min(CHUNK_BYTES, size - at))
}
