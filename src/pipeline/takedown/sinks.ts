import type { PurgeContext, Sink } from '../../core/stage.ts'
import type { Store } from '../../store/store.ts'
import { bodyOf, type Plan, type PlannedStage } from '../plan.ts'
import type { Registry } from '../registry.ts'

/** A sink of a plan, with the plan. */
export interface PlannedSink {
  plan: Plan
  stage: PlannedStage
}

/** Every sink data set of these plans once, with the newest plan that has it. */
export function sinksOf(plans: readonly Plan[]): PlannedSink[] {
  const sinks = new Map<string, PlannedSink>()
  for (const plan of plans) {
    for (const stage of plan.stages)
      if (stage.kind === 'sink') sinks.set(`${plan.out} ${stage.dataset}`, { plan, stage })
  }
  return [...sinks.values()]
}

/** Null where its plug-in is gone. */
export function sinkCode(stage: PlannedStage, registry: Registry): Sink | null {
  if (!registry.has(stage.use)) return null
  const body = bodyOf(stage, registry)
  return body.kind === 'stage' && body.stage.kind === 'sink' ? body.stage : null
}

/** A sink's context for looking into its files. */
export function readContext(stage: PlannedStage, files: Store): PurgeContext<never> {
  const create = () => Promise.reject(new Error('Expected to read shards, not to write any'))
  return { options: stage.options as never, columns: stage.columns, files, create }
}
