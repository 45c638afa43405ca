import { availableParallelism } from 'node:os'
import { addTally, emptyTally, type Tally } from '../core/counters.ts'
import { PairloomError, toPairloomError } from '../core/error.ts'
import { plural } from '../core/plural.ts'
import { fileStore } from '../store/file.ts'
import { emptySources } from './empty-sources.ts'
import type { RunEvent, StageProgress } from './event.ts'
import { checkFailureRate, type FailureBound } from './failure-rate.ts'
import { keepWaits } from './keep-waits.ts'
import type { Plan } from './plan.ts'
import { openSchedule } from './resume.ts'
import { claimRunFolder, withPlan, type Commit, type RunFolder } from './run-folder.ts'
import type { Schedule, Work } from './schedule.ts'
import { attemptName, sweepRun } from './sweep.ts'
import { enterRun } from './takedown/exclusive.ts'
import { plannedStage } from './task-context.ts'
import { sinkFolder } from './task-sink.ts'
import { wantedStages } from './wanted-stages.ts'
import { openWorkerPool, type WorkerPool } from './worker-pool.ts'

export interface RunOptions {
  /** Worker processes; default the number of cores. */
  workers?: number
  /** Stop after this stage. */
  to?: string
  /** Ask for nothing more after so long, ms from now; default the plan's. What is left ends as `deferred`. */
  deadlineMs?: number
  signal?: AbortSignal
  /** Attempts of a partition before it is failed for good. */
  attempts?: number
  /** Stops the run where more of a fetch fails. Default: however much fails, the run goes on. */
  failureBound?: FailureBound
  onEvent?: (event: RunEvent) => void
}

export interface RunSummary {
  run: string
  out: string
  seconds: number
  stages: { stage: string; tally: Tally; partitions: number }[]
  failed: { stage: string; partition: number }[]
  /** What to look at although nothing failed: sources that gave no row. Sentences. */
  notes: string[]
}

const GRACE_MS = 10_000

/**
 * Runs a plan on this machine: does what is not committed yet, and nothing else.
 *
 * @throws PairloomError with effect `abort`; `PL_PARTITION_FAILED` after everything that could be done is done;
 *   `PL_FAILURE_RATE` beyond the bound on failures; `PL_INTERRUPTED` when the signal fired. Running the same plan again goes on from there.
 */
export async function runPlan(plan: Plan, options: RunOptions = {}): Promise<RunSummary> {
  wantedStages(plan, options.to)
  const folder = await claimRunFolder(plan)
  const leave = await enterRun(folder)
  try {
    return await runStages(plan, folder, options)
  } finally {
    await leave()
  }
}

async function runStages(plan: Plan, folder: RunFolder, options: RunOptions): Promise<RunSummary> {
  const started = performance.now()
  const emit = options.onEvent ?? (() => undefined)
  const stages = wantedStages(plan, options.to)
  const workers = options.workers ?? availableParallelism()
  // Hours of crawling should not end at an output folder that was never writable.
  if (stages.some((s) => s.kind === 'sink')) await (await fileStore(plan.out).writer('probe')).abort()
  await folder.writeRunFile(withPlan(await folder.readRunFile(), plan))
  await sweepRun(folder, plan)
  emit({
    event: 'start',
    name: plan.name,
    run: plan.run,
    out: plan.out,
    workers,
    stages: stages.map((s) => s.id),
  })

  const tallies = new Map(stages.map((s) => [s.id, emptyTally()]))
  const signal = options.signal ?? new AbortController().signal
  const schedule = await openSchedule(plan, stages, folder, tallies, emit, signal).catch((error: unknown) => {
    throw signal.aborted ? interruptedError() : error
  })
  const pool = await openWorkerPool(plan, workers)
  const deadlineMs = options.deadlineMs ?? plan.deadlineMs
  const deadline = deadlineMs === null ? null : { deadline: Date.now() + deadlineMs }
  const waits = keepWaits(pool, folder)
  try {
    await work({ plan, folder, schedule, pool, tallies, emit, deadline, signal, options })
  } finally {
    await pool.close()
    await waits.close()
  }
  const done = stages.map((s) => ({
    stage: s.id,
    tally: tallies.get(s.id)!,
    partitions: schedule.progress(s.id).done,
  }))
  const seconds = (performance.now() - started) / 1000
  const failed = schedule.failed()
  const isWhole = (stage: string, partitions: number) =>
    partitions === schedule.progress(stage).partitions && !failed.some((f) => f.stage === stage)
  const notes = await emptySources(
    plan,
    done.filter((s) => isWhole(s.stage, s.partitions)),
  )
  emit({ event: 'end', seconds, stages: done, notes })
  if (options.failureBound) checkFailureRate(plan, tallies, options.failureBound)
  if (failed.length > 0 && !plan.allowFailed) {
    const names = failed.slice(0, 5).map((f) => `${f.stage} ${f.partition}`)
    const message = `${plural(failed.length, 'partition')} failed for good (${names.join(', ')}): run again to try them again, or with --allow-failed to go on without`
    throw new PairloomError('PL_PARTITION_FAILED', message, { data: { failed } })
  }
  return { run: plan.run, out: plan.out, seconds, stages: done, failed, notes }
}

interface Loop {
  plan: Plan
  folder: RunFolder
  schedule: Schedule
  pool: WorkerPool
  tallies: Map<string, Tally>
  emit: (event: RunEvent) => void
  deadline: { deadline: number } | null
  signal: AbortSignal
  options: RunOptions
}

/** Hands out tasks until none is left, or until the first error that stops the run. */
async function work(loop: Loop): Promise<void> {
  const { schedule, pool, emit, signal } = loop
  const running = new Set<Promise<void>>()
  let stop: PairloomError | null = null
  const interrupted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  const ticker = setInterval(() => emit(progressOf(loop)), 1000)
  const attempts = new Map<string, number>()
  try {
    while (!stop && !signal.aborted) {
      const next = running.size < pool.size ? schedule.next() : null
      if (next) {
        const ended: Promise<void> = runWork(loop, next, attempts)
          .catch((error: unknown) => void (stop ??= toPairloomError(error)))
          .finally(() => running.delete(ended))
        running.add(ended)
        continue
      }
      if (running.size === 0) return
      await Promise.race([...running, interrupted])
    }
  } finally {
    clearInterval(ticker)
  }
  await pool.cancel(GRACE_MS)
  await Promise.all(running)
  // A signal to the whole group ends workers too: their crashes are no news then.
  const failure = stop as PairloomError | null
  if (failure && !signal.aborted) throw failure
  throw interruptedError()
}

function interruptedError(): PairloomError {
  return new PairloomError(
    'PL_INTERRUPTED',
    'The run was interrupted; the same command goes on where it stopped',
  )
}

/** Runs one task to its end: done, done by another, to be done again, or failed for good. */
async function runWork(loop: Loop, work: Work, attempts: Map<string, number>): Promise<void> {
  const { plan, folder, schedule, pool, emit, deadline, signal, options } = loop
  const key = `${work.kind} ${work.stages[0]} ${work.partition}`
  try {
    const result = await pool.run({ ...work, ...deadline, attempt: attemptName() })
    await tell(loop, work, result.commits, result.partitions)
    schedule.finish(work, result.commits, result.partitions)
    if (options.failureBound) checkFailureRate(plan, loop.tallies, options.failureBound)
  } catch (error) {
    const failure = toPairloomError(error)
    if (signal.aborted || failure.effect === 'abort') {
      throw failure
    }
    // Stages of the chain may be committed although the task failed: by it, before it died, or by another.
    const committed = await committedOf(loop, work)
    await tell(loop, work, committed)
    if (committed.some((c) => c.stage === work.stages.at(-1))) {
      schedule.finish(work, committed)
      return
    }
    const [stage] = work.stages
    const attempt = (attempts.get(key) ?? 0) + (failure.code === 'PL_COMMIT_LOST' ? 0 : 1)
    attempts.set(key, attempt)
    if (attempt < (options.attempts ?? 3)) {
      emit({
        event: 'retry',
        stage: stage!,
        partition: work.partition,
        attempt,
        code: failure.code,
        message: failure.message,
      })
      await new Promise((resolve) => setTimeout(resolve, 100 * 4 ** attempt))
      schedule.again(work, committed)
      return
    }
    if (work.kind === 'publish' || work.kind === 'global') throw stopped(failure, stage!)
    emit({
      event: 'failed',
      stage: stage!,
      partition: work.partition,
      code: failure.code,
      message: failure.message,
    })
    const commits = []
    for (const id of [...work.stages, ...rowStagesBelow(plan, work.stages.at(-1)!)]) {
      if (committed.some((c) => c.stage === id)) continue
      const commit = failedCommit(work, failure)
      await folder.createCommit(plannedStage(plan, id).dataset, commit)
      commits.push({ stage: id, commit })
    }
    schedule.finish(work, commits)
  }
}

/** Stages below that take a partition as it is: what has failed above has failed for them. */
function rowStagesBelow(plan: Plan, id: string): string[] {
  return plan.stages
    .filter((s) => s.from === id && s.kind !== 'global')
    .flatMap((s) => [s.id, ...rowStagesBelow(plan, s.id)])
}

function stopped(failure: PairloomError, stage: string): PairloomError {
  return new PairloomError(
    'PL_PARTITION_FAILED',
    `Stage ${stage} failed after its attempts: ${failure.message}`,
    {
      data: { stage, code: failure.code },
      cause: failure,
    },
  )
}

/** What the winner of a lost race has committed of these stages. */
async function committedOf({ plan, folder }: Loop, work: Work): Promise<{ stage: string; commit: Commit }[]> {
  const commits: { stage: string; commit: Commit }[] = []
  if (work.kind !== 'rows') return commits
  for (const id of work.stages) {
    const commit = await folder.readCommit(plannedStage(plan, id).dataset, work.partition)
    if (commit) commits.push({ stage: id, commit })
  }
  return commits
}

async function tell(
  { plan, folder, schedule, tallies, emit }: Loop,
  work: Work,
  commits: readonly { stage: string; commit: Commit }[],
  made?: number,
): Promise<void> {
  for (const { stage, commit } of commits) {
    addTally(tallies.get(stage)!, commit.tally)
    const bytes = Object.values(commit.files).reduce((sum, f) => sum + f.bytes, 0)
    const shards = (commit.sink?.files ?? []).reduce((sum, f) => sum + f.bytes, 0)
    const { done, partitions } = schedule.progress(stage)
    emit({
      event: 'task',
      stage,
      partition: commit.partition,
      done: made === undefined ? done + 1 : commit.partition + 1,
      partitions: made ?? partitions,
      tally: commit.tally,
      deferred: commit.files.rest?.rows ?? 0,
      bytes: bytes + shards,
      seconds: commit.seconds,
    })
  }
  if (work.kind !== 'publish') return
  const stage = plannedStage(plan, work.stages[0]!)
  const { root } = sinkFolder(plan.out, stage)
  const { kept } = tallies.get(stage.id)!
  // A partition without rows makes no shard.
  const written = [...(await folder.readCommits(stage.dataset)).values()].flatMap((c) =>
    c.sink?.files.length ? [c.sink] : [],
  )
  const bytes = written.flatMap((part) => part.files).reduce((sum, f) => sum + f.bytes, 0)
  emit({ event: 'published', stage: stage.id, folder: root, shards: written.length, rows: kept, bytes })
}

function failedCommit(work: Work, error: PairloomError): Commit {
  return {
    kind: 'failed',
    partition: work.partition,
    attempt: '',
    files: {},
    tally: emptyTally(),
    refs: [],
    seconds: 0,
    finishedAt: new Date().toISOString(),
    error: { code: error.code, message: error.message },
  }
}

function progressOf({ plan, schedule, pool, tallies }: Loop): RunEvent {
  const running = pool.progress()
  const stages = [...tallies].map(([stage, tally]): StageProgress => {
    const now = running.filter(({ task }) => task.stages[0] === stage).reduce((sum, r) => sum + r.rows, 0)
    const { dropped, failed, rowsIn } = tally
    return { stage, ...schedule.progress(stage), rows: rowsIn + now, dropped, failed }
  })
  const rssBytes = running.reduce((sum, r) => sum + r.rssBytes, 0)
  return {
    event: 'progress',
    stages: stages.filter((s) => plannedStage(plan, s.stage)),
    running: running.length,
    rssBytes,
  }
}
