import { z } from 'zod'
import type { Row } from '../../core/column.ts'
import { defineGlobal, type GlobalBatch } from '../../core/stage.ts'
import { intoPartitions, rowsByUid, SLOTS } from '../by-uid.ts'

const NAME = 'filter/exact-duplicates'

const options = z.strictObject({
  by: z
    .enum(['sha256', 'url', 'uid'])
    .default('sha256')
    .describe('what makes two rows the same: the bytes of their pictures, their address, or their id'),
  partitions: z
    .int()
    .min(1)
    .max(SLOTS)
    .optional()
    .describe('output partitions; as many as come in where it is not given'),
})

/**
 * Keeps one row of those whose pictures are equal byte for byte.
 *
 * The keeper is the row with the smallest uid, and of rows with one uid the first in the canonical JSON of its stable
 * columns: the same whatever the order of the input. Others are dropped as `duplicate`, their value the keeper's uid.
 * Rows come out by md5(uid), so that partitions are of one size.
 * Memory: an eighth of the worker's for the sort, in as many passes over the input as that takes; keys and uids of all
 * rows are grouped, and spill; here the rows of one uid.
 */
export const exactDuplicates = defineGlobal({
  name: NAME,
  version: 1,
  summary: 'Drop rows whose picture, address or id another row has too',
  options,
  reads: ['uid', 'url', 'sha256'],
  adds: {},
  partitions: (chosen) => chosen.partitions ?? 0,
  async *run(input, { options: chosen, memoryBytes, drop }): AsyncGenerator<GlobalBatch> {
    const partitions = chosen.partitions ?? Math.max(1, input.partitions)
    const select = (from: string, to: string) => statement(chosen.by, from, to)
    yield* intoPartitions(rowsByUid(input, memoryBytes, select), partitions, (twins) => {
      const taken = new Set<unknown>()
      const kept: Row[] = []
      for (const { pairloom_slot: _, pairloom_keeper: keeper, ...row } of twins) {
        const key = row[chosen.by]
        if (keeper === null || (keeper === row.uid && !taken.has(key))) {
          kept.push(row)
          taken.add(key)
        } else {
          const [value, limit] = [keeper as string, `one row of a ${chosen.by}`]
          drop(row, { status: 'dropped', rule: NAME, reason: 'duplicate', value, limit })
        }
      }
      return kept
    })
  },
})

/** Only keys and uids are grouped; wide rows pass through the sort alone. DuckDB and Spark share all of it. */
function statement(key: string, from: string, to: string): string {
  return `
    WITH repeated AS (
      SELECT ${key} AS pairloom_key, min(uid) AS pairloom_keeper FROM input GROUP BY ${key} HAVING count(*) > 1
    ), placed AS (
      SELECT *, substr(md5(uid), 1, 4) AS pairloom_slot FROM input
    )
    SELECT placed.*, pairloom_keeper
    FROM placed LEFT JOIN repeated ON ${key} = pairloom_key
    WHERE pairloom_slot >= '${from}' AND pairloom_slot < '${to}'
    ORDER BY pairloom_slot, uid`
}
