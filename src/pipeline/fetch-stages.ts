import type { Plan, PlannedStage } from './plan.ts'

/** The row stages of a plan that bring bytes to rows that have none: those that fetch. */
export function fetchStages({ stages }: Pick<Plan, 'stages'>): PlannedStage[] {
  const columnsOf = (id: string | null) => stages.find((s) => s.id === id)?.columns ?? {}
  const hasBytes = (columns: object) => Object.hasOwn(columns, 'bytes_dataset')
  return stages.filter((s) => s.kind === 'row' && hasBytes(s.columns) && !hasBytes(columnsOf(s.from)))
}
