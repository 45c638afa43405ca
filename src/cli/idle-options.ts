import { PairloomError } from '../core/error.ts'
import { fetchStages } from '../pipeline/fetch-stages.ts'
import type { Plan } from '../pipeline/plan.ts'
import { wantedStages } from '../pipeline/wanted-stages.ts'

/**
 * Refuses options that would do nothing: nobody should trust a bound that is not there.
 *
 * given: those that were given, such as `--prices`. beside: what they say something about.
 * @throws PairloomError `PL_USAGE`
 */
export function expectBeside(given: Readonly<Record<string, unknown>>, beside: string): void {
  for (const [option, value] of Object.entries(given)) {
    if (value === undefined) continue
    throw new PairloomError('PL_USAGE', `Expected ${option} beside ${beside}, got it alone`)
  }
}

/** @throws PairloomError `PL_USAGE` where two options are given of which one leaves the other nothing to say */
export function expectApart(given: boolean, option: string, other: string, why: string): void {
  if (given) throw new PairloomError('PL_USAGE', `Expected ${option} or ${other}, got both: ${why}`)
}

/**
 * Refuses bounds on fetches where none will be made up to `to`.
 *
 * @throws PairloomError `PL_USAGE`
 */
export function expectFetch(
  plan: Plan,
  { to, deadline, maxFailureRate }: { to?: string; deadline?: number; maxFailureRate?: number },
): void {
  const stages = wantedStages(plan, to)
  const until = to === undefined ? '' : ` up to ${to}`
  if (maxFailureRate !== undefined && fetchStages({ stages }).length === 0)
    throw new PairloomError(
      'PL_USAGE',
      `Expected a stage that fetches pictures${until}, which --max-failure-rate could judge, got none`,
    )
  // A plug-in's row stage may ask the network too.
  if (deadline !== undefined && !stages.some((s) => s.kind === 'row' && s.use !== 'filters'))
    throw new PairloomError(
      'PL_USAGE',
      `Expected a stage that fetches pictures${until}, which --deadline could end, got none`,
    )
}
