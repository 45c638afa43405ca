/**
 * The results of work on items, in their order, with so many of them worked on at once.
 *
 * Whoever stops early, as does work that fails, waits for what is in flight: stop is to end that.
 * Memory: that many results.
 */
export async function* ahead<T, R>(
  items: Iterable<T>,
  inFlight: number,
  work: (item: T) => Promise<R>,
  stop: () => void = () => undefined,
): AsyncGenerator<R> {
  const pending: Promise<R>[] = []
  try {
    for (const item of items) {
      if (pending.length >= inFlight) yield await pending.shift()!
      const result = work(item)
      // It may fail before its turn; whoever awaits it in its turn hears of it.
      result.catch(() => undefined)
      pending.push(result)
    }
    while (pending.length > 0) yield await pending.shift()!
  } finally {
    if (pending.length > 0) {
      stop()
      await Promise.allSettled(pending)
    }
  }
}
