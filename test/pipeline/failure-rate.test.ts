import { describe, expect, it } from 'vitest'
import { emptyTally } from '../../src/core/counters.ts'
import { checkFailureRate } from '../../src/pipeline/failure-rate.ts'
import type { Plan } from '../../src/pipeline/plan.ts'

const column = { type: 'utf8', doc: '' } as const
const plan = {
  stages: [
    { id: 'links', kind: 'source', from: null, columns: { url: column } },
    { id: 'images', kind: 'row', from: 'links', columns: { url: column, bytes_dataset: column } },
  ],
} as unknown as Plan

const BOUND = { maxFailureRate: 0.1, failureRateAfter: 50 }

/** A hundred rows of a stage. */
function check(reasons: Record<string, number>, bound = BOUND, stage = 'images') {
  const failed = Object.entries(reasons).reduce((n, [key, m]) => n + (key.startsWith('failed.') ? m : 0), 0)
  checkFailureRate(plan, new Map([[stage, { ...emptyTally(), rowsIn: 100, failed, reasons }]]), bound)
}

describe('the bound on failures', () => {
  it('is broken above the share, and says the three most frequent reasons', () => {
    expect(() => check({ 'failed.crawl/fetch.timeout-dns': 10 })).not.toThrow()
    const reasons = { 'timeout-dns': 5, 'http-404': 6, tls: 1, 'bad-url': 1 }
    const many = Object.entries(reasons).map(([reason, n]) => [`failed.crawl/fetch.${reason}`, n] as const)
    expect(() => check(Object.fromEntries(many))).toThrow(
      /got 13 % of 100 rows \(http-404 6, timeout-dns 5, bad-url 1\)/,
    )
  })

  it('counts no decisions, and nothing that was left for later', () => {
    expect(() => check({ 'dropped.crawl/fetch.robots': 40, 'failed.crawl/fetch.deferred': 50 })).not.toThrow()
    expect(() => check({ 'failed.crawl/fetch.deferred': 50, 'failed.crawl/fetch.tls': 6 })).toThrow(
      /got 12 % of 50 rows \(tls 6\)/,
    )
  })

  it('is silent before so many rows, and of stages that fetch nothing', () => {
    const reasons = { 'failed.crawl/fetch.tls': 100 }
    expect(() => check(reasons, { ...BOUND, failureRateAfter: 101 })).not.toThrow()
    expect(() => check(reasons, BOUND, 'links')).not.toThrow()
  })
})
