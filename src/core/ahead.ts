/**
 * The results of work on items, in their order, with so many of them worked on at once.
 *
 * Memory: that many results. Whoever stops early leaves what is in flight behind.
 */
export async function* ahead<T, R>(
  items: Iterable<T>,
  inFlight: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const pending: Promise<R>[] = []
  for (const item of items) {
    if (pending.length >= inFlight) yield await pending.shift()!
    const result = work(item)
    // It may fail before its turn; whoever awaits it in its turn hears of it.
    result.catch(() => undefined)
    pending.push(result)
  }
  while (pending.length > 0) yield await pending.shift()!
}
