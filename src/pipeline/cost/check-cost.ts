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
      : `an estimate of ${above(cost, maxCost)} (pairloom plan --cost shows it): nothing was started`
  throw new PairloomError(
    'PL_COST',
    `Expected ${name} to cost at most ${maxCost} ${prices.currency} (--max-cost), got ${got}`,
    { data: { cost, maxCost, currency: prices.currency } },
  )
}

/** An amount with as many digits as show that it is more than the limit: 0.00004 for a limit of 0, not 0.00. */
function above(cost: number, limit: number): string {
  for (let digits = 2; digits < 20; digits++) {
    const shown = cost.toFixed(digits)
    if (Number(shown) > limit) return shown
  }
  return String(cost)
}
