import { addCounters, emptyTally, type Tally } from '../core/counters.ts'
import type { Columns, Row } from '../core/column.ts'
import { PairloomError } from '../core/error.ts'
import { VERDICT_COLUMNS, type BytesRef, type Verdict } from '../core/stage.ts'
import { readTable } from '../table/parquet-read.ts'
import { openTableWriter, type TableWriter } from '../table/parquet-write.ts'
import type { PlannedStage } from './plan.ts'
import type { Commit, PartFile, RunFolder } from './run-folder.ts'
import type { TaskBytes } from './bytes.ts'

const MAX_WAITING_ROWS = 1000

/** Writes one partition of one stage: rows that go on, rows that do not, rows left over, and the tally of them. */
export interface PartWriter {
  readonly tally: Tally
  keep(rows: readonly Row[]): Promise<void>
  /** Takes a row out of the flow. Written with the next `keep` or `relieve`, or at the close. */
  drop(row: Row, verdict: Verdict): void
  /** Leaves a row, as it came in, to the continuation. Written as dropped ones are. */
  defer(row: Row): void
  /** Writes what was dropped and deferred, where that is much: a stage may keep nothing for long. */
  relieve(): Promise<void>
  close(bytes: TaskBytes | null): Promise<Commit['files']>
  /** Data sets, other than its own, that kept rows' bytes lie in. */
  refs(): string[]
  abort(): Promise<void>
}

export async function openPartWriter(
  folder: RunFolder,
  stage: PlannedStage,
  partition: number,
  attempt: string,
  /** Sinks keep no `rows` in the run folder: theirs are in the shards. `comesIn`: columns of rows that may be deferred. */
  options: { rows: boolean; comesIn?: Columns } = { rows: true },
): Promise<PartWriter> {
  const path = (suffix: string) => folder.partPath(stage.dataset, partition, attempt, suffix)
  const open = async (suffix: string, columns: Columns) =>
    openTableWriter(columns, await folder.store.writer(path(suffix)))
  const kept = options.rows ? await open('parquet', stage.columns) : null
  const tally = emptyTally()
  const datasets = new Set<string>()
  let rejects: TableWriter | undefined
  let rest: TableWriter | undefined
  let waiting: Row[] = []
  let deferred: Row[] = []
  let isProgress = false
  let flushing = Promise.resolve()

  // One after another: rows are kept at one end of a stage while others come in at its other end.
  const flush = () => (flushing = flushing.then(write))
  async function write(): Promise<void> {
    const [dropped, left] = [waiting, deferred]
    waiting = []
    deferred = []
    if (dropped.length > 0) {
      const table = (rejects ??= await open('rejects.parquet', rejectColumns(stage.columns)))
      await named(stage, () => table.append(dropped))
    }
    if (left.length > 0) {
      const table = (rest ??= await open('rest.parquet', options.comesIn!))
      await named(stage, () => table.append(left))
    }
  }
  function drop(row: Row, verdict: Verdict): void {
    isProgress = true
    tally[verdict.status]++
    addCounters(tally.reasons, { [`${verdict.status}.${verdict.rule}.${verdict.reason}`]: 1 })
    waiting.push({ ...row, value: null, limit: null, ...verdict })
  }
  /** The rows left over; none where nothing else was done, as the next link would do no better. */
  async function finishRest(): Promise<PartFile | undefined> {
    if (!rest) return undefined
    const file = await finish(rest, 'rest.parquet')
    if (isProgress) return file
    const verdict: Verdict = {
      status: 'failed',
      rule: stage.use,
      reason: 'deferred',
      value: 'no row of the partition was done in its time',
    }
    for await (const rows of readTable(folder.store, path('rest.parquet'))) {
      tally.rowsIn += rows.length
      for (const row of rows) drop(row, verdict)
      await flush()
    }
    await folder.store.remove(path('rest.parquet'))
    return undefined
  }
  async function finish(writer: TableWriter, suffix: string): Promise<PartFile> {
    const written = await named(stage, () => writer.close())
    return { path: path(suffix).slice(stage.dataset.length + 1), ...written }
  }
  return {
    tally,
    async keep(rows) {
      tally.kept += rows.length
      if (rows.length > 0) isProgress = true
      if (Object.hasOwn(stage.columns, 'bytes_dataset')) {
        for (const row of rows) datasets.add((row as unknown as BytesRef).bytes_dataset)
      }
      await named(stage, async () => kept?.append(rows))
      await flush()
    },
    drop,
    defer(row) {
      if (!options.comesIn)
        throw new PairloomError('PL_STAGE', `Expected ${stage.id} to declare continues, as it defers rows`)
      tally.rowsIn--
      deferred.push(row)
    },
    async relieve() {
      if (waiting.length + deferred.length >= MAX_WAITING_ROWS) await flush()
    },
    async close(bytes) {
      await flush()
      const left = await finishRest()
      const { rowsIn, kept: rowsKept, dropped, failed } = tally
      if (rowsIn !== rowsKept + dropped + failed) {
        const message = `Expected ${stage.id} to account for ${rowsIn} rows, got ${rowsKept} kept + ${dropped} dropped + ${failed} failed`
        throw new PairloomError('PL_COUNTS', message, { data: { stage: stage.id, partition, ...tally } })
      }
      const tar = await bytes?.close()
      const files: Commit['files'] = {}
      if (kept) files.parquet = await finish(kept, 'parquet')
      if (left) files.rest = left
      if (rejects) files.rejects = await finish(rejects, 'rejects.parquet')
      if (tar) files.tar = tar
      return files
    },
    refs: () => [...datasets].filter((d) => d !== stage.dataset).sort(),
    async abort() {
      await kept?.abort()
      await rejects?.abort()
      await rest?.abort()
    },
  }
}

/** A rejects file has every column of the stage, all nullable: a row may have been dropped before it got them. */
export function rejectColumns(columns: Columns): Columns {
  const nullable = Object.entries(columns).map(([name, column]) => [name, { ...column, nullable: true }])
  return { ...(Object.fromEntries(nullable) as Columns), ...VERDICT_COLUMNS }
}

/** A table knows its column alone: the stage whose value did not fit is said here. */
async function named<T>(stage: PlannedStage, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof PairloomError) || error.code !== 'PL_COLUMN') throw error
    const data = { ...error.data, stage: stage.id }
    throw new PairloomError('PL_COLUMN', `Stage ${stage.id}: ${error.message}`, { data, cause: error })
  }
}
