import { openGateClient, type GateClient } from '../core/gate.ts'
import type { TurnCall, TurnClient, Turns } from '../core/turns.ts'

/**
 * Turns granted to a process: its ids, negative where it is to say when the request was sent; and those refused, with how
 * long the key has asked to be left alone, ms.
 */
export type Grants = (number | [id: number, quietMs: number])[]

/** A gate whose turns are in another process. say: takes what was called since the last turn of the event loop. */
export function linkedGate(say: (calls: TurnCall[]) => void): {
  gate: GateClient['gate']
  hear(grants: Grants): void
} {
  const tell = inBatches(say)
  const client = openGateClient(tell)
  return {
    gate: client.gate,
    hear(grants) {
      for (const grant of grants) {
        if (typeof grant === 'number') client.granted(Math.abs(grant), grant < 0)
        else client.refused(...grant)
      }
    },
  }
}

/** The other end: gives the turns of a process, and takes back all it holds. */
export function turnsOf(
  turns: Turns,
  say: (grants: Grants) => void,
): { hear(calls: TurnCall[]): void; clear: TurnClient['clear'] } {
  const grant = inBatches<Grants[number]>(say)
  const client = turns.client(
    (id, isSpaced) => grant(isSpaced ? -id : id),
    (id, quietMs) => grant([id, quietMs]),
  )
  return {
    hear(calls) {
      for (const call of calls) client.hear(call)
    },
    clear: client.clear,
  }
}

/** One message for all of a turn of the event loop: a message costs more than what is in it. */
function inBatches<T>(say: (batch: T[]) => void): (item: T) => void {
  let batch: T[] = []
  return (item) => {
    if (batch.push(item) > 1) return
    setImmediate(() => {
      const full = batch
      batch = []
      say(full)
    })
  }
}
