import { describe, expect, it } from 'vitest'
import { PairloomError } from '../../src/core/error.ts'
import { fetchError, isWorthRetrying, type FetchReason } from '../../src/crawl/fetch-error.ts'
import { retryAfterMs, withRetries } from '../../src/crawl/fetch-retry.ts'

const options = { retries: 2, backoffMs: 1, maxWaitMs: 50, signal: new AbortController().signal }

/** Fails with these errors in turn, then gives `done`; with the number of tries. */
function failing(...errors: Error[]) {
  const seen = { tries: 0 }
  const attempt = async () => {
    const error = errors[seen.tries++]
    if (error) throw error
    return 'done'
  }
  return { seen, attempt }
}

const error = (reason: FetchReason, wait?: number) =>
  fetchError(reason, 'http://a.test/', wait === undefined ? {} : { retryAfterMs: wait })

describe('withRetries', () => {
  it('tries again what may pass, so often and no more', async () => {
    const two = failing(error('connect-reset'), error('http-503'))
    expect(await withRetries('a', options, two.attempt)).toBe('done')
    expect(two.seen.tries).toBe(3)

    const three = failing(error('http-500'), error('http-500'), error('http-502'), error('http-500'))
    await expect(withRetries('a', options, three.attempt)).rejects.toMatchObject({
      data: { reason: 'http-502' },
    })
    expect(three.seen.tries).toBe(3)
  })

  it('does not try again what is final or no fetch error', async () => {
    for (const final of [
      error('http-404'),
      new Error('defect'),
      new PairloomError('PL_STORE_FULL', 'full'),
    ]) {
      const once = failing(final)
      await expect(withRetries('a', options, once.attempt)).rejects.toBe(final)
      expect(once.seen.tries).toBe(1)
    }
  })

  it('waits as long as it is asked, or gives up', async () => {
    const waits: number[] = []
    const onRetry = (_error: PairloomError, waitMs: number) => void waits.push(waitMs)
    await withRetries('a', { ...options, onRetry }, failing(error('http-429', 20)).attempt)
    expect(waits).toEqual([20])
    const tooLong = failing(error('http-429', 51))
    await expect(withRetries('a', { ...options, onRetry }, tooLong.attempt)).rejects.toMatchObject({
      code: 'PL_FETCH',
    })
    expect([tooLong.seen.tries, waits.length]).toEqual([1, 1])
  })

  it('doubles its wait, with a jitter that depends on the key alone', async () => {
    const waitsOf = async (key: string) => {
      const waits: number[] = []
      const resets = Array.from({ length: 4 }, () => error('connect-reset'))
      const onRetry = (_error: PairloomError, waitMs: number) => void waits.push(waitMs)
      await withRetries(
        key,
        { ...options, retries: 4, backoffMs: 2, maxWaitMs: 14, onRetry },
        failing(...resets).attempt,
      )
      return waits
    }
    const waits = await waitsOf('a')
    waits.forEach((wait, i) => {
      expect(wait).toBeGreaterThanOrEqual(Math.min(14, 2 ** i))
      expect(wait).toBeLessThanOrEqual(Math.min(14, 3 * 2 ** i))
    })
    expect(await waitsOf('a')).toEqual(waits)
    expect(await waitsOf('b')).not.toEqual(waits)
  })

  it('ends with its signal', async () => {
    const stop = new AbortController()
    const waiting = withRetries(
      'a',
      { ...options, maxWaitMs: 60_000, signal: stop.signal },
      failing(error('http-429', 30_000)).attempt,
    )
    setImmediate(() => stop.abort())
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('isWorthRetrying', () => {
  it.each([
    'http-408',
    'http-425',
    'http-429',
    'http-500',
    'http-502',
    'http-503',
    'http-504',
    'http-520',
    'timeout-dns',
    'bad-length',
  ])('%s may pass', (reason) => expect(isWorthRetrying(reason)).toBe(true))
  it.each([
    'http-400',
    'http-401',
    'http-403',
    'http-404',
    'http-410',
    'http-501',
    'http-505',
    'http-304',
    'robots',
    'image-broken',
    'tls',
  ])('%s is final', (reason) => expect(isWorthRetrying(reason)).toBe(false))
})

describe('retryAfterMs', () => {
  const now = Date.UTC(2026, 0, 1)
  it.each([
    ['120', 120_000],
    ['0', 0],
    [' 5 ', 5000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('%s', (value, expected) => expect(retryAfterMs(value, now)).toBe(expected))
})
