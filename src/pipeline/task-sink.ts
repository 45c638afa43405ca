import { addCounters, emptyTally } from '../core/counters.ts'
import type { Row } from '../core/column.ts'
import { PairloomError } from '../core/error.ts'
import type { OutWriter, Sink, SinkPart, SinkContext, StageContext } from '../core/stage.ts'
import { fileStore } from '../store/file.ts'
import { openBytes } from './bytes.ts'
import { openPartWriter, type PartWriter } from './part-writer.ts'
import { bodyOf, type PlannedStage } from './plan.ts'
import type { RunFolder } from './run-folder.ts'
import {
  finished,
  partRows,
  plannedStage,
  stageContext,
  type Task,
  type TaskEnvironment,
  type TaskResult,
  startClock,
  withoutTakenDown,
} from './task-context.ts'

/**
 * Writes one partition of a sink into `<out>/<stage>/<fingerprint12>/`.
 *
 * Its rows are not written again into the run folder; the commit holds what was written, and rejects if there are any.
 */
export async function writeSink(
  task: Task,
  stage: PlannedStage,
  environment: TaskEnvironment,
): Promise<TaskResult> {
  const started = startClock()
  const { folder, plan } = environment
  const upstream = plannedStage(plan, stage.from!)
  const part = await openPartWriter(folder, stage, task.partition, task.attempt, { rows: false })
  const opened: OutWriter[] = []
  try {
    let dropped = 0
    const context = sinkContext(task, stage, environment, part, opened, () => dropped++)
    const sink = sinkOf(stage, environment)
    const written = await sink.write(
      withoutTakenDown(
        countedRows(partRows(folder, upstream, task.partition), part, environment),
        environment.takedowns,
        context.drop,
      ),
      context,
    )
    part.tally.kept = part.tally.rowsIn - dropped
    const commit = { ...finished(task, await part.close(null), part, started), sink: written }
    await folder.createCommit(stage.dataset, commit)
    return { commits: [{ stage: stage.id, commit }] }
  } catch (error) {
    await abortAll(opened)
    await part.abort()
    throw error
  }
}

/** Writes the index of a sink whose partitions are all written, then makes the data set the current one. */
export async function publishSink(
  task: Task,
  stage: PlannedStage,
  environment: TaskEnvironment,
): Promise<TaskResult> {
  await finishSink(task, stage, environment)
  await makeCurrent(environment.folder, environment.plan.out, stage)
  return { commits: [] }
}

/** Writes the index of a sink whose partitions are all written. */
export async function finishSink(
  task: Task,
  stage: PlannedStage,
  environment: TaskEnvironment,
): Promise<void> {
  const { folder, plan } = environment
  const commits = await folder.readCommits(stage.dataset)
  const without: number[] = []
  const parts: SinkPart[] = []
  for (let partition = 0; partition < task.partitions; partition++) {
    const commit = commits.get(partition)
    if (commit?.sink) parts.push(commit.sink)
    else if (commit?.kind === 'failed' && plan.allowFailed) without.push(partition)
    else {
      const message = `Expected partition ${partition} of ${stage.id} to be written, got ${commit?.kind ?? 'none'}`
      throw new PairloomError('PL_PARTITION_FAILED', message, { data: { stage: stage.id, partition } })
    }
  }
  const nothing = { tally: emptyTally(), drop: () => undefined } as unknown as PartWriter
  const opened: OutWriter[] = []
  const context = sinkContext(task, stage, environment, nothing, opened, () => undefined)
  const files = await sinkOf(stage, environment)
    .publish(parts, context)
    .catch(async (error: unknown) => {
      await abortAll(opened)
      throw error
    })
  await folder.createTotal(stage.dataset, { partitions: task.partitions, without, files })
}

/** Makes a data set the one that `current.json` names, in one step. */
export async function makeCurrent(folder: RunFolder, out: string, stage: PlannedStage): Promise<void> {
  const total = await folder.readTotal(stage.dataset)
  const commits = [...(await folder.readCommits(stage.dataset)).values()]
  const current = {
    dataset: stage.fingerprint.slice(0, 12),
    fingerprint: stage.fingerprint,
    format: stage.use,
    // Rows of files would count a shard and its index.
    rows: commits.reduce((sum, { tally }) => sum + tally.kept, 0),
    files: (total?.files ?? []).map((f) => f.path),
  }
  await fileStore(out)
    .at(stage.id)
    .replace('current.json', `${JSON.stringify(current, null, 1)}\n`)
}

/** The folder that a sink writes into. */
export function sinkFolder(out: string, stage: PlannedStage) {
  return fileStore(out).at(stage.id).at(stage.fingerprint.slice(0, 12))
}

function sinkContext(
  task: Task,
  stage: PlannedStage,
  environment: TaskEnvironment,
  part: PartWriter,
  opened: OutWriter[],
  onDrop: () => void,
): SinkContext<Record<string, unknown>> {
  const { folder, plan } = environment
  const own: Pick<StageContext, 'bytes' | 'drop' | 'count'> = {
    bytes: openBytes(folder, null),
    drop(row, verdict) {
      onDrop()
      part.drop(row, verdict)
    },
    count: (name, by = 1) => addCounters(part.tally.counters, { [name]: by }),
  }
  const out = sinkFolder(plan.out, stage)
  return {
    ...stageContext(stage, task, environment, own),
    partitions: task.partitions,
    columns: stage.columns,
    async create(path) {
      const file = await out.writer(path)
      opened.push(file)
      return file
    },
  }
}

/** What a sink left open when it threw. Files that it had closed stay. */
async function abortAll(opened: readonly OutWriter[]): Promise<void> {
  for (const file of opened) await file.abort()
}

function sinkOf(stage: PlannedStage, environment: TaskEnvironment): Sink {
  const body = bodyOf(stage, environment.registry)
  if (body.kind === 'stage' && body.stage.kind === 'sink') return body.stage
  throw new PairloomError('PL_STAGE', `Expected ${stage.id} to be a sink`)
}

async function* countedRows(
  batches: AsyncIterable<Row[]>,
  part: PartWriter,
  environment: TaskEnvironment,
): AsyncGenerator<Row[]> {
  for await (const rows of batches) {
    environment.signal.throwIfAborted()
    part.tally.rowsIn += rows.length
    environment.onProgress(part.tally.rowsIn)
    yield rows
  }
}
