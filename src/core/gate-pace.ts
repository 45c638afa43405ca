/** How hard one key of a gate is asked at present, between its limits and one request at a time with long pauses. */
export interface Pace {
  /** Requests at once now; Infinity while nothing slows it down. */
  readonly limit: number
  /** Pause between two requests beside what was asked for, ms. */
  readonly easeMs: number
  /** Whether it is asked as hard as its limits allow: forgetting it then loses nothing. */
  readonly isFull: boolean
  /** An answer began after so many ms. most: requests at once that its limits allow. */
  heard(firstByteMs: number, most: number): void
  /** It asks for patience. */
  ease(most: number): void
}

/** Good answers in a row after which a slowed key is asked harder. */
const RAISE_AFTER = 20
/** An answer counts for so much of the smoothed latency. */
const SMOOTHING = 1 / 8
/** The best latency forgets at this rate what it was: a server that is slower for good is the new measure. */
const DRIFT = 1 / 256
/** Latency that is too long: so many times the best, and longer than it by so many ms, as pictures differ. */
const TOO_SLOW = { times: 2, ms: 300 }
/** The longest pause between two requests that pleas lead to, ms. */
const MAX_EASE_MS = 10_000
/**
 * The longest pause that latency alone leads to, ms, and never longer than an answer takes: a host that has been at rest for
 * half of its time, and is slow still, is not slow for us.
 */
const MAX_LATE_MS = 1000

/**
 * Additive increase, multiplicative decrease (Chiu and Jain, 1989), by pleas and by latency against the key's own best:
 * a queue that grows on the other side is the first sign that it has enough. Where one at a time is too much, pauses between
 * two come instead, which pleas double.
 */
export function openPace(): Pace {
  let limit = Infinity
  let easeMs = 0
  let good = 0
  let smoothedMs = 0
  let bestMs = Infinity
  /** Answers that were asked for before the last change: they say nothing of the pace that now is. */
  let stale = 0

  function fewer(most: number, pauseMs: number): void {
    const now = Math.min(limit, most)
    if (now === 1) easeMs = Math.max(easeMs, pauseMs)
    limit = Math.max(1, now >> 1)
    good = 0
    stale = now
  }

  function raise(most: number): void {
    good = 0
    if (easeMs > 0) easeMs = easeMs < 20 ? 0 : easeMs / 2
    else limit++
    if (limit >= most && easeMs === 0) limit = Infinity
  }

  return {
    get limit() {
      return limit
    },
    get easeMs() {
      return easeMs
    },
    get isFull() {
      return limit === Infinity && easeMs === 0
    },
    ease: (most) => fewer(most, Math.min(MAX_EASE_MS, Math.max(2 * easeMs, smoothedMs))),
    heard(firstByteMs, most) {
      smoothedMs = smoothedMs === 0 ? firstByteMs : smoothedMs + (firstByteMs - smoothedMs) * SMOOTHING
      bestMs = smoothedMs < bestMs ? smoothedMs : bestMs + (smoothedMs - bestMs) * DRIFT
      if (stale > 0) stale--
      else if (smoothedMs > Math.max(TOO_SLOW.times * bestMs, bestMs + TOO_SLOW.ms))
        fewer(most, Math.min(MAX_LATE_MS, smoothedMs))
      else if (limit !== Infinity && ++good >= RAISE_AFTER) raise(most)
    },
  }
}
