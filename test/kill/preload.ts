import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync, writeFileSync } from 'node:fs'

/** One thing that a process did to the store, the same in every run of the same pipeline. */
export interface StoreStep {
  role: 'run' | 'worker'
  event: string
  /** Without what differs between two runs: the attempt's name. */
  path: string
}

/** Where to die: at the first such step, once in all (`marker` is made just before). */
export interface KillOrder extends StoreStep {
  /** The process that does the step, or the coordinator above it. */
  target: 'self' | 'run'
  marker: string
}

export function stepOf({ event, path }: { event: string; path: string }): StoreStep {
  const role = /worker\.[jt]s$/.test(process.argv[1] ?? '') ? 'worker' : 'run'
  return { role, event, path: path.replace(/([./])[0-9a-f]{8}-\d+-[0-9a-z]+\./, '$1') }
}

// Loaded by --import into the coordinator and, through NODE_OPTIONS, into its workers.
const { PAIRLOOM_TEST_STEPS: log, PAIRLOOM_TEST_KILL: kill } = process.env
if (log !== undefined || kill !== undefined) {
  const order = kill === undefined ? null : (JSON.parse(kill) as KillOrder)
  subscribe('pairloom:store', (message) => {
    const step = stepOf(message as { event: string; path: string })
    if (log !== undefined) appendFileSync(log, `${JSON.stringify(step)}\n`)
    if (!order || order.role !== step.role || order.event !== step.event || order.path !== step.path) return
    try {
      writeFileSync(order.marker, '', { flag: 'wx' })
    } catch {
      return // It has happened.
    }
    process.kill(order.target === 'run' && step.role === 'worker' ? process.ppid : process.pid, 'SIGKILL')
    // The signal to another process may take a moment; nothing more may be done meanwhile.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  })
}
