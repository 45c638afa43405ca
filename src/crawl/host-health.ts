import type { PairloomError } from '../core/error.ts'
import { fetchError, reasonOf } from './fetch-error.ts'

/** Which hosts a task asks no more. */
export interface HostHealth {
  /** @throws PairloomError `PL_FETCH`, host-given-up, for a host that is asked no more */
  check(host: string): void
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
}

/** Failures that say more of the host than of what it was asked for. */
const TROUBLE = /^(?:timeout-|connect-|dns-|http-429$|http-5)/

/**
 * Gives up hosts that ask for a longer wait than maxWaitMs, as coming back earlier would be no politeness and later no
 * progress, and hosts that only fail. Any other answer, a 404 too, is a sign of life.
 *
 * Which request meets a trouble depends on time, and so does what a sick host is asked before it is given up.
 * Memory: an entry for each host that was given up or had trouble last.
 */
export function openHostHealth({ maxWaitMs, giveUpAfter }: HostHealthOptions): HostHealth {
  const givenUp = new Map<string, PairloomError>()
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

  return {
    check(host) {
      const error = givenUp.get(host)
      if (error) throw error
    },
    report(host, error) {
      if (givenUp.has(host)) return null
      const evidence = verdict(host, error)
      if (evidence === null) return null
      troubles.delete(host)
      const end = fetchError('host-given-up', host, { evidence })
      givenUp.set(host, end)
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
