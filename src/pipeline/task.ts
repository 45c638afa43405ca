import type { Row } from '../core/column.ts'
import { addCounters } from '../core/counters.ts'
import { PairloomError } from '../core/error.ts'
import { runFilters } from '../core/filter-group.ts'
import type { SourcePart, StageContext } from '../core/stage.ts'
import { readTable } from '../table/parquet-read.ts'
import { openBytes, type TaskBytes } from './bytes.ts'
import { openPartWriter, type PartWriter } from './part-writer.ts'
import { bodyOf, type Plan, type PlannedStage } from './plan.ts'
import type { Registry } from './registry.ts'
import { earlierResults, withEarlier } from './reuse.ts'
import type { Commit, RunFolder } from './run-folder.ts'
import { runGlobal } from './task-global.ts'
import { publishSink, writeSink } from './task-sink.ts'

/** The unit that an engine hands to a worker, in JSON. */
export interface Task {
  kind: 'rows' | 'global' | 'sink' | 'publish'
  /** Ids of the stages, in order; more than one only for `rows`, which then run as one. */
  stages: string[]
  partition: number
  /** Names the files of this attempt. */
  attempt: string
  /** What a source reads, where the first stage is one. */
  source?: SourcePart
  /** Number of partitions that come in, for global stages and sinks. */
  partitions: number
}

export interface TaskResult {
  commits: { stage: string; commit: Commit }[]
  /** Number of partitions that a global stage made. */
  partitions?: number
}

/** What a task runs with. */
export interface TaskEnvironment {
  plan: Plan
  folder: RunFolder
  registry: Registry
  signal: AbortSignal
  /** A folder of the task's own. */
  scratch: string
  memoryBytes: number
  /** Rows that went into the first stage so far. */
  onProgress(rows: number): void
}

/**
 * Runs one task: the same for every engine.
 *
 * A task may run twice and counts once: its files carry the attempt's name, and its commits are made only if absent.
 * @throws PairloomError `PL_COMMIT_LOST` when another attempt was first; the rest is to be run from that one's result
 */
export async function runTask(task: Task, environment: TaskEnvironment): Promise<TaskResult> {
  const stages = task.stages.map((id) => plannedStage(environment.plan, id))
  switch (task.kind) {
    case 'rows':
      return runRows(task, stages, environment)
    case 'global':
      return runGlobal(task, stages[0]!, environment)
    case 'sink':
      return writeSink(task, stages[0]!, environment)
    case 'publish':
      return publishSink(task, stages[0]!, environment)
  }
}

export function plannedStage(plan: Plan, id: string): PlannedStage {
  const stage = plan.stages.find((s) => s.id === id)
  if (stage) return stage
  throw new PairloomError('PL_STAGE', `Expected a stage ${id} in the plan, got none`, { data: { stage: id } })
}

/** Everything of a context that is the same for all kinds of stages. */
export function stageContext(
  stage: PlannedStage,
  task: Task,
  environment: TaskEnvironment,
  own: Pick<StageContext, 'bytes' | 'drop' | 'count'>,
): StageContext<Record<string, unknown>> {
  const { plan, signal, scratch, memoryBytes } = environment
  return {
    options: stage.options,
    stage: stage.id,
    seed: seedOf(stage, environment),
    partition: task.partition,
    signal,
    network: plan.network,
    scratch,
    memoryBytes,
    ...own,
  }
}

function seedOf(stage: PlannedStage, { plan, registry }: TaskEnvironment): string {
  const code = registry.get(stage.use)
  return code && 'seeded' in code && code.seeded === true ? plan.seed : '0'
}

interface Link {
  stage: PlannedStage
  part: PartWriter
  bytes: TaskBytes
}

/** Source and row stages as one stream: each batch goes through all of them before the next is read. */
async function runRows(
  task: Task,
  stages: PlannedStage[],
  environment: TaskEnvironment,
): Promise<TaskResult> {
  const started = performance.now()
  const { folder, signal } = environment
  const links: Link[] = []
  try {
    for (const stage of stages) {
      const own = { dataset: stage.dataset, partition: task.partition, attempt: task.attempt }
      const bytes = openBytes(folder, writesBytes(stage, environment) ? own : null)
      links.push({ stage, bytes, part: await openPartWriter(folder, stage, task.partition, task.attempt) })
    }
    let rows: AsyncIterable<Row[]> | null = null
    for (const link of links) {
      rows = counted(
        link,
        await linkRows(link, rows ?? (await inputRows(task, stages[0]!, environment)), task, environment),
      )
    }
    let seen = 0
    for await (const batch of rows!) {
      signal.throwIfAborted()
      seen += batch.length
      environment.onProgress(links[0]!.part.tally.rowsIn || seen)
    }
    const result: TaskResult = { commits: [] }
    for (const { stage, part, bytes } of links) {
      const files = await part.close(bytes)
      const commit = finished(task, files, part, started)
      result.commits.push({ stage: stage.id, commit })
      if (await folder.createCommit(stage.dataset, commit)) continue
      await Promise.all(Object.values(files).map((f) => folder.store.remove(`${stage.dataset}/${f.path}`)))
      throw new PairloomError(
        'PL_COMMIT_LOST',
        `Partition ${task.partition} of ${stage.id} was committed by another attempt`,
        {
          data: { stage: stage.id, partition: task.partition },
        },
      )
    }
    return result
  } catch (error) {
    for (const { part, bytes } of links) {
      await part.abort()
      await bytes.abort()
    }
    throw error
  }
}

/** The rows of one stage, made from those that come in. */
async function linkRows(
  { stage, part, bytes }: Link,
  input: AsyncIterable<Row[]> | null,
  task: Task,
  environment: TaskEnvironment,
): Promise<AsyncIterable<Row[]>> {
  const body = bodyOf(stage, environment.registry)
  const context = stageContext(stage, task, environment, {
    bytes,
    drop: part.drop,
    count: (name, by = 1) => addCounters(part.tally.counters, { [name]: by }),
  })
  if (body.kind === 'stage' && body.stage.kind === 'source') {
    // What a source drops it has read: both count as rows that came in.
    const drop: StageContext['drop'] = (row, verdict) => {
      part.tally.rowsIn++
      part.drop(row, verdict)
    }
    return countedIn(part, body.stage.read(task.source!, { ...context, drop }))
  }
  const rows = countedIn(part, input!)
  if (body.kind === 'filters') return runFilters(body.members, rows, context)
  if (body.stage.kind !== 'row') throw new PairloomError('PL_STAGE', `Expected ${stage.id} to take rows`)
  const { reuseBy } = body.stage
  const code = body.stage
  if (!reuseBy || !stage.reuseKey) return code.process(rows, context)
  const earlier = await earlierResults(
    environment.folder,
    stage,
    task.partition,
    reuseBy,
    Object.keys(code.adds),
  )
  return withEarlier(earlier, reuseBy, rows, context, (fresh) => code.process(fresh, context))
}

async function inputRows(
  task: Task,
  first: PlannedStage,
  environment: TaskEnvironment,
): Promise<AsyncIterable<Row[]> | null> {
  if (first.from === null) return null
  return partRows(environment.folder, plannedStage(environment.plan, first.from), task.partition)
}

/** The rows that a committed partition hands on; none where it failed for good. */
export async function* partRows(
  folder: RunFolder,
  stage: PlannedStage,
  partition: number,
): AsyncGenerator<Row[]> {
  const commit = await folder.readCommit(stage.dataset, partition)
  if (!commit) {
    throw new PairloomError(
      'PL_NOT_FOUND',
      `Expected a commit of partition ${partition} in ${stage.dataset}, got none`,
    )
  }
  if (commit.files.parquet) yield* readTable(folder.store, `${stage.dataset}/${commit.files.parquet.path}`)
}

async function* countedIn(part: PartWriter, batches: AsyncIterable<Row[]>): AsyncGenerator<Row[]> {
  for await (const rows of batches) {
    part.tally.rowsIn += rows.length
    yield rows
  }
}

async function* counted({ part }: Link, batches: AsyncIterable<Row[]>): AsyncGenerator<Row[]> {
  for await (const rows of batches) {
    await part.keep(rows)
    yield rows
  }
}

export function finished(task: Task, files: Commit['files'], part: PartWriter, started: number): Commit {
  return {
    kind: 'done',
    partition: task.partition,
    attempt: task.attempt,
    files,
    tally: part.tally,
    refs: part.refs(),
    seconds: (performance.now() - started) / 1000,
    finishedAt: new Date().toISOString(),
  }
}

function writesBytes(stage: PlannedStage, { registry }: TaskEnvironment): boolean {
  const code = registry.get(stage.use)
  return code?.kind === 'row' && code.writesBytes === true
}
