import type { Columns, Row } from '../core/column.ts'
import { canonicalJson } from '../core/hash.ts'
import { BYTES_COLUMNS } from '../core/row.ts'
import type { GlobalBatch, GlobalInput } from '../core/stage.ts'

const BATCH_ROWS = 2048
/** Values of the four hex digits of md5(uid) that place a row. */
export const SLOTS = 65_536
/**
 * What a row takes in a sort, measured with captions of one text: a row with many texts takes more, and spills. A thumb
 * takes as much again.
 */
const ROW_BYTES = 1024
/** Share of a worker's memory that a sort is to hold. */
const SORT_SHARE = 1 / 8

/**
 * All rows by md5(uid) and uid, those of one uid together, in the order of the canonical JSON of their stable columns: the same
 * whatever the order of the input.
 *
 * `statement` selects rows whose `pairloom_slot`, substr(md5(uid), 1, 4), is from `from` to below `to`, ordered by it and uid. One
 * pass sorts the rows of a range: a sort that spills holds its blocks first, until it is at its limit.
 * Memory: an eighth of the worker's for the sort, in as many passes over the input as that takes; the rows of one uid.
 */
export async function* rowsByUid(
  input: GlobalInput,
  memoryBytes: number,
  statement: (from: string, to: string) => string,
): AsyncGenerator<Row[]> {
  const stable = stableColumns(input.columns)
  let twins: Row[] = []
  for await (const rows of inPasses(input, memoryBytes, statement)) {
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

/** Batches of what `keep` leaves of each group, in partitions of one size by md5(uid); rows it drops are in the same one. */
export async function* intoPartitions(
  groups: AsyncIterable<Row[]>,
  partitions: number,
  keep: (twins: Row[]) => Row[],
): AsyncGenerator<GlobalBatch> {
  let partition = -1
  let batch: Row[] = []
  for await (const twins of groups) {
    const to = Math.floor((Number.parseInt(twins[0]!.pairloom_slot as string, 16) * partitions) / SLOTS)
    if (batch.length > 0 && (to !== partition || batch.length >= BATCH_ROWS)) {
      yield { partition, rows: batch }
      batch = []
    }
    // Opens the partition, so that rows dropped in it are its own rejects.
    if (to !== partition) yield { partition: to, rows: [] }
    partition = to
    for (const row of keep(twins)) batch.push(row)
  }
  if (batch.length > 0) yield { partition, rows: batch }
}

async function* inPasses(
  input: GlobalInput,
  memoryBytes: number,
  statement: (from: string, to: string) => string,
): AsyncGenerator<Row[]> {
  const thumbs = Object.values(input.columns).filter(({ type }) => type === 'binary').length
  const needed = Math.ceil((input.rows * ROW_BYTES * (1 + thumbs)) / (memoryBytes * SORT_SHARE))
  const wanted = input.sortsAll ? 1 : needed
  const passes = Math.min(SLOTS, Math.max(1, wanted))
  const hex = (slot: number) => slot.toString(16).padStart(4, '0')
  for (let pass = 0; pass < passes; pass++) {
    const from = hex(Math.floor((pass * SLOTS) / passes))
    const to = pass + 1 < passes ? hex(Math.floor(((pass + 1) * SLOTS) / passes)) : 'g' // sorts behind every digit
    yield* input.sql(statement(from, to))
  }
}

/** Columns that two crawls of the same thing give alike: what varies may not decide which row stays. */
function stableColumns(columns: Columns): string[] {
  return Object.keys(columns).filter(
    (name) => !columns[name]!.volatile && !Object.hasOwn(BYTES_COLUMNS, name),
  )
}

/** Rows of one uid seldom are more than one. */
function ordered(rows: Row[], stable: string[]): Row[] {
  if (rows.length < 2) return rows
  const keyed = rows.map((row) => ({ row, json: canonicalJson(stable.map((name) => row[name])) }))
  keyed.sort((a, b) => (a.json < b.json ? -1 : a.json > b.json ? 1 : 0))
  return keyed.map(({ row }) => row)
}
