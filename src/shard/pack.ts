import { z } from 'zod'
import type { Row } from '../core/column.ts'
import { PairloomError } from '../core/error.ts'
import { hash128 } from '../core/hash.ts'
import { defineGlobal, type GlobalBatch } from '../core/stage.ts'
import { lengthColumn, pictureOption } from './sample.ts'

const options = z.strictObject({
  shuffle: z
    .enum(['exact', 'none'])
    .default('exact')
    .describe('exact: the seeded order of md5(seed, uid) over all rows; none: the order of uids'),
  shardRows: z.int().min(1).nullable().default(10_000).describe('most rows of a shard; null: no limit'),
  shardBytes: z
    .int()
    .min(1)
    .nullable()
    .default(256 * 2 ** 20)
    .describe('most bytes of pictures in a shard; null: no limit. One larger picture is a shard of its own'),
  picture: pictureOption,
})

/**
 * Decides which rows go to which shard, and in which order: one output partition is one shard.
 *
 * A shard ends at whichever limit comes first. The order depends on seed and uids only, not on how the input is
 * partitioned, so the same rows give the same shards.
 * Memory: one batch; the SQL engine sorts all rows and spills.
 */
export const pack = defineGlobal({
  name: 'shard/pack',
  version: 1,
  summary: 'Shuffle all rows and cut them into shards by rows and bytes',
  options,
  check: ({ shardRows, shardBytes }) =>
    shardRows === null && shardBytes === null
      ? ['shardRows and shardBytes are both null, expected one limit at least']
      : [],
  seeded: true,
  reads: ['uid', 'bytes_length'],
  adds: {},
  async *run(input, { options: { shuffle, shardRows, shardBytes, picture }, seed }) {
    // The seed goes in as its hash: hex digits mean the same in every SQL dialect's string literals.
    const order = shuffle === 'exact' ? `md5(concat('${hash128(seed)}', uid)), uid` : 'uid'
    const lengths = lengthColumn(input.columns, picture)
    const maxRows = shardRows ?? Infinity
    const maxBytes = shardBytes ?? Infinity
    let partition = 0
    let rows = 0
    let bytes = 0
    let last: unknown
    for await (const batch of input.sql(`SELECT * FROM input ORDER BY ${order}`)) {
      let held: Row[] = []
      for (const row of batch) {
        if (row.uid === last) throw repeated(row.uid as string)
        last = row.uid
        const length = row[lengths] as number
        if (rows === maxRows || (rows > 0 && bytes + length > maxBytes)) {
          if (held.length > 0) yield { partition, rows: held } satisfies GlobalBatch
          held = []
          partition++
          rows = 0
          bytes = 0
        }
        held.push(row)
        rows++
        bytes += length
      }
      if (held.length > 0) yield { partition, rows: held } satisfies GlobalBatch
    }
  },
})

/** Rows of one uid would have no order of their own, and a reader of tars takes them for one sample. */
function repeated(uid: string): PairloomError {
  const message = `Expected every uid once, got ${uid} again: put crawl/merge-links, or filter/exact-duplicates by uid, above`
  return new PairloomError('PL_UID', message, { data: { uid } })
}
