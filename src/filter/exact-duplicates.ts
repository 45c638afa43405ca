import { z } from 'zod'
import type { Columns, Row } from '../core/column.ts'
import { canonicalJson } from '../core/hash.ts'
import { BYTES_COLUMNS } from '../core/row.ts'
import { defineGlobal, type GlobalBatch, type GlobalInput } from '../core/stage.ts'

const NAME = 'filter/exact-duplicates'
const BATCH_ROWS = 2048
/** Values of the four hex digits of md5(uid) that place a row. */
const SLOTS = 65_536
/** What a row takes in a sort, measured with captions of one text: a row with many texts takes more, and spills. */
const ROW_BYTES = 1024
/** Share of a worker's memory that a sort is to hold. */
const SORT_SHARE = 1 / 8

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
    let partition = -1
    let batch: Row[] = []
    for await (const twins of byUid(inPasses(input, chosen.by, memoryBytes), stableColumns(input.columns))) {
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
          const [value, limit] = [keeper as string, `one row of a ${chosen.by}`]
          drop(row, { status: 'dropped', rule: NAME, reason: 'duplicate', value, limit })
        }
      }
    }
    if (batch.length > 0) yield { partition, rows: batch }
  },
})

/**
 * All rows by md5(uid) and uid, each with the keeper of its key where there is more than one row of it.
 *
 * One pass sorts the rows of a range of md5(uid): a sort that spills holds its blocks first, until it is at its limit.
 */
async function* inPasses(input: GlobalInput, key: string, memoryBytes: number): AsyncGenerator<Row[]> {
  const wanted = Math.ceil((input.rows * ROW_BYTES) / (memoryBytes * SORT_SHARE))
  const passes = Math.min(SLOTS, Math.max(1, wanted))
  const hex = (slot: number) => slot.toString(16).padStart(4, '0')
  for (let pass = 0; pass < passes; pass++) {
    const from = hex(Math.floor((pass * SLOTS) / passes))
    const to = pass + 1 < passes ? hex(Math.floor(((pass + 1) * SLOTS) / passes)) : 'g' // sorts behind every digit
    yield* input.sql(statement(key, from, to))
  }
}

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

/** Columns that two crawls of the same thing give alike: what varies may not decide which row stays. */
function stableColumns(columns: Columns): string[] {
  return Object.keys(columns).filter(
    (name) => !columns[name]!.volatile && !Object.hasOwn(BYTES_COLUMNS, name),
  )
}

/** Rows of one uid together, in the order of the canonical JSON of their stable columns. They seldom are more than one. */
async function* byUid(batches: AsyncIterable<Row[]>, stable: string[]): AsyncGenerator<Row[]> {
  let twins: Row[] = []
  for await (const rows of batches) {
    for (const row of rows) {
      if (twins.length > 0 && twins[0]!.uid !== row.uid) {
        yield ordered(twins, stable)
        twins = []
      }
      twins.push(row)
    }
  }
  if (twins.length > 0) yield ordered(twins, stable)
}

function ordered(rows: Row[], stable: string[]): Row[] {
  if (rows.length < 2) return rows
  const keyed = rows.map((row) => ({ row, json: canonicalJson(stable.map((name) => row[name])) }))
  keyed.sort((a, b) => (a.json < b.json ? -1 : a.json > b.json ? 1 : 0))
  return keyed.map(({ row }) => row)
}
