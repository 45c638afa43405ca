import { setTimeout as delay } from 'node:timers/promises'
import { hashFraction } from '../core/hash.ts'
import { PairloomError } from '../core/error.ts'
import { isWorthRetrying, reasonOf } from './fetch-error.ts'

export interface RetryOptions {
  retries: number
  backoffMs: number
  maxWaitMs: number
  signal: AbortSignal
  /** Waits between two tries; default a timer that the signal ends. */
  pause?(ms: number): Promise<void>
  /** Told before each wait. */
  onRetry?(error: PairloomError, waitMs: number): void
}

/**
 * Tries again where it may help, after an exponential wait with jitter, or after what the origin asked for.
 *
 * The jitter is a hash of key and attempt: spread over URLs, the same in each run.
 * @throws what the last try threw
 */
export async function withRetries<T>(
  key: string,
  options: RetryOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      options.signal.throwIfAborted()
      const reason = reasonOf(error)
      if (
        !(error instanceof PairloomError) ||
        reason === null ||
        tries > options.retries ||
        !isWorthRetrying(reason)
      )
        throw error
      const asked = typeof error.data.retryAfterMs === 'number' ? error.data.retryAfterMs : 0
      // Coming back earlier than asked would be no politeness, and later than maxWaitMs no progress.
      if (asked > options.maxWaitMs) throw error
      const backoff = options.backoffMs * 2 ** (tries - 1) * (0.5 + hashFraction(key, String(tries)))
      const waitMs = Math.max(asked, Math.min(options.maxWaitMs, backoff))
      options.onRetry?.(error, waitMs)
      if (options.pause) await options.pause(waitMs)
      else await delay(waitMs, undefined, { signal: options.signal })
    }
  }
}

/** Retry-After (RFC 9110, 10.2.3): seconds or a date, as ms from `now`, or undefined. */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
