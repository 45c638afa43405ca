import { openGateClient, type GateClient } from '../core/gate.ts'
import type { TurnCall, TurnClient, Turns } from '../core/turns.ts'

/** Turns granted to a process: its ids, negative where it is to say when the request was sent. */
export type Grants = number[]

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
      for (const id of grants) client.granted(Math.abs(id), id < 0)
    },
  }
}

/** The other end: gives the turns of a process, and takes back all it holds. */
export function turnsOf(
  turns: Turns,
  say: (grants: Grants) => void,
): { hear(calls: TurnCall[]): void; clear: TurnClient['clear'] } {
  const grant = inBatches(say)
  const client = turns.client((id, isSpaced) => grant(isSpaced ? -id : id))
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
