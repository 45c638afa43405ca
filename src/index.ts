export * from './core/index.ts'
export type { RunEvent } from './pipeline/event.ts'
export { definePipeline, type PipelineInput } from './pipeline/definition.ts'
export { planFile, planPipeline, type Plan, type PlanOptions } from './pipeline/plan.ts'
export { runPlan, type RunOptions, type RunSummary } from './pipeline/run.ts'
/** The zod that options schemas are made with, so that a plug-in needs none of its own. */
export { z } from 'zod'
