import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openHostQueues } from '../../src/crawl/polite.ts'

/** Work that is under way until it is let go. */
function openWork() {
  const running: { name: string; end(): void }[] = []
  const started: string[] = []
  return {
    started,
    start: (name: string) => () => {
      started.push(name)
      return new Promise<void>((resolve) => void running.push({ name, end: resolve }))
    },
    atOnce: () => running.map(({ name }) => name).sort(),
    async endFirst(): Promise<void> {
      running.shift()!.end()
      await flush()
    },
  }
}

async function flush(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

describe('openHostQueues', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => void vi.useRealTimers())

  const open = (perHost: number, concurrency: number, signal = new AbortController().signal) =>
    openHostQueues({ perHost, concurrency, signal })

  it('runs at most perHost of a host and concurrency of all', async () => {
    const [queues, work] = [open(2, 5), openWork()]
    for (const host of ['a', 'b', 'c'])
      for (let i = 1; i <= 3; i++) void queues.run(host, work.start(`${host}${i}`))
    await flush()
    expect(work.atOnce()).toEqual(['a1', 'a2', 'b1', 'b2', 'c1'])
    await work.endFirst()
    expect(work.started.length).toBe(6)
  })

  it('lets a slow host wait alone', async () => {
    const [queues, work] = [open(2, 10), openWork()]
    for (let i = 0; i < 100; i++) void queues.run('slow', work.start('slow'))
    const done: string[] = []
    for (const host of ['a', 'b']) void queues.run(host, async () => void done.push(host))
    await flush()
    expect(done).toEqual(['a', 'b'])
    expect(work.atOnce()).toEqual(['slow', 'slow'])
  })

  it('serves hosts in turn', async () => {
    const [queues, work] = [open(4, 1), openWork()]
    for (const name of ['z', 'a1', 'a2', 'a3', 'b1', 'b2', 'c1']) void queues.run(name[0]!, work.start(name))
    for (let i = 0; i < 6; i++) await work.endFirst()
    expect(work.started).toEqual(['z', 'a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
  })

  it('gives results and errors of the work', async () => {
    const queues = open(1, 1)
    await expect(queues.run('a', async () => 7)).resolves.toBe(7)
    await expect(queues.run('a', async () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await expect(queues.run('a', async () => 8)).resolves.toBe(8)
  })

  it('keeps the interval of a host, not of others', async () => {
    const [queues, work] = [open(2, 9), openWork()]
    queues.space('a', 1000)
    queues.space('a', 0) // another of its ports
    for (const name of ['a1', 'a2', 'a3', 'b1', 'b2']) void queues.run(name[0]!, work.start(name))
    expect(work.started).toEqual(['a1', 'b1', 'b2'])
    await vi.advanceTimersByTimeAsync(999)
    expect(work.started.length).toBe(3)
    await vi.advanceTimersByTimeAsync(1)
    expect(work.started.at(-1)).toBe('a2')
    await work.endFirst()
    await vi.advanceTimersByTimeAsync(1000)
    expect(work.started.at(-1)).toBe('a3')
  })

  it('pauses a host that asks for it, halves it, and raises it again with good answers', async () => {
    const [queues, work] = [open(4, 99), openWork()]
    queues.slowDown('a', 5000)
    for (let i = 0; i < 60; i++) void queues.run('a', work.start('a'))
    await vi.advanceTimersByTimeAsync(4999)
    expect(work.atOnce().length).toBe(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(work.atOnce().length).toBe(2)
    for (let i = 0; i < 20; i++) await work.endFirst()
    expect(work.atOnce().length).toBe(3)
    for (let i = 0; i < 20; i++) await work.endFirst()
    expect(work.atOnce().length).toBe(4)
    for (let i = 0; i < 3; i++) queues.slowDown('a', 0)
    for (let i = 0; i < 4; i++) await work.endFirst()
    expect(work.atOnce().length).toBe(1)
  })

  it('ends what waits when it is aborted', async () => {
    const stop = new AbortController()
    const [queues, work] = [open(1, 9, stop.signal), openWork()]
    void queues.run('a', work.start('a1'))
    const waiting = queues.run('a', work.start('a2'))
    stop.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect(queues.run('b', work.start('b'))).rejects.toThrow('enough')
    expect(work.started).toEqual(['a1'])
  })
})
