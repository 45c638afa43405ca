import { fork, type ChildProcess } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { makeScratch, sweepScratch } from '../store/scratch.ts'
import { PairloomError, type ErrorCode } from '../core/error.ts'
import type { LaneWait } from '../core/lane-waits.ts'
import { openTurns } from '../core/turns.ts'
import { turnsOf } from './gate-link.ts'
import type { Plan } from './plan.ts'
import type { Task, TaskResult } from './task-context.ts'
import type { FromWorker, ToWorker } from './worker.ts'

/** Runs tasks somewhere: in processes of this machine now, on other machines later. */
export interface WorkerPool {
  readonly size: number
  readonly busy: number
  /** Rows that the running tasks have read. */
  progress(): { task: Task; rows: number; rssBytes: number }[]
  /** What had requests of all tasks waiting for the longest time so far. */
  longestWaits(most: number): LaneWait[]
  /** @throws PairloomError what the task threw, or `PL_TASK_CRASHED` when its process died */
  run(task: Task): Promise<TaskResult>
  /** Asks the running tasks to stop; after graceMs their processes are killed. */
  cancel(graceMs: number): Promise<void>
  close(): Promise<void>
}

interface Worker {
  child: ChildProcess
  task: Task | null
  rows: number
  rssBytes: number
  lastBeat: number
  idleSince: number
  killedFor: string | null
  turns: ReturnType<typeof turnsOf>
  settle: { resolve(result: TaskResult): void; reject(error: Error): void } | null
}

/** A process that has said nothing for so long is stuck, ms. */
const SILENCE_MS = 120_000
/** A process that has had no task for so long is ended; starting another costs a second. ms. */
const IDLE_MS = 3000

/**
 * Worker processes on this machine, forked when first needed and kept warm.
 *
 * They take turns at hosts and addresses here, so limits hold over all of them. One over the plan's memory is killed, and its task ends as `PL_TASK_CRASHED`; the next task gets a new process.
 */
export async function openWorkerPool(plan: Plan, size: number): Promise<WorkerPool> {
  await sweepScratch()
  const scratch = await makeScratch()
  const memoryBytes = plan.memoryMiB * 2 ** 20
  const workers = new Set<Worker>()
  const turns = openTurns()

  function spawn(): Worker {
    // The same file as this one's neighbour: source while developing, compiled in the package.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const child = fork(new URL(`./worker.${extension}`, import.meta.url), [], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // Rows live for a batch: a small young generation collects them as well and holds 150 MiB less a worker. What
      // stays is near 40 MiB from the start: room for it saves a full collection every 75 pictures.
      execArgv: [...process.execArgv, '--max-semi-space-size=4', '--initial-old-space-size=128'],
    })
    const worker: Worker = {
      child,
      task: null,
      rows: 0,
      rssBytes: 0,
      lastBeat: Date.now(),
      idleSince: Date.now(),
      killedFor: null,
      turns: turnsOf(turns, (grants) => tell(worker, { type: 'granted', grants })),
      settle: null,
    }
    workers.add(worker)
    child.on('message', (message: FromWorker) => hear(worker, message))
    const ended = (why: string, data: Record<string, unknown>) => {
      workers.delete(worker)
      worker.turns.clear()
      const at = worker.task
        ? `${worker.task.stages.join('+')} partition ${worker.task.partition}`
        : 'no task'
      const message = `A worker process died while it ran ${at}: ${why}`
      worker.settle?.reject(new PairloomError('PL_TASK_CRASHED', message, { data: { ...data, why } }))
    }
    child.on('error', (error) => {
      // A process that could not be started never exits; other errors are followed by their exit.
      if (child.pid === undefined) ended(`it could not be started (${error.message})`, {})
    })
    child.on('exit', (code, signal) =>
      ended(worker.killedFor ?? `it ended with ${signal ?? `code ${code}`}`, { code, signal }),
    )
    tell(worker, { type: 'start', plan, scratch, memoryBytes })
    return worker
  }

  function hear(worker: Worker, message: FromWorker): void {
    worker.lastBeat = Date.now()
    if (message.type === 'beat') {
      worker.rows = message.rows
      worker.rssBytes = message.rssBytes
      if (message.rssBytes > memoryBytes) {
        const [held, limit] = [message.rssBytes, memoryBytes].map((b) => Math.round(b / 2 ** 20))
        kill(worker, `it held ${held} MiB of ${limit} MiB (memoryMiB)`)
      }
    } else if (message.type === 'gate') {
      worker.turns.hear(message.calls)
    } else if (message.type !== 'ready') {
      const { settle } = worker
      // A task that has ended sends nothing more.
      worker.turns.clear()
      worker.settle = null
      worker.task = null
      worker.idleSince = Date.now()
      if (message.type === 'done') settle?.resolve(message.result)
      else settle?.reject(fromWorker(message.error))
    }
  }

  function kill(worker: Worker, why: string): void {
    worker.killedFor ??= why
    worker.child.kill('SIGKILL')
  }
  const watch = setInterval(() => {
    for (const worker of workers) {
      // While others run a global stage, an idle one would only hold memory.
      if (!worker.task && Date.now() - worker.idleSince > IDLE_MS) kill(worker, 'it had nothing to do')
      if (worker.task && Date.now() - worker.lastBeat > SILENCE_MS)
        kill(worker, `it said nothing for ${SILENCE_MS / 1000} s`)
    }
  }, 1000)
  watch.unref()

  return {
    size,
    get busy() {
      return [...workers].filter((w) => w.task).length
    },
    progress: () =>
      [...workers].flatMap(({ task, rows, rssBytes }) => (task ? [{ task, rows, rssBytes }] : [])),
    longestWaits: (most) => turns.longestWaits(most),
    run(task) {
      const worker = [...workers].find((w) => !w.task && w.killedFor === null && w.child.connected) ?? spawn()
      worker.task = task
      worker.rows = 0
      worker.lastBeat = Date.now()
      return new Promise<TaskResult>((resolve, reject) => {
        worker.settle = { resolve, reject }
        tell(worker, { type: 'task', task })
      })
    },
    async cancel(graceMs) {
      const ended = [...workers]
        .filter((w) => w.task)
        .map((w) => {
          tell(w, { type: 'cancel' })
          return new Promise<void>((resolve) => {
            const poll = setInterval(() => {
              if (w.task && workers.has(w)) return
              clearInterval(poll)
              resolve()
            }, 20)
          })
        })
      const timer = setTimeout(() => {
        for (const w of workers) kill(w, 'the run was stopped')
      }, graceMs)
      await Promise.all(ended)
      clearTimeout(timer)
    },
    async close() {
      clearInterval(watch)
      const gone = [...workers].map(
        (w) => new Promise<void>((resolve) => w.child.once('exit', () => resolve())),
      )
      for (const w of workers) kill(w, 'the run ended')
      await Promise.all(gone)
      await rm(scratch, { recursive: true, force: true })
    },
  }
}

function tell(worker: Worker, message: ToWorker): void {
  // A child that died meanwhile is heard of by its exit.
  worker.child.send(message, () => undefined)
}

function fromWorker(error: { code: string; message: string; data: Record<string, unknown> }): PairloomError {
  return new PairloomError(error.code as ErrorCode, error.message, { data: error.data })
}
