/** Named whole numbers. They add up: over batches, tasks, workers and runs. */
export type Counters = Record<string, number>

/** What happened to the rows of one stage in one partition, or in many. */
export interface Tally {
  /** Rows that came in and ended here: kept + dropped + failed. Those left to a continuation come in there. */
  rowsIn: number
  kept: number
  dropped: number
  failed: number
  /** Rows by `dropped.<rule>.<reason>` and `failed.<rule>.<reason>`. */
  reasons: Counters
  /** What the stage counted itself: bytes, requests. */
  counters: Counters
}

export function emptyTally(): Tally {
  return { rowsIn: 0, kept: 0, dropped: 0, failed: 0, reasons: {}, counters: {} }
}

/** Adds `more` into `into` and returns it. */
export function addTally(into: Tally, more: Tally): Tally {
  into.rowsIn += more.rowsIn
  into.kept += more.kept
  into.dropped += more.dropped
  into.failed += more.failed
  addCounters(into.reasons, more.reasons)
  addCounters(into.counters, more.counters)
  return into
}

export function addCounters(into: Counters, more: Counters): Counters {
  for (const [name, by] of Object.entries(more)) into[name] = (into[name] ?? 0) + by
  return into
}
