import type { Tally } from '../../core/counters.ts'
import { causeOf, type Cause } from '../../crawl/failure-cause.ts'
import type { Plan, PlannedStage } from '../plan.ts'
import { readFlow } from '../report/flow.ts'
import { openTables } from '../report/tables.ts'
import type { RunFolder } from '../run-folder.ts'
import { fetchHealth } from './fetch-health.ts'

export interface CauseRows {
  cause: Cause
  rows: number
}

/** Reasons whose cause only the evidence in the rejects tells. */
const BY_EVIDENCE = /\.(?:host-given-up|robots-unreachable)$/

/**
 * The rejects of a stage that fetches by cause, the largest first, as `fetchHealth` groups them; deferred rows are left
 * out. Counters of the commits are enough, and no table is read, where no row was lost to a host as a whole.
 */
export async function fetchCauses(
  folder: RunFolder,
  plan: Plan,
  stage: PlannedStage,
  { reasons }: Pick<Tally, 'reasons'>,
): Promise<CauseRows[]> {
  if (Object.keys(reasons).some((key) => BY_EVIDENCE.test(key))) {
    const tables = await openTables(folder, await readFlow(folder, { ...plan, stages: [stage] }))
    try {
      const health = await fetchHealth(tables.of(stage.id)!, tables)
      return (health?.causes ?? []).map(({ cause, rows }) => ({ cause, rows }))
    } finally {
      await tables.close()
    }
  }
  const causes = new Map<Cause, number>()
  for (const [key, rows] of Object.entries(reasons)) {
    const reason = key.slice(key.lastIndexOf('.') + 1)
    if (reason === 'deferred') continue
    const cause = causeOf(reason)
    causes.set(cause, (causes.get(cause) ?? 0) + rows)
  }
  return [...causes]
    .map(([cause, rows]) => ({ cause, rows }))
    .sort((a, b) => b.rows - a.rows || (a.cause < b.cause ? -1 : 1))
}
