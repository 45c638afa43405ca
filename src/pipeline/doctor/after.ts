import { fetchStages } from '../fetch-stages.ts'
import { readFlow } from '../report/flow.ts'
import { openTables } from '../report/tables.ts'
import type { RunFolder } from '../run-folder.ts'
import { newestPlan } from '../status.ts'
import { diagnose, judgeSuccess, type Finding } from './diagnosis.ts'
import { fetchHealth, type FetchHealth } from './fetch-health.ts'

/** What became of a fetch and why, in numbers and in words. */
export interface FetchDiagnosis extends FetchHealth {
  judgement: string
  findings: Finding[]
}

/**
 * Explains how the stages that fetch have fared so far in the newest plan of a run; those without rows are left out.
 *
 * Memory: the commits of these stages, and what the SQL engine may hold.
 */
export async function diagnoseRun(folder: RunFolder): Promise<FetchDiagnosis[]> {
  const plan = await newestPlan(folder)
  const stages = fetchStages(plan)
  const tables = await openTables(folder, await readFlow(folder, { ...plan, stages }))
  try {
    const found: FetchDiagnosis[] = []
    for (const { id } of stages) {
      const health = await fetchHealth(tables.of(id)!, tables)
      if (health) found.push({ ...health, judgement: judgeSuccess(health), findings: diagnose(health) })
    }
    return found
  } finally {
    await tables.close()
  }
}
