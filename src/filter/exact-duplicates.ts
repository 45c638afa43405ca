import { z } from 'zod'
import type { Row } from '../core/column.ts'
import { canonicalJson } from '../core/hash.ts'
import { defineGlobal, type GlobalBatch } from '../core/stage.ts'

const NAME = 'filter/exact-duplicates'
const BATCH_ROWS = 2048
/** Values of the four hex digits of md5(uid) that place a row. */
const SLOTS = 65_536

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
 * The keeper is the row with the smallest uid, and of rows with one uid the first in canonical JSON: the same whatever
 * the order of the input. Others are dropped as `duplicate`, their value the keeper's uid.
 * Rows come out by md5(uid), so that partitions are of one size.
 * Memory: the engine groups (key, uid) and sorts rows, and spills both; here the rows of one uid.
 */
export const exactDuplicates = defineGlobal({
  name: NAME,
  version: 1,
  summary: 'Drop rows whose picture, address or id another row has too',
  options,
  reads: ['uid', 'url', 'sha256'],
  adds: {},
  partitions: (chosen) => chosen.partitions ?? 0,
  async *run(input, { options: chosen, drop }): AsyncGenerator<GlobalBatch> {
    const partitions = chosen.partitions ?? Math.max(1, input.partitions)
    let partition = -1
    let batch: Row[] = []
    for await (const twins of byUid(input.sql(statement(chosen.by)))) {
      const to = Math.floor((Number.parseInt(twins[0]!.pairloom_slot as string, 16) * partitions) / SLOTS)
      if (batch.length > 0 && (to !== partition || batch.length >= BATCH_ROWS)) {
        yield { partition, rows: batch }
        batch = []
      }
      // Opens the partition, so that rows dropped in it are its own rejects.
      if (to !== partition) yield { partition: to, rows: [] }
      partition = to

      const taken = new Set<unknown>()
      for (const { pairloom_slot: _, pairloom_keeper: keeper, ...row } of twins) {
        const key = row[chosen.by]
        if (keeper === null || (keeper === row.uid && !taken.has(key))) {
          batch.push(row)
          taken.add(key)
        } else {
          const value = keeper as string
          drop(row, {
            status: 'dropped',
            rule: NAME,
            reason: 'duplicate',
            value,
            limit: `one row of a ${chosen.by}`,
          })
        }
      }
    }
    if (batch.length > 0) yield { partition, rows: batch }
  },
})

/**
 * All rows by output partition and uid, each with the keeper of its key where there is more than one row of it.
 *
 * Only keys and uids are grouped, so that wide rows pass through the sort alone. DuckDB and Spark share all of it.
 */
function statement(key: string): string {
  return `
    WITH repeated AS (
      SELECT ${key} AS pairloom_key, min(uid) AS pairloom_keeper FROM input GROUP BY ${key} HAVING count(*) > 1
    )
    SELECT input.*, pairloom_keeper, substr(md5(uid), 1, 4) AS pairloom_slot
    FROM input LEFT JOIN repeated ON ${key} = pairloom_key
    ORDER BY pairloom_slot, uid`
}

/** Rows of one uid together, in the order of their canonical JSON. They seldom are more than one. */
async function* byUid(batches: AsyncIterable<Row[]>): AsyncGenerator<Row[]> {
  let twins: Row[] = []
  for await (const rows of batches) {
    for (const row of rows) {
      if (twins.length > 0 && twins[0]!.uid !== row.uid) {
        yield ordered(twins)
        twins = []
      }
      twins.push(row)
    }
  }
  if (twins.length > 0) yield ordered(twins)
}

function ordered(rows: Row[]): Row[] {
  if (rows.length < 2) return rows
  const keyed = rows.map((row) => ({ row, json: canonicalJson(row) }))
  keyed.sort((a, b) => (a.json < b.json ? -1 : a.json > b.json ? 1 : 0))
  return keyed.map(({ row }) => row)
}
