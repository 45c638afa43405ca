import { PairloomError } from '../core/error.ts'
import { nearest } from './nearest.ts'
import type { Plan, PlannedStage } from './plan.ts'

/**
 * The stages up to and with `to`, those it needs, in their order; all without one.
 *
 * @throws PairloomError `PL_USAGE` where no stage has that name
 */
export function wantedStages(plan: Plan, to: string | undefined): PlannedStage[] {
  if (to === undefined) return plan.stages
  const wanted = new Set<string>()
  for (let at = plan.stages.find((s) => s.id === to); at; at = plan.stages.find((s) => s.id === at!.from))
    wanted.add(at.id)
  if (wanted.size > 0) return plan.stages.filter((s) => wanted.has(s.id))
  const ids = plan.stages.map((s) => s.id)
  const near = nearest(to, ids)
  const hint = near === null ? '' : ` (did you mean ${near}?)`
  throw new PairloomError('PL_USAGE', `Expected --to to name one of ${ids.join(', ')}, got ${to}${hint}`)
}
