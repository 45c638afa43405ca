import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { toPairloomError, type PairloomError } from '../core/error.ts'
import type { TurnCall } from '../core/turns.ts'
import { linkedGate, type Grants } from './gate-link.ts'
import type { Plan } from './plan.ts'
import { openRegistry } from './registry.ts'
import { openRunFolder } from './run-folder.ts'
import { readTakedowns } from './takedown/tombstones.ts'
import { runTask } from './task.ts'
import type { Task, TaskResult } from './task-context.ts'

/** What a coordinator says to a worker process. */
export type ToWorker =
  | { type: 'start'; plan: Plan; scratch: string; memoryBytes: number }
  | { type: 'task'; task: Task }
  | { type: 'cancel' }
  | { type: 'granted'; grants: Grants }

/** What a worker process says: a heartbeat every second, and how a task ended. */
export type FromWorker =
  | { type: 'ready' }
  | { type: 'beat'; rows: number; rssBytes: number }
  | { type: 'gate'; calls: TurnCall[] }
  | { type: 'done'; result: TaskResult }
  | { type: 'error'; error: { code: string; message: string; data: Record<string, unknown> } }

/** Runs tasks, one at a time, as a child process of a coordinator, and ends with it. */
function serve(): void {
  let start: Extract<ToWorker, { type: 'start' }> | undefined
  let cancel = new AbortController()
  let rows = 0
  // A coordinator that is gone hears nothing; 'disconnect' ends this process.
  const say = (message: FromWorker) => process.send?.(message, undefined, undefined, () => undefined)
  const turns = linkedGate((calls) => say({ type: 'gate', calls }))

  async function run(task: Task): Promise<void> {
    const { plan, scratch: base, memoryBytes } = start!
    const scratch = join(base, task.attempt)
    rows = 0
    try {
      await mkdir(scratch, { recursive: true })
      const registry = await openRegistry(plan.plugins)
      const folder = openRunFolder(plan.run)
      const onProgress = (seen: number) => void (rows = seen)
      const result = await runTask(task, {
        plan,
        folder,
        registry,
        signal: cancel.signal,
        gate: turns.gate,
        scratch,
        memoryBytes,
        takedowns: await readTakedowns(folder),
        onProgress,
      })
      say({ type: 'done', result })
    } catch (error) {
      const failure = toPairloomError(error, cancel.signal.aborted ? 'PL_INTERRUPTED' : 'PL_STAGE')
      say({
        type: 'error',
        error: { ...failure.toJSON(), message: failure.message + placeOf(failure, error) },
      })
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
  }

  process.on('message', (message: ToWorker) => {
    if (message.type === 'start') start = message
    else if (message.type === 'cancel') cancel.abort()
    else if (message.type === 'granted') turns.hear(message.grants)
    else {
      cancel = new AbortController()
      void run(message.task)
    }
  })
  // A worker without its coordinator would write for nobody.
  process.on('disconnect', () => process.exit(1))
  // Ctrl-C reaches the whole process group: the coordinator decides what it means.
  process.on('SIGINT', () => undefined)
  setInterval(() => say({ type: 'beat', rows, rssBytes: process.memoryUsage.rss() }), 1000).unref()
  say({ type: 'ready' })
}

/** Where an error that no stage has named was thrown, for those who write a stage. */
function placeOf({ code }: PairloomError, error: unknown): string {
  const frame =
    code === 'PL_STAGE' && error instanceof Error ? /\n\s+at (.+)/.exec(error.stack ?? '')?.[1] : undefined
  return frame === undefined ? '' : ` (at ${frame})`
}

serve()
