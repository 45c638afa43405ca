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

/**
 * Gives up hosts that ask for a longer wait than maxWaitMs: coming back earlier would be no politeness, and later no
 * progress.
 *
 * Memory: an entry for each host that was given up.
 */
export function openHostHealth({ maxWaitMs }: { maxWaitMs: number }): HostHealth {
  const givenUp = new Map<string, PairloomError>()
  return {
    check(host) {
      const error = givenUp.get(host)
      if (error) throw error
    },
    report(host, error) {
      const askedMs = pleaMs(error)
      if (askedMs === null || askedMs <= maxWaitMs || givenUp.has(host)) return null
      const evidence = `${host}: ${reasonOf(error)} with Retry-After ${Math.ceil(askedMs / 1000)} s`
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
