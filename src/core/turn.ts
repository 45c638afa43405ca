/** Something that is asked with restraint: a host, an address, an archive. */
export interface GateKey {
  /** Kind and name: `host example.org`, `address 192.0.2.1`, `archive https://data.commoncrawl.org`. */
  name: string
  /** Requests at once, of all who enter by this name. */
  atOnce: number
  /** At least this long between two requests, ms; the longest that was said holds while any are waiting. Default 0. */
  intervalMs?: number
}

/** How long a request may wait for a key that has asked to be left alone. */
export interface Patience {
  /** ms. */
  maxMs: number
  /** What it ends with where the key has asked for more: for `quietMs` from now. */
  error(quietMs: number): Error
}

/** Leave to send one request. */
export interface Turn {
  /** The request is on its way: the interval to the next one is counted from here, else from its end. */
  sent(): void
  /** The request has ended. firstByteMs: how long its answer took to begin, where there was one. */
  leave(firstByteMs?: number): void
}

/**
 * Whose turn it is: one queue for each key, kept in one place for all worker processes of a run, so that no host, address
 * or archive sees more than its limits from all of them together. What a process holds when it dies is given back.
 */
export interface Gate {
  /**
   * Waits until there is room at all keys; the first one is who answers, and its waiting requests are served in order,
   * in turn with those of others. Every turn must be left. Rejects with the signal's reason once it is aborted.
   *
   * A first key that answers ever more slowly is asked fewer at once, down to one, and then at longer intervals, until
   * its answers are as quick as they were: `atOnce` and `intervalMs` are what it never sees more of.
   *
   * patience: rejects with its error where the first key has asked for a longer pause, whoever it was that it told.
   */
  enter(keys: readonly GateKey[], signal: AbortSignal, patience?: Patience): Promise<Turn>
  /** The key asks for patience (429, 503): half as many at once, and none for `pauseMs`. Recovers with good answers. */
  slowDown(name: string, pauseMs: number): void
  /** Rejects with the error what this task has waiting at the key. */
  end(name: string, error: Error): void
}
