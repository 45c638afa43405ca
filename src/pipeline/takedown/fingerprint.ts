import { fingerprint } from '../../core/hash.ts'
import type { PlannedStage } from '../plan.ts'
import type { Entry } from './tombstones.ts'

/**
 * The stages with takedowns in the fingerprints of those sinks that would else take shards from before for theirs.
 *
 * Sinks alone: they drop what is taken down whenever they run, so that a takedown changes the shards that the sample
 * is in and no other, and nothing above is made again. A sink none of whose rows is meant keeps its fingerprint.
 */
export function withTakedowns(
  stages: readonly PlannedStage[],
  entries: readonly Pick<Entry, 'name' | 'found'>[],
): PlannedStage[] {
  return stages.map((stage) => {
    if (stage.kind !== 'sink') return stage
    const { base = stage.fingerprint, ...rest } = stage
    const names = entries.filter(({ found }) => enters(stage, base, stages, found)).map(({ name }) => name)
    const print = names.length > 0 ? fingerprint({ base, takedowns: names.sort() }) : base
    return {
      ...rest,
      fingerprint: print,
      dataset: `${stage.id}/${print.slice(0, 12)}`,
      ...(names.length > 0 && { base }),
    }
  })
}

/** Whether rows that are taken down may have come to a sink before they were: found above it, and not lost on the way. */
function enters(
  sink: PlannedStage,
  base: string,
  stages: readonly PlannedStage[],
  found: Entry['found'],
): boolean {
  // Not looked yet: anything may be there.
  if (found === null) return true
  if (found.kept.includes(`${sink.id}/${base.slice(0, 12)}`)) return true
  for (let at = above(stages, sink); at; at = above(stages, at)) {
    if (found.kept.includes(at.dataset)) return true
    if (found.clean.includes(at.dataset)) return false
  }
  return false
}

function above(stages: readonly PlannedStage[], { from }: PlannedStage): PlannedStage | undefined {
  return stages.find((s) => s.id === from)
}
