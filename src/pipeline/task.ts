import type { Row } from '../core/column.ts'
import { addedColumns } from '../core/added-columns.ts'
import { addCounters } from '../core/counters.ts'
import { PairloomError } from '../core/error.ts'
import { membersOf, runFilters } from '../core/filter-group.ts'
import type { StageContext } from '../core/stage.ts'
import { TAKEN_DOWN } from '../core/takedown.ts'
import { openBytes, type TaskBytes } from './bytes.ts'
import { openPartWriter, type PartWriter } from './part-writer.ts'
import { bodyOf, type PlannedStage } from './plan.ts'
import { earlierResults, withEarlier } from './reuse.ts'
import {
  finished,
  linkOf,
  partRows,
  plannedStage,
  restRows,
  stageContext,
  type Task,
  type TaskEnvironment,
  type TaskResult,
  startClock,
  withoutTakenDown,
} from './task-context.ts'
import { runGlobal } from './task-global.ts'
import { publishSink, writeSink } from './task-sink.ts'

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
  const started = startClock()
  const { folder, signal } = environment
  const links: Link[] = []
  try {
    for (const stage of stages) {
      const own = { dataset: stage.dataset, partition: task.partition, attempt: task.attempt }
      const bytes = openBytes(folder, writesBytes(stage, environment) ? own : null)
      const above = stage.continues ? plannedStage(environment.plan, stage.from!).columns : undefined
      const options = { rows: true, ...(above && { comesIn: above }) }
      const part = await openPartWriter(folder, stage, task.partition, task.attempt, options)
      links.push({ stage, bytes, part })
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
    defer: part.defer,
    count: (name, by = 1) => addCounters(part.tally.counters, { [name]: by }),
  })
  if (body.kind === 'stage' && body.stage.kind === 'source') {
    const { takedowns } = environment
    // What a source drops it has read: both count as rows that came in. A list or folder may hold what was purged from the
    // run: nothing of it is written again, not even as a reject.
    const drop: StageContext['drop'] = (row, verdict) => {
      part.tally.rowsIn++
      if (takedowns.covers(row)) part.drop({}, TAKEN_DOWN)
      else part.drop(row, verdict)
    }
    return countedIn(
      part,
      withoutTakenDown(body.stage.read(task.source!, { ...context, drop }), takedowns, drop),
    )
  }
  const all = countedIn(part, input!)
  if (body.kind === 'filters') {
    const identities = membersOf(body.group).map(
      async ({ filter, options }) => (await filter.identity?.(options)) ?? null,
    )
    if (stage.identity !== null) checkIdentity(stage, await Promise.all(identities))
    return runFilters(body.group, all, context)
  }
  if (body.stage.kind !== 'row') throw new PairloomError('PL_STAGE', `Expected ${stage.id} to take rows`)
  const code = body.stage
  const { reuseBy } = code
  // What asks the network asks for nothing that was taken down, nor takes what was fetched of it before.
  const rows = code.snapshot === true ? withoutTakenDown(all, environment.takedowns, part.drop) : all
  checkIdentity(stage, await code.identity?.(stage.options as never))
  // What a continuation takes up had no earlier result when its partition was read.
  if (!reuseBy || !stage.reuseKey || context.link > 0) return code.process(rows, context)
  const { folder, plan } = environment
  const results = {
    reuseBy,
    reuseWith: code.reuseWith?.(stage.options as never) ?? [],
    resultAt: code.resultAt,
    adds: addedColumns(code, stage.options),
  }
  const earlier = await earlierResults(folder, stage, task.partition, results, plan.rounds)
  return withEarlier(earlier, results, rows, context, (fresh) => code.process(fresh, context))
}

/** Codecs and lists of one cluster may differ, and the same run would then give other bytes on another day. */
function checkIdentity(stage: PlannedStage, identity: unknown): void {
  const expected = JSON.stringify(stage.identity ?? null)
  const got = JSON.stringify(identity ?? null)
  if (got === expected) return
  throw new PairloomError(
    'PL_WORKER_OTHER',
    `Expected a worker that runs ${stage.id} with ${expected}, as planned, got one with ${got}: install the same on all machines, and run again where a list was changed`,
    { data: { stage: stage.id, expected, got } },
  )
}

async function inputRows(
  task: Task,
  first: PlannedStage,
  environment: TaskEnvironment,
): Promise<AsyncIterable<Row[]> | null> {
  if (first.from === null) return null
  if (linkOf(first, task) > 0) return restRows(environment.folder, first, task.partition - task.partitions)
  return partRows(environment.folder, plannedStage(environment.plan, first.from), task.partition)
}

async function* countedIn(part: PartWriter, batches: AsyncIterable<Row[]>): AsyncGenerator<Row[]> {
  for await (const rows of batches) {
    part.tally.rowsIn += rows.length
    await part.relieve()
    yield rows
  }
}

async function* counted({ part }: Link, batches: AsyncIterable<Row[]>): AsyncGenerator<Row[]> {
  for await (const rows of batches) {
    await part.keep(rows)
    yield rows
  }
}

function writesBytes(stage: PlannedStage, { registry }: TaskEnvironment): boolean {
  const code = registry.get(stage.use)
  return (code?.kind === 'row' || code?.kind === 'source') && code.writesBytes === true
}
