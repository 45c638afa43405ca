import { join } from 'node:path'
import { addCounters, addTally, emptyTally } from '../core/counters.ts'
import type { Row } from '../core/column.ts'
import { PairloomError } from '../core/error.ts'
import type { StageContext } from '../core/stage.ts'
import { fileStore } from '../store/file.ts'
import { openTableWriter } from '../table/parquet-write.ts'
import { isLocal, openSql } from '../table/sql.ts'
import { openBytes } from './bytes.ts'
import { openPartWriter, type PartWriter } from './part-writer.ts'
import { bodyOf, type PlannedStage } from './plan.ts'
import { SCRATCH, type Commit, type RunFolder } from './run-folder.ts'
import {
  finished,
  plannedStage,
  stageContext,
  type Task,
  type TaskEnvironment,
  type TaskResult,
  startClock,
} from './task-context.ts'

/** Runs a global stage over all partitions of its input and commits the partitions it makes, all at once. */
export async function runGlobal(
  task: Task,
  stage: PlannedStage,
  environment: TaskEnvironment,
): Promise<TaskResult> {
  const { plan, folder, scratch, signal } = environment
  const started = startClock()
  const upstream = plannedStage(plan, stage.from!)
  const commits = await inputCommits(folder, upstream, task, plan.allowFailed)
  const rowsIn = commits.reduce((sum, c) => sum + (c.files.parquet?.rows ?? 0), 0)
  const body = bodyOf(stage, environment.registry)
  if (body.kind !== 'stage' || body.stage.kind !== 'global')
    throw new PairloomError('PL_STAGE', `Expected ${stage.id} to be global`)

  // What a cluster's machines write can be read only from a folder that they all see, as the run folder is.
  const shared = isLocal(plan.sql) ? null : `${SCRATCH}/${task.attempt}`
  const results = shared === null ? join(scratch, 'sql') : folder.store.locate(shared)
  const sql = await openSql({ memoryBytes: environment.memoryBytes / 2, scratch: results }, plan.sql)
  const parts: { part: PartWriter; partition: number }[] = []
  const done: Commit[] = []
  const counters = {}
  // Rows dropped before the first partition is opened go to its rejects.
  let waiting: Parameters<StageContext['drop']>[] = []
  try {
    await sql.view('input', await inputFiles(folder, upstream, commits, results))
    const context = stageContext(stage, task, environment, {
      bytes: openBytes(folder, null),
      drop(row, verdict) {
        const open = parts.at(-1)
        if (!open) waiting.push([row, verdict])
        else countIn(open.part, 1).drop(row, verdict)
      },
      count: (name, by = 1) => addCounters(counters, { [name]: by }),
    })
    const input = {
      columns: upstream.columns,
      rows: rowsIn,
      partitions: task.partitions,
      sql: (statement: string) => sql.query(statement),
      table: (name: string, statement: string) => sql.table(name, statement),
      sortsAll: plan.sql.engine === 'spark',
    }

    async function openNext(): Promise<PartWriter> {
      const partition = parts.length
      const part = await openPartWriter(folder, stage, partition, task.attempt)
      parts.push({ part, partition })
      for (const [row, verdict] of waiting) countIn(part, 1).drop(row, verdict)
      waiting = []
      return part
    }
    async function closeLast(): Promise<void> {
      const last = parts.at(-1)
      if (!last || done.length === parts.length) return
      done.push(
        finished({ ...task, partition: last.partition }, await last.part.close(null), last.part, started),
      )
    }
    async function advance(partition: number): Promise<PartWriter> {
      while (parts.length <= partition) {
        await closeLast()
        await openNext()
      }
      return parts[partition]!.part
    }

    let seen = 0
    for await (const { partition, rows } of body.stage.run(input, context)) {
      signal.throwIfAborted()
      if (partition < parts.length - 1) {
        throw new PairloomError(
          'PL_STAGE',
          `Expected partitions of ${stage.id} in order, got ${partition} after ${parts.length - 1}`,
        )
      }
      await countIn(await advance(partition), rows.length).keep(rows)
      environment.onProgress((seen += rows.length))
    }
    const partitions = Math.max(
      body.stage.partitions?.(body.options) ?? 0,
      parts.length,
      waiting.length > 0 ? 1 : 0,
    )
    if (partitions > 0) await advance(partitions - 1)
    await closeLast()
    checkTotal(stage, rowsIn, done)
    const [first] = done
    if (first) first.tally.counters = counters
    const without = commits.flatMap((c) => (c.kind === 'failed' ? [c.partition] : []))
    if (!(await folder.createTotal(stage.dataset, { partitions, without, commits: done }))) {
      // Another attempt was first: its parts count, and these are nobody's.
      const files = done.flatMap((commit) => Object.values(commit.files))
      await Promise.all(files.map((f) => folder.store.remove(`${stage.dataset}/${f.path}`)))
    }
    const made = [...(await folder.readCommits(stage.dataset)).values()]
    return { commits: made.map((commit) => ({ stage: stage.id, commit })), partitions: made.length }
  } catch (error) {
    for (const { part } of parts.slice(done.length)) await part.abort()
    throw error
  } finally {
    sql.close()
    if (shared !== null) await folder.store.remove(shared)
  }
}

function countIn(part: PartWriter, rows: number): PartWriter {
  part.tally.rowsIn += rows
  return part
}

function checkTotal(stage: PlannedStage, rowsIn: number, commits: readonly Commit[]): void {
  const sum = commits.reduce((total, c) => addTally(total, c.tally), emptyTally())
  if (sum.rowsIn === rowsIn) return
  const message = `Expected ${stage.id} to account for ${rowsIn} rows, got ${sum.kept} kept + ${sum.dropped} dropped + ${sum.failed} failed`
  throw new PairloomError('PL_COUNTS', message, { data: { ...sum, stage: stage.id, rowsIn } })
}

async function inputCommits(
  folder: RunFolder,
  upstream: PlannedStage,
  { partitions, continuations }: Task,
  allowFailed: boolean,
): Promise<Commit[]> {
  const commits = await folder.readCommits(upstream.dataset)
  const first = Array.from({ length: partitions }, (_, partition) => partition)
  const others = [...commits.keys()].filter((p) => p >= partitions).sort((a, b) => a - b)
  const found = [...first, ...others].map((partition) => {
    const commit = commits.get(partition)
    if (commit?.kind === 'done' || (commit?.kind === 'failed' && allowFailed)) return commit
    const message = `Expected partition ${partition} of ${upstream.id} to be done, got ${commit?.kind ?? 'none'}: run again, or with --allow-failed`
    throw new PairloomError('PL_PARTITION_FAILED', message, { data: { stage: upstream.id, partition } })
  })
  if (others.length === continuations) return found
  const message = `Expected ${continuations} continuations of partitions of ${upstream.id}, got ${others.length}`
  throw new PairloomError('PL_NOT_FOUND', message, { data: { stage: upstream.id } })
}

/** Parquet files of the input; one without rows where there is none, so that the view has its columns. */
async function inputFiles(
  folder: RunFolder,
  upstream: PlannedStage,
  commits: readonly Commit[],
  scratch: string,
): Promise<string[]> {
  const files = commits.flatMap((c) => c.files.parquet?.path ?? [])
  if (files.length > 0) return files.map((path) => folder.store.locate(`${upstream.dataset}/${path}`))
  const rows: Row[] = []
  const store = fileStore(scratch)
  const writer = openTableWriter(upstream.columns, await store.writer('empty.parquet'))
  await writer.append(rows)
  await writer.close()
  return [store.locate('empty.parquet')]
}
