import type { Row } from '../core/column.ts'

/**
 * Runs work on the rows of a stream, up to `window` at once, and gives what it gives as it finishes, in batches.
 *
 * Null results are left out. The first error of the stream or the work ends everything and is thrown. However it
 * ends, `stop` is called to abort work under way, and none is left when the generator has ended.
 * Memory: `window` rows in work, and finished ones of at most that number.
 */
export async function* finishInAnyOrder(
  batches: AsyncIterable<Row[]>,
  limits: { window: number; batchRows: number; stop(): void },
  work: (row: Row) => Promise<Row | null>,
): AsyncGenerator<Row[]> {
  const changes = openSignal()
  let open = 0
  let isRead = false
  let isLeft = false
  let finished: Row[] = []
  const failures: unknown[] = []

  async function one(row: Row): Promise<void> {
    try {
      const result = await work(row)
      if (result !== null) finished.push(result)
    } catch (error) {
      failures.push(error)
    }
    open--
    changes.raise()
  }
  async function feed(): Promise<void> {
    try {
      for await (const rows of batches) {
        for (const row of rows) {
          while (open + finished.length >= limits.window && failures.length === 0 && !isLeft)
            await changes.next()
          if (failures.length > 0 || isLeft) return
          open++
          void one(row)
        }
      }
    } catch (error) {
      failures.push(error)
    } finally {
      isRead = true
      changes.raise()
    }
  }

  const feeding = feed()
  try {
    for (;;) {
      if (failures.length > 0) throw failures[0]
      const isDone = isRead && open === 0
      if (finished.length >= Math.min(limits.batchRows, limits.window) || (isDone && finished.length > 0)) {
        const rows = finished
        finished = []
        changes.raise()
        yield rows
      } else if (isDone) {
        return
      } else {
        await changes.next()
      }
    }
  } finally {
    isLeft = true
    limits.stop()
    changes.raise()
    await feeding
    while (open > 0) await changes.next()
  }
}

/** Wakes everyone who waits for the next change. */
function openSignal(): { raise(): void; next(): Promise<void> } {
  let waiting: (() => void)[] = []
  return {
    raise() {
      const woken = waiting
      waiting = []
      for (const wake of woken) wake()
    },
    next: () => new Promise((resolve) => void waiting.push(resolve)),
  }
}
