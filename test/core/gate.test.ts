import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openGate } from '../../src/core/gate.ts'
import type { Gate, GateKey, Turn } from '../../src/core/turn.ts'
import { openTurns } from '../../src/core/turns.ts'

const signal = new AbortController().signal

/** Requests at a gate, each under way until it is ended. */
function openAsker(gate: Gate) {
  const running: { name: string; turn: Turn }[] = []
  const started: string[] = []
  return {
    started,
    /** name: `a1` is the first request to host a. */
    async ask(name: string, keys: GateKey[]): Promise<void> {
      const turn = await gate.enter(keys, signal)
      started.push(name)
      running.push({ name, turn })
    },
    atOnce: () => running.map(({ name }) => name).sort(),
    async endFirst(firstByteMs?: number): Promise<void> {
      running.shift()!.turn.leave(firstByteMs)
      await flush()
    },
    sentFirst: () => running[0]!.turn.sent(),
  }
}

async function flush(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

describe('openGate', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => void vi.useRealTimers())

  /** A gate with hosts of at most `perHost` and all of at most `all`. */
  function open(perHost: number, all: number, intervalMs = 0) {
    const gate = openGate()
    const asker = openAsker(gate)
    const ask = (name: string, more: GateKey[] = [], ownMs = intervalMs) =>
      void asker.ask(name, [
        { name: name[0]!, atOnce: perHost, intervalMs: ownMs },
        ...more,
        { name: 'all', atOnce: all },
      ])
    return { ...asker, gate, ask }
  }

  it('lets in as many as each key allows', async () => {
    const { ask, atOnce, endFirst, started } = open(2, 5)
    for (const host of ['a', 'b', 'c']) for (let i = 1; i <= 3; i++) ask(`${host}${i}`)
    await flush()
    expect(atOnce()).toEqual(['a1', 'a2', 'b1', 'b2', 'c1'])
    await endFirst()
    expect(started).toHaveLength(6)
  })

  it('lets a slow host wait alone', async () => {
    const { ask, atOnce } = open(2, 10)
    for (let i = 0; i < 100; i++) ask('s')
    for (const host of ['a', 'b']) ask(host)
    await flush()
    expect(atOnce()).toEqual(['a', 'b', 's', 's'])
  })

  it('serves hosts in turn', async () => {
    const { ask, endFirst, started } = open(4, 1)
    for (const name of ['z', 'a1', 'a2', 'a3', 'b1', 'b2', 'c1']) ask(name)
    await flush()
    for (let i = 0; i < 6; i++) await endFirst()
    expect(started).toEqual(['z', 'a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
  })

  it('counts hosts of one address together, and holds up no others', async () => {
    const { ask, atOnce, endFirst } = open(2, 99)
    const shared = [{ name: 'address 192.0.2.1', atOnce: 3 }]
    for (const name of ['a1', 'a2', 'b1', 'b2', 'c1']) ask(name, shared)
    for (const name of ['d1', 'd2']) ask(name, [{ name: 'address 192.0.2.2', atOnce: 3 }])
    await flush()
    expect(atOnce()).toEqual(['a1', 'a2', 'b1', 'd1', 'd2'])
    await endFirst()
    expect(atOnce()).toEqual(['a2', 'b1', 'b2', 'd1', 'd2'])
  })

  it('counts an interval from when the request was sent, and starts none before', async () => {
    const { ask, endFirst, sentFirst, started } = open(3, 9, 1000)
    for (const name of ['a1', 'a2', 'a3']) ask(name)
    ask('b1', [], 0)
    ask('b2', [], 0)
    await vi.advanceTimersByTimeAsync(5000)
    expect(started).toEqual(['a1', 'b1', 'b2'])
    sentFirst()
    await vi.advanceTimersByTimeAsync(999)
    expect(started).toHaveLength(3)
    await vi.advanceTimersByTimeAsync(1)
    expect(started.at(-1)).toBe('a2')
    for (let i = 0; i < 4; i++) await endFirst()
    await vi.advanceTimersByTimeAsync(999)
    expect(started.at(-1)).toBe('a2')
    await vi.advanceTimersByTimeAsync(1)
    expect(started.at(-1)).toBe('a3')
  })

  it('forgets an interval that nobody asks for any more', async () => {
    const { ask, endFirst, started } = open(1, 9)
    ask('a1', [], 1000)
    await flush()
    await endFirst()
    await vi.advanceTimersByTimeAsync(1000)
    for (const name of ['a2', 'a3']) ask(name)
    await flush()
    await endFirst()
    expect(started).toEqual(['a1', 'a2', 'a3'])
  })

  it('pauses a key that asks for it, halves it, and raises it again with good answers', async () => {
    const { ask, atOnce, endFirst, gate } = open(4, 99)
    ask('a')
    await flush()
    gate.slowDown('a', 5000)
    await endFirst()
    for (let i = 0; i < 90; i++) ask('a')
    await vi.advanceTimersByTimeAsync(4999)
    expect(atOnce()).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(atOnce()).toHaveLength(2)
    // Answers without a head, such as lost connections, raise nothing.
    for (let i = 0; i < 30; i++) await endFirst()
    expect(atOnce()).toHaveLength(2)
    for (let i = 0; i < 24; i++) await endFirst(10)
    expect(atOnce()).toHaveLength(3)
    for (let i = 0; i < 20; i++) await endFirst(10)
    expect(atOnce()).toHaveLength(4)
  })

  it('asks fewer at once where answers come ever later, then at intervals, and more when they are quick again', async () => {
    const { ask, atOnce, endFirst, sentFirst } = open(4, 99)
    for (let i = 0; i < 2000; i++) ask('a')
    await flush()
    for (let i = 0; i < 20; i++) await endFirst(50)
    expect(atOnce()).toHaveLength(4)
    for (let i = 0; i < 40 && atOnce().length > 1; i++) await endFirst(1000)
    expect(atOnce()).toHaveLength(1)
    // One at a time is too much as well.
    for (let i = 0; i < 10 && atOnce().length > 0; i++) await endFirst(1000)
    expect(atOnce()).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(atOnce()).toHaveLength(1)
    for (let i = 0; i < 600; i++) {
      if (atOnce().length > 0) sentFirst()
      if (atOnce().length > 0) await endFirst(50)
      await vi.advanceTimersByTimeAsync(20_000)
    }
    expect(atOnce()).toHaveLength(4)
  })

  it('slows by latency alone to no less than half of what one at a time gives', async () => {
    const { ask, atOnce, endFirst, gate } = open(1, 99)
    for (let i = 0; i < 3000; i++) ask('a')
    await flush()
    for (let i = 0; i < 20; i++) await endFirst(50)
    const late = async (ms: number) => {
      for (let i = 0; i < 60; i++) {
        if (atOnce().length > 0) await endFirst(ms)
        // A little more than the answer takes.
        await vi.advanceTimersByTimeAsync(Math.min(ms, 1000) + 1)
        expect(atOnce()).toHaveLength(1)
      }
    }
    await late(600)
    await late(3000)
    // Pleas lead to more.
    for (let i = 0; i < 4; i++) {
      gate.slowDown('a', 0)
      if (atOnce().length > 0) await endFirst(3000)
      await vi.advanceTimersByTimeAsync(10_000)
    }
    await endFirst(3000)
    await vi.advanceTimersByTimeAsync(3001)
    expect(atOnce()).toHaveLength(0)
  })

  it('refuses those whose patience ends before a pause that was asked for', async () => {
    const { gate } = open(1, 99)
    const error = (quietMs: number) => new Error(`quiet for ${quietMs} ms`)
    const key = [{ name: 'a', atOnce: 1 }]
    const held = await gate.enter(key, signal)
    const hasty = gate.enter(key, signal, { maxMs: 4999, error })
    const patient = gate.enter(key, signal, { maxMs: 5000, error })
    gate.slowDown('a', 5000)
    await expect(hasty).rejects.toThrow('quiet for 5000 ms')
    held.leave()
    await expect(gate.enter(key, signal, { maxMs: 4000, error })).rejects.toThrow('quiet for 5000 ms')
    await vi.advanceTimersByTimeAsync(5000)
    await expect(patient).resolves.toBeDefined()
    // An interval is no plea, however long it is.
    const spaced = [{ name: 'b', atOnce: 1, intervalMs: 60_000 }]
    void gate.enter(spaced, signal).then((turn) => turn.leave())
    const second = gate.enter(spaced, signal, { maxMs: 1, error })
    await vi.advanceTimersByTimeAsync(60_000)
    await expect(second).resolves.toBeDefined()
  })

  it('ends what waits when its signal is aborted or its host is given up, and serves the others', async () => {
    const stop = new AbortController()
    const gate = openGate()
    const key = { name: 'a', atOnce: 1 }
    const held = await gate.enter([key], stop.signal)
    const waiting = gate.enter([key], stop.signal)
    const given = gate.enter([{ name: 'b', atOnce: 1 }, key], signal)
    const served = gate.enter([key], signal)
    gate.end('b', new Error('given up'))
    await expect(given).rejects.toThrow('given up')
    stop.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect(gate.enter([key], stop.signal)).rejects.toThrow('enough')
    held.leave()
    held.leave()
    await expect(served).resolves.toBeDefined()
  })
})

describe('openTurns', () => {
  it('takes back what a process holds that is gone, and what it waited for', () => {
    const turns = openTurns()
    const [granted, others]: number[][] = [[], []]
    const dead = turns.client((id) => granted!.push(id))
    const alive = turns.client((id) => others!.push(id))
    const key = [{ name: 'a', atOnce: 2 }]
    for (const id of [1, 2, 3]) dead.hear(['enter', id, key])
    for (const id of [1, 2, 3]) alive.hear(['enter', id, key])
    expect([granted, others]).toEqual([[1, 2], []])
    dead.clear()
    expect([granted, others]).toEqual([
      [1, 2],
      [1, 2],
    ])
    // Late words of the dead change nothing.
    dead.hear(['leave', 1, 5])
    expect(others).toEqual([1, 2])
    alive.hear(['leave', 2, null])
    expect(others).toEqual([1, 2, 3])
  })

  it('serves all that wait behind one that is gone', () => {
    const turns = openTurns()
    const [mine, others]: number[][] = [[], []]
    const busy = turns.client((id) => mine!.push(id))
    const other = turns.client((id) => others!.push(id))
    const host = { name: 'host', atOnce: 8 }
    const task = (atOnce: number) => ({ name: 'task', atOnce })
    busy.hear(['enter', 1, [{ name: 'elsewhere', atOnce: 8 }, task(8)]])
    busy.hear(['enter', 2, [host, task(1)]])
    for (const id of [1, 2, 3]) other.hear(['enter', id, [host, task(8)]])
    expect([mine, others]).toEqual([[1], []])
    busy.hear(['cancel', 2])
    expect([mine, others]).toEqual([[1], [1, 2, 3]])
  })

  it('lets other tasks at a host where the first in line has no room in its own', () => {
    const turns = openTurns()
    const started: number[] = []
    const { hear } = turns.client((id) => started.push(id))
    const host = { name: 'host', atOnce: 8 }
    const full = { name: 'full', atOnce: 1 }
    const free = { name: 'free', atOnce: 2 }
    hear(['enter', 1, [{ name: 'elsewhere', atOnce: 8 }, full]])
    for (const id of [2, 3]) hear(['enter', id, [host, full]])
    for (const id of [4, 5, 6]) hear(['enter', id, [host, free]])
    expect(started).toEqual([1, 4, 5])
    hear(['leave', 1, null])
    hear(['leave', 4, null])
    expect(started).toEqual([1, 4, 5, 2, 6])
  })

  it('serves tasks in turn where they wait for one host', () => {
    const turns = openTurns()
    const started: number[] = []
    const { hear } = turns.client((id) => started.push(id))
    const host = { name: 'host', atOnce: 1 }
    for (const id of [1, 2, 3, 4]) hear(['enter', id, [host, { name: 'one', atOnce: 8 }]])
    for (const id of [5, 6]) hear(['enter', id, [host, { name: 'other', atOnce: 8 }]])
    for (const id of [1, 2, 5, 3, 6]) hear(['leave', id, null])
    expect(started).toEqual([1, 2, 5, 3, 6, 4])
  })

  describe('on a clock', () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
    afterEach(() => void vi.useRealTimers())

    it('counts at one key what waits for another, however long nobody uses it', async () => {
      const turns = openTurns()
      const started: number[] = []
      const { hear } = turns.client((id) => started.push(id))
      const address = { name: 'address', atOnce: 1 }
      const slow = [{ name: 'slow', atOnce: 1, intervalMs: 1000 }, address]
      hear(['enter', 1, slow])
      hear(['enter', 2, slow])
      hear(['leave', 1, null])
      // The address has had nothing to do when the third comes.
      hear(['enter', 3, [{ name: 'quick', atOnce: 1 }, address]])
      await vi.advanceTimersByTimeAsync(1000)
      expect(started).toEqual([1, 3])
      hear(['leave', 3, null])
      expect(started).toEqual([1, 3, 2])
    })

    it('tells what had requests waiting, and why, the longest first', async () => {
      const turns = openTurns()
      const { hear } = turns.client(() => undefined)
      const all = { name: 'requests', atOnce: 9 }
      const slow = [{ name: 'host slow', atOnce: 2, intervalMs: 5000 }, all]
      const busy = [{ name: 'host busy', atOnce: 1 }, all]
      for (const id of [1, 2, 3]) hear(['enter', id, slow])
      for (const id of [4, 5]) hear(['enter', id, busy])
      hear(['enter', 6, [{ name: 'host quick', atOnce: 1 }, all]])
      hear(['sent', 1])
      await vi.advanceTimersByTimeAsync(4000)
      hear(['slow', 'host busy', 1000])
      hear(['leave', 4, null])
      await vi.advanceTimersByTimeAsync(4000)
      const quiet = { limitMs: 0, intervalMs: 0, pleas: 0 }
      expect(turns.longestWaits(9)).toEqual([
        { name: 'host slow', heldMs: 8000, most: 2, atOnce: 2, limitMs: 5000, intervalMs: 5000, pleas: 0 },
        { ...quiet, name: 'host busy', heldMs: 5000, most: 1, atOnce: 1, pleas: 1 },
      ])
      // Those whose last request has ended are remembered.
      for (const id of [1, 2, 3, 4, 5, 6]) hear(['leave', id, null])
      await vi.advanceTimersByTimeAsync(60_000)
      expect(turns.longestWaits(9).map(({ name }) => name)).toEqual(['host slow', 'host busy'])
      expect(turns.longestWaits(1)).toHaveLength(1)
    })

    it('sleeps through a pause of years', async () => {
      const turns = openTurns()
      const { hear } = turns.client(() => undefined)
      hear(['slow', 'a', 1e13])
      hear(['enter', 1, [{ name: 'a', atOnce: 1 }]])
      const set = vi.spyOn(globalThis, 'setTimeout')
      await vi.advanceTimersByTimeAsync(1000)
      expect(set).not.toHaveBeenCalled()
    })
  })
})
