import type { PairloomError } from '../core/error.ts'
import { fetchError, reasonOf } from './fetch-error.ts'

/** Which hosts a task asks no more. */
export interface HostHealth {
  /** @throws PairloomError `PL_FETCH`, host-given-up, for a host that is asked no more now */
  check(host: string): void
  /**
   * To be called before a request: as `check`, but when the pause of a host is over, one request is let through, and its
   * end decides. @throws PairloomError `PL_FETCH`, host-given-up
   */
  admit(host: string): void
  /**
   * Told how each request to a host ended: its error, or null. Gives what all further requests to the host end with
   * where it was given up for this.
   */
  report(host: string, error: unknown): PairloomError | null
}

export interface HostHealthOptions {
  /** A host that asks to be left alone for longer is given up, ms. */
  maxWaitMs: number
  /** A host is given up after so many troubles in a row: 429, 5xx, connections and deadlines that failed. */
  giveUpAfter: number
  /** A clock, ms; default the process's. */
  now?: () => number
}

interface GivenUp {
  error: PairloomError
  pauseMs: number
  /** When one request may try it again. */
  until: number
  /** That request has been let through, and has not ended. */
  isTrying: boolean
}

/** Failures that say more of the host than of what it was asked for. */
const TROUBLE = /^(?:timeout-|connect-|dns-|http-429$|http-5)/

/**
 * Gives up hosts that ask for a longer wait than maxWaitMs, as coming back earlier would be no politeness and later no
 * progress, and hosts that only fail. Any other answer, a 404 too, is a sign of life.
 *
 * What waits for a host that is given up ends at once. What comes later, after a pause of maxWaitMs or of what the host
 * asked for, tries it with one request: a sign of life takes the host back, another trouble doubles the pause. Nothing
 * ever waits for that.
 *
 * Which request meets a trouble depends on time, and so does what a sick host is asked before it is given up.
 * Memory: an entry for each host that was given up or had trouble last.
 */
export function openHostHealth({
  maxWaitMs,
  giveUpAfter,
  now = () => performance.now(),
}: HostHealthOptions): HostHealth {
  const givenUp = new Map<string, GivenUp>()
  /** Host -> its troubles since the last other answer. */
  const troubles = new Map<string, number>()

  /** Why the host is given up, or null. */
  function verdict(host: string, error: unknown): string | null {
    const reason = reasonOf(error)
    // An aborted request says nothing.
    if (error !== null && reason === null) return null
    if (reason === null || !TROUBLE.test(reason)) {
      troubles.delete(host)
      return null
    }
    const askedMs = pleaMs(error)
    if (askedMs !== null && askedMs > maxWaitMs)
      return `${host}: ${reason} with Retry-After ${Math.ceil(askedMs / 1000)} s`
    const inARow = (troubles.get(host) ?? 0) + 1
    troubles.set(host, inARow)
    return inARow < giveUpAfter ? null : `${host}: ${inARow} troubles in a row, the last ${reason}`
  }

  function check(host: string): GivenUp | undefined {
    const known = givenUp.get(host)
    if (known && now() < known.until) throw known.error
    return known
  }

  /** What the request says that was to try a host which had been given up. */
  function tried(host: string, known: GivenUp, error: unknown): void {
    const reason = reasonOf(error)
    // Others were under way when the host was given up, and an aborted one says nothing.
    if (!known.isTrying || (error !== null && reason === null)) return
    if (reason === null || !TROUBLE.test(reason)) {
      givenUp.delete(host)
      return
    }
    known.isTrying = false
    known.pauseMs = Math.max(2 * known.pauseMs, pleaMs(error) ?? 0)
    known.until = now() + known.pauseMs
  }

  return {
    check: (host) => void check(host),
    admit(host) {
      const known = check(host)
      if (!known) return
      // The next one has its turn after another pause, should nothing be heard of this one.
      known.until = now() + known.pauseMs
      known.isTrying = true
    },
    report(host, error) {
      const known = givenUp.get(host)
      if (known) {
        tried(host, known, error)
        return null
      }
      const evidence = verdict(host, error)
      if (evidence === null) return null
      troubles.delete(host)
      const end = fetchError('host-given-up', host, { evidence })
      const pauseMs = Math.max(maxWaitMs, pleaMs(error) ?? 0)
      givenUp.set(host, { error: end, pauseMs, until: now() + pauseMs, isTrying: false })
      return end
    },
  }
}

/** How long a 429 or 503 asks all of its host to be left alone, ms, 0 where it does not say; null for all else. */
export function pleaMs(error: unknown): number | null {
  const reason = reasonOf(error)
  if (reason !== 'http-429' && reason !== 'http-503') return null
  const { retryAfterMs } = (error as PairloomError).data
  return typeof retryAfterMs === 'number' ? retryAfterMs : 0
}
