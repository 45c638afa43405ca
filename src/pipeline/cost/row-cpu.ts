import type { Plan, PlannedStage } from '../plan.ts'
import { openAssumptions, type Assumption, type Assumptions } from './assumed.ts'
import type { Measured } from './measured.ts'

/**
 * Processor time of each stage that has commits. Stages of one chain share their attempts: the time of one is divided
 * among them as their rows would take it by the assumptions.
 */
export function sharedCpu(
  plan: Plan,
  measured: ReadonlyMap<string, Measured>,
  fetching: ReadonlySet<string>,
): Map<string, number> {
  const guess = openAssumptions()
  const chains = new Map<string, { id: string; weight: number }[]>()
  for (const stage of plan.stages) {
    const known = measured.get(stage.id)
    if (!known) continue
    const weight = known.tally.rowsIn * cpuOf(stage, fetching.has(stage.id), guess)
    for (const attempt of known.cpuByAttempt.keys())
      chains.set(attempt, [...(chains.get(attempt) ?? []), { id: stage.id, weight }])
  }
  const shares = new Map<string, number>()
  for (const [attempt, chain] of chains) {
    const seconds = measured.get(chain[0]!.id)!.cpuByAttempt.get(attempt)!
    const all = chain.reduce((sum, c) => sum + c.weight, 0)
    for (const { id, weight } of chain)
      shares.set(id, (shares.get(id) ?? 0) + (all > 0 ? (seconds * weight) / all : seconds / chain.length))
  }
  return shares
}

/** Processor time of a row by the assumptions, s. */
export function cpuOf(stage: PlannedStage, fetches: boolean, assumed: Pick<Assumptions, 'take'>): number {
  if (fetches) return assumed.take('fetchMs') / 1000
  if (stage.filters.length > 0) return (stage.filters.length * assumed.take('filterMs')) / 1000
  const names: Record<string, Assumption> = { source: 'sourceMs', global: 'globalMs', sink: 'sinkMs' }
  return assumed.take(names[stage.kind] ?? 'sourceMs') / 1000
}
