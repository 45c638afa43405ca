import type { Row } from '../core/column.ts'
import { PairloomError } from '../core/error.ts'
import type { SourcePart, StageContext } from '../core/stage.ts'
import type { Gate } from '../core/turn.ts'
import { TAKEN_DOWN, type Takedowns } from '../core/takedown.ts'
import { readTable } from '../table/parquet-read.ts'
import type { PartWriter } from './part-writer.ts'
import type { Plan, PlannedStage } from './plan.ts'
import type { Registry } from './registry.ts'
import type { Commit, RunFolder } from './run-folder.ts'

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
  /** Number of partitions that come in, continuations not counted. */
  partitions: number
  /** Number of continuations that come in beside them, for a global stage. */
  continuations: number
  /** When a stage that asks the network starts nothing more, ms since 1970. */
  deadline?: number
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
  gate: Gate
  /** A folder of the task's own. */
  scratch: string
  memoryBytes: number
  /** What was taken down when the task began. */
  takedowns: Takedowns
  /** Rows that went into the first stage so far. */
  onProgress(rows: number): void
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
  own: Pick<StageContext, 'bytes' | 'drop' | 'count'> & Partial<Pick<StageContext, 'defer'>>,
): StageContext<Record<string, unknown>> {
  const { plan, signal, gate, scratch, memoryBytes } = environment
  return {
    options: stage.options,
    stage: stage.id,
    seed: seedOf(stage, environment),
    partition: task.partition,
    link: linkOf(stage, task),
    signal,
    now: Date.now,
    deadline: task.deadline ?? null,
    defer() {
      throw new PairloomError('PL_STAGE', `Expected ${stage.id} to declare continues, as it defers rows`)
    },
    network: plan.network,
    gate,
    scratch,
    memoryBytes,
    isTakenDown: (row) => environment.takedowns.covers(row),
    ...own,
  }
}

function seedOf(stage: PlannedStage, { plan, registry }: TaskEnvironment): string {
  const code = registry.get(stage.use)
  return code && 'seeded' in code && code.seeded === true ? plan.seed : '0'
}

/** Which link of a chain a task runs: 0 for a partition itself. */
export function linkOf({ continues }: PlannedStage, { partition, partitions }: Task): number {
  return continues && partitions > 0 ? Math.floor(partition / partitions) : 0
}

/** The rows that a committed partition has left over. */
export async function* restRows(
  folder: RunFolder,
  { dataset }: PlannedStage,
  partition: number,
): AsyncGenerator<Row[]> {
  const rest = (await folder.readCommit(dataset, partition))?.files.rest
  if (!rest) {
    throw new PairloomError(
      'PL_NOT_FOUND',
      `Expected partition ${partition} of ${dataset} to leave rows over, got none`,
    )
  }
  yield* readTable(folder.store, `${dataset}/${rest.path}`)
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

/** Rows without those that are taken down, which are dropped. */
export async function* withoutTakenDown(
  batches: AsyncIterable<Row[]>,
  takedowns: Takedowns,
  drop: StageContext['drop'],
): AsyncGenerator<Row[]> {
  for await (const rows of batches) {
    yield rows.filter((row) => {
      if (!takedowns.covers(row)) return true
      drop(row, TAKEN_DOWN)
      return false
    })
  }
}

/** When a task began, on the clock and in what the process has used of processors. */
export interface Started {
  atMs: number
  cpu: NodeJS.CpuUsage
}

export function startClock(): Started {
  return { atMs: performance.now(), cpu: process.cpuUsage() }
}

export function finished(task: Task, files: Commit['files'], part: PartWriter, started: Started): Commit {
  // A worker runs one task at a time: all that its process uses meanwhile, on any thread, is used by the task.
  const { user, system } = process.cpuUsage(started.cpu)
  return {
    kind: 'done',
    partition: task.partition,
    attempt: task.attempt,
    files,
    tally: part.tally,
    refs: part.refs(),
    seconds: (performance.now() - started.atMs) / 1000,
    cpuSeconds: (user + system) / 1e6,
    finishedAt: new Date().toISOString(),
  }
}
