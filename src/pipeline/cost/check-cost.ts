import { PairloomError } from '../../core/error.ts'
import type { CostEstimate } from './estimate.ts'

/**
 * Refuses a plan that is estimated to cost more, or whose cost nobody can tell.
 *
 * @throws PairloomError `PL_COST`
 */
export function checkCost({ name, cost, unknown, prices }: CostEstimate, maxCost: number): void {
  if (cost !== null && cost <= maxCost) return
  const got =
    cost === null
      ? `an unknown cost, as nothing tells the rows of ${unknown[0]}: run with --to ${unknown[0]} first`
      : `an estimate of ${cost.toFixed(2)} (pairloom plan --cost shows it): nothing was started`
  throw new PairloomError(
    'PL_COST',
    `Expected ${name} to cost at most ${maxCost} ${prices.currency} (--max-cost), got ${got}`,
    { data: { cost, maxCost, currency: prices.currency } },
  )
}
