import type { Columns, Row } from '../core/column.ts'
import type { OutFile, OutWriter } from '../core/stage.ts'
import { openTar, type TarPlace } from '../store/tar.ts'
import { openTableWriter } from '../table/parquet-write.ts'

/** Columns of a shard's index beside the sample's own. */
export const PLACE_COLUMNS = Object.fromEntries(
  ['image', 'text', 'json'].flatMap((member) => [
    [`tar_${member}_offset`, { type: 'int64', doc: `offset of the ${member} in the tar, bytes` }],
    [`tar_${member}_length`, { type: 'int64', doc: `length of the ${member}, bytes` }],
  ]),
) as Columns

export interface ShardMember {
  name: string
  bytes: Buffer
}

/** A tar and its index, being written. */
export interface WebdatasetShard {
  /** Appends picture, text and json of a sample to the tar, and its row to the index. */
  append(sample: Row, members: readonly [ShardMember, ShardMember, ShardMember]): Promise<void>
  close(): Promise<OutFile[]>
  abort(): Promise<void>
}

/** Opens `<name>.tar` and `<name>.parquet`. columns: those of a sample. */
export async function openWebdatasetShard(
  name: string,
  columns: Columns,
  create: (path: string) => Promise<OutWriter>,
): Promise<WebdatasetShard> {
  const tar = openTar(await create(`${name}.tar`))
  const indexFile = await create(`${name}.parquet`).catch(async (error: unknown) => {
    await tar.abort()
    throw error
  })
  const index = openTableWriter({ ...columns, ...PLACE_COLUMNS }, indexFile)
  return {
    async append(sample, members) {
      const [image, text, json] = await Promise.all(members.map((m) => tar.append(m.name, m.bytes)))
      await index.append([
        { ...sample, ...place('image', image!), ...place('text', text!), ...place('json', json!) },
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
