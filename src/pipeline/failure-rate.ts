import type { Tally } from '../core/counters.ts'
import { PairloomError } from '../core/error.ts'
import { plural } from '../core/plural.ts'
import { fetchStages } from './fetch-stages.ts'
import type { Plan } from './plan.ts'

/** A bound on how much of a fetch may fail. */
export interface FailureBound {
  /** Largest share of rows that failed, 0..1. Rows that a decision has dropped (robots.txt, limits) are no failures. */
  maxFailureRate: number
  /** Rows of a stage before which nothing is said of it. */
  failureRateAfter: number
}

const DEFERRED = /^failed\..*\.deferred$/

/**
 * Ends a run whose fetch fails too much: a broken name server or codec fails every row, and a run that completes all
 * the same is found out weeks later (img2dataset issue 451).
 *
 * @throws PairloomError `PL_FAILURE_RATE`
 */
export function checkFailureRate(
  plan: Plan,
  tallies: ReadonlyMap<string, Tally>,
  { maxFailureRate, failureRateAfter }: FailureBound,
): void {
  for (const { id } of fetchStages(plan)) {
    const tally = tallies.get(id)
    if (!tally) continue
    // Rows that nobody asked for, for want of time, say nothing of the web.
    const deferred = Object.entries(tally.reasons).reduce(
      (n, [key, by]) => n + (DEFERRED.test(key) ? by : 0),
      0,
    )
    const [rows, failed] = [tally.rowsIn - deferred, tally.failed - deferred]
    if (rows < failureRateAfter || failed <= maxFailureRate * rows) continue
    const percent = (share: number) => `${Number((100 * share).toFixed(1))} %`
    const message = `Expected at most ${percent(maxFailureRate)} of ${id} to fail (--max-failure-rate), got ${percent(failed / rows)} of ${plural(rows, 'row')} (${topReasons(tally)}): pairloom doctor says why. What is committed stays; run again with a higher bound to go on`
    throw new PairloomError('PL_FAILURE_RATE', message, { data: { stage: id, rows, failed, maxFailureRate } })
  }
}

function topReasons({ reasons }: Tally): string {
  return Object.entries(reasons)
    .filter(([key]) => key.startsWith('failed.') && !DEFERRED.test(key))
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, 3)
    .map(([key, rows]) => `${key.slice(key.lastIndexOf('.') + 1)} ${rows}`)
    .join(', ')
}
