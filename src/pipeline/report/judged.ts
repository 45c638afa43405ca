import type { Registry } from '../registry.ts'
import type { StageData } from './data.ts'
import { pathTo } from './flow.ts'
import { isWithheld } from './withheld.ts'

/** Whether every safety filter of the plan has passed the rows that a stage kept, or had passed those it rejected. */
export type Judged = (stage: string, rows: 'kept' | 'rejects') => boolean

/**
 * Tells which pictures may be shown: what a safety filter would have dropped, had it seen it, looks the same in the
 * rejects of an earlier stage, or where a run stopped before the filter.
 */
export function openJudged(stages: readonly StageData[], registry: Registry): Judged {
  const guards = stages.filter(({ filters }) =>
    filters.some(({ name, options }) => {
      const filter = registry.get(name)
      const reasons = filter?.kind === 'filter' ? filter.rules(options).map((rule) => rule.reason) : ['']
      return reasons.some((reason) => isWithheld(name, reason))
    }),
  )
  return (id, rows) => {
    const stage = stages.find((s) => s.id === id)!
    const path = pathTo(stages, stage).slice(0, rows === 'kept' ? undefined : -1)
    return guards.every((guard) => path.includes(guard))
  }
}
