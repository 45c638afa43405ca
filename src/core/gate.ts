import type { Gate, Patience, Turn } from './turn.ts'
import { openTurns, type TurnCall } from './turns.ts'

/** The side of a gate that waits: the turns themselves may be in another process. */
export interface GateClient {
  gate: Gate
  /** To be called for each turn that the other side grants. */
  granted(id: number, isSpaced: boolean): void
  /** To be called for each turn that the other side refuses. */
  refused(id: number, quietMs: number): void
}

interface Waiter {
  names: string[]
  signal: AbortSignal
  patience: Patience | undefined
  resolve(turn: Turn): void
  reject(error: Error): void
}

/** A gate of this process alone: for `collect`, tests, and sources that look for their partitions. */
export function openGate(): Gate {
  const turns = openTurns().client(
    (id, isSpaced) => client.granted(id, isSpaced),
    (id, quietMs) => client.refused(id, quietMs),
  )
  const client: GateClient = openGateClient((call) => turns.hear(call))
  return client.gate
}

/** tell: takes each call to the turns, in order. */
export function openGateClient(tell: (call: TurnCall) => void): GateClient {
  const waiting = new Map<number, Waiter>()
  /** One listener for all that wait under a signal: adding one looks at all that are there. */
  const bySignal = new WeakMap<AbortSignal, Set<number>>()
  let lastId = 0

  function waitersOf(signal: AbortSignal): Set<number> {
    let ids = bySignal.get(signal)
    if (ids === undefined) {
      ids = new Set()
      bySignal.set(signal, ids)
      const all = ids
      signal.addEventListener(
        'abort',
        () => {
          for (const id of all) refuse(id, signal.reason as Error)
        },
        { once: true },
      )
    }
    return ids
  }

  function take(id: number): Waiter | undefined {
    const waiter = waiting.get(id)
    waiting.delete(id)
    if (waiter) bySignal.get(waiter.signal)?.delete(id)
    return waiter
  }

  function refuse(id: number, error: Error): void {
    const waiter = take(id)
    if (waiter === undefined) return
    tell(['cancel', id])
    waiter.reject(error)
  }

  function turnOf(id: number, isSpaced: boolean): Turn {
    let isOver = false
    return {
      sent() {
        // Only where an interval is kept does anybody need to know.
        if (isSpaced && !isOver) tell(['sent', id])
      },
      leave(firstByteMs) {
        if (isOver) return
        isOver = true
        tell(['leave', id, firstByteMs ?? null])
      },
    }
  }

  return {
    gate: {
      enter(keys, signal, patience) {
        return new Promise((resolve, reject) => {
          if (signal.aborted) {
            reject(signal.reason as Error)
            return
          }
          const id = ++lastId
          waiting.set(id, { names: keys.map(({ name }) => name), signal, patience, resolve, reject })
          waitersOf(signal).add(id)
          tell(patience ? ['enter', id, keys, patience.maxMs] : ['enter', id, keys])
        })
      },
      slowDown: (name, pauseMs) => tell(['slow', name, pauseMs]),
      end(name, error) {
        for (const [id, { names }] of waiting) if (names.includes(name)) refuse(id, error)
      },
    },
    granted(id, isSpaced) {
      const waiter = take(id)
      // One that was refused meanwhile has said so, and its turn is given back when that is heard.
      if (waiter) waiter.resolve(turnOf(id, isSpaced))
    },
    refused(id, quietMs) {
      const waiter = take(id)
      if (waiter) waiter.reject(waiter.patience!.error(quietMs))
    },
  }
}
