import { describe, expect, it } from 'vitest'
import type { Row } from '../../src/core/column.ts'
import { readAhead } from '../../src/shard/read-ahead.ts'

describe('readAhead', () => {
  it('gives pictures in the order of the rows, whatever order the reads end in', async () => {
    const { bytes, waiting } = heldReads()
    const stream = readAhead(batchesOf(rowsOf([1, 2, 3])), bytes)
    const first = stream.next()
    await settled()
    for (const done of waiting.splice(0).reverse()) done()
    const found = [(await first).value, (await stream.next()).value, (await stream.next()).value]
    expect(found.map((f) => [f!.row.uid, f!.bytes.length])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ])
  })

  it.each([
    { lengths: Array.from({ length: 40 }, () => 1000), inFlight: 16 },
    { lengths: Array.from({ length: 40 }, () => 8 * 2 ** 20), inFlight: 4 }, // 32 MiB
    { lengths: [64 * 2 ** 20, 1], inFlight: 1 }, // too large: alone
  ])('keeps $inFlight reads in flight', async ({ lengths, inFlight }) => {
    const { bytes, waiting } = heldReads()
    const stream = readAhead(batchesOf(rowsOf(lengths), 3), bytes)
    const first = stream.next()
    await settled()
    expect(waiting.length).toBe(inFlight)
    waiting[0]!()
    await first
    await stream.return(undefined)
  })

  it('fails in the turn of the row whose read failed', async () => {
    const read = ({ bytes_length }: { bytes_length: number }) =>
      bytes_length === 3 ? Promise.reject(new Error('gone')) : Promise.resolve(Buffer.alloc(0))
    const found: unknown[] = []
    const run = async () => {
      for await (const { row } of readAhead(batchesOf(rowsOf([1, 2, 3, 4])), { read })) found.push(row.uid)
    }
    await expect(run()).rejects.toThrow('gone')
    expect(found).toEqual([0, 1])
  })
})

/** Reads that end when the test says so. */
function heldReads() {
  const waiting: (() => void)[] = []
  const read = ({ bytes_length }: { bytes_length: number }) =>
    new Promise<Buffer>((resolve) => waiting.push(() => resolve(Buffer.alloc(Math.min(bytes_length, 1000)))))
  return { bytes: { read }, waiting }
}

function rowsOf(lengths: number[]): Row[] {
  return lengths.map((bytes_length, uid) => ({ uid, bytes_length }))
}

async function* batchesOf(rows: Row[], size = rows.length): AsyncGenerator<Row[]> {
  for (let i = 0; i < rows.length; i += size) yield await Promise.resolve(rows.slice(i, i + size))
}

/** Lets every promise that can go on do so. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
