import type { Row } from '../core/column.ts'
import type { BytesAccess, BytesRef } from '../core/stage.ts'

/** Reads in flight: enough to hide a disk's or an object store's latency. */
const READS = 16
const MAX_BYTES = 32 * 2 ** 20

/**
 * Rows with their pictures, in the order of the rows, several reads in flight.
 *
 * Memory: 16 pictures and at most 32 MiB of them (a larger picture alone), and one batch.
 */
export async function* readAhead(
  batches: AsyncIterable<Row[]>,
  bytes: Pick<BytesAccess, 'read'>,
): AsyncGenerator<{ row: Row; bytes: Buffer }> {
  const pending: { row: Row; bytes: Promise<Buffer>; length: number }[] = []
  let inFlight = 0

  async function next(): Promise<{ row: Row; bytes: Buffer }> {
    const first = pending.shift()!
    inFlight -= first.length
    return { row: first.row, bytes: await first.bytes }
  }
  for await (const rows of batches) {
    for (const row of rows) {
      const ref = row as Row & BytesRef
      while (pending.length === READS || (pending.length > 0 && inFlight + ref.bytes_length > MAX_BYTES))
        yield await next()
      const read = bytes.read(ref)
      // A read may fail before its turn; whoever awaits it in its turn hears of it.
      read.catch(() => undefined)
      pending.push({ row, bytes: read, length: ref.bytes_length })
      inFlight += ref.bytes_length
    }
  }
  while (pending.length > 0) yield await next()
}
