import type { RunFolder } from './run-folder.ts'
import type { WorkerPool } from './worker-pool.ts'

/** Hosts, addresses and limits that are kept. */
const MOST = 20
/** How often they are written while the run goes on, ms. */
const EVERY_MS = 10_000

/**
 * Writes what requests wait for the longest to the run folder, for `status`: now and then, and when it is closed. A run
 * that asks for nothing leaves what the one before it wrote. Never throws: what ends a run are its own files.
 */
export function keepWaits(pool: WorkerPool, folder: RunFolder): { close(): Promise<void> } {
  const started = performance.now()
  let writing: Promise<void> = Promise.resolve()

  async function write(): Promise<void> {
    const waits = pool.longestWaits(MOST)
    if (waits.length === 0) return
    const seconds = Math.round((performance.now() - started) / 1000)
    await folder.writeWaits({ at: new Date().toISOString(), seconds, waits })
  }
  function next(): void {
    writing = writing.then(write).catch(() => undefined)
  }
  const timer = setInterval(next, EVERY_MS)

  return {
    async close() {
      clearInterval(timer)
      next()
      await writing
    },
  }
}
