import { describe, expect, it } from 'vitest'
import type { Row } from '../../src/core/column.ts'
import { openByteBudget } from '../../src/crawl/fetch-budget.ts'
import { finishInAnyOrder } from '../../src/crawl/fetch-window.ts'

async function* batchesOf(
  rows: number,
  batchRows: number,
  onRow = (_n: number) => {},
): AsyncGenerator<Row[]> {
  for (let from = 0; from < rows; from += batchRows) {
    const batch = Array.from({ length: Math.min(batchRows, rows - from) }, (_, i) => ({ n: from + i }))
    onRow(from)
    yield batch
  }
}

const turn = () => new Promise<void>((resolve) => void setImmediate(resolve))
const limits = (window: number, batchRows: number, stop = () => {}) => ({ window, batchRows, stop })

async function gather(stream: AsyncIterable<Row[]>): Promise<Row[][]> {
  const all: Row[][] = []
  for await (const rows of stream) all.push(rows)
  return all
}

describe('finishInAnyOrder', () => {
  it('gives each result once, in batches, without those that are null', async () => {
    const work = async (row: Row) => {
      if ((row.n as number) % 3 === 0) await turn()
      return (row.n as number) % 5 === 0 ? null : row
    }
    const batches = await gather(finishInAnyOrder(batchesOf(100, 7), limits(10, 6), work))
    const seen = batches.flat().map(({ n }) => n as number)
    expect([...seen].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, i) => i).filter((n) => n % 5 !== 0),
    )
    expect(batches.slice(0, -1).every((rows) => rows.length >= 6)).toBe(true)
  })

  it('has no more rows under way than its window', async () => {
    let [open, most] = [0, 0]
    const work = async (row: Row) => {
      most = Math.max(most, ++open)
      await turn()
      open--
      return row
    }
    await gather(finishInAnyOrder(batchesOf(200, 50), limits(8, 4), work))
    expect(most).toBe(8)
  })

  it('gives what is done while one row is not', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const stream = finishInAnyOrder(batchesOf(50, 10), limits(10, 5), async (row) => {
      if (row.n === 0) await held
      return row
    })
    let early = 0
    while (early < 45) early += ((await stream.next()).value as Row[]).length
    release()
    const rest = await gather(stream)
    expect(early + rest.flat().length).toBe(50)
  })

  it.each(['work', 'stream'])(
    'ends with the first error of the %s, and leaves no work behind',
    async (where) => {
      const stop = new AbortController()
      let open = 0
      const failing = async function* () {
        yield* batchesOf(10, 5)
        if (where === 'stream') throw new Error('broken stream')
        yield* batchesOf(1000, 5)
      }
      const work = async (row: Row) => {
        open++
        await new Promise<void>((resolve) => {
          if (row.n === 3 && where === 'work') setImmediate(resolve)
          else stop.signal.addEventListener('abort', () => setImmediate(resolve))
        })
        open--
        if (row.n === 3 && where === 'work') throw new Error('broken work')
        return row
      }
      await expect(
        gather(
          finishInAnyOrder(
            failing(),
            limits(20, 5, () => stop.abort()),
            work,
          ),
        ),
      ).rejects.toThrow(`broken ${where}`)
      expect(open).toBe(0)
    },
  )

  it('stops reading when its reader leaves', async () => {
    let read = 0
    const stream = finishInAnyOrder(
      batchesOf(1000, 5, (n) => (read = n)),
      limits(10, 5),
      async (row) => row,
    )
    await stream.next()
    await stream.return(undefined)
    expect(read).toBeLessThan(50)
  })
})

describe('openByteBudget', () => {
  it('grants in order, and what is released goes on', async () => {
    const budget = openByteBudget(100)
    const first = await budget.take(60)
    const granted: string[] = []
    const big = budget.take(50).then((lease) => (granted.push('big'), lease))
    const small = budget.take(10).then((lease) => (granted.push('small'), lease))
    expect(budget.tryTake(1)).toBeNull() // the small one would starve the big one for ever
    await turn()
    expect(granted).toEqual([])
    first.shrink(55)
    expect(await Promise.race([big, turn()])).toBeUndefined()
    first.shrink(40)
    await Promise.all([big, small])
    expect(granted).toEqual(['big', 'small'])
    ;(await big).release()
    ;(await small).release()
    first.release()
    expect(budget.tryTake(100)).not.toBeNull()
  })

  it('grants more than all of it when all is free', async () => {
    const budget = openByteBudget(100)
    const lease = await budget.take(1000)
    expect(budget.tryTake(1)).toBeNull()
    lease.release()
    expect(budget.tryTake(100)).not.toBeNull()
  })
})
