import { addTally, emptyTally, type Tally } from '../../core/counters.ts'
import type { Plan, PlannedStage } from '../plan.ts'
import type { Commit, RunFolder } from '../run-folder.ts'

/** What a run folder has measured of a stage. */
export interface Measured {
  dataset: string
  /** Of this plan, or of the same stage with other options or another input. */
  isOwn: boolean
  /** Its rows are taken over, not fetched again: the same options, whatever came before the stage. */
  isReused: boolean
  commits: Commit[]
  /** Partitions that are done. */
  done: number
  tally: Tally
  /** Bytes and number of the files that its commits name, commits included; of sinks, shards too. */
  bytes: number
  objects: number
  /** Processor time by attempt: stages of one chain share theirs. */
  cpuByAttempt: Map<string, number>
}

/**
 * What is known of each stage of a plan from its own data sets, else from the fullest earlier one of the same id and
 * code. Stages of which the folder has nothing are left out. Memory: the commits.
 */
export async function readMeasured(plan: Plan, folder: RunFolder): Promise<Map<string, Measured>> {
  const found = new Map<string, Measured>()
  for (const stage of plan.stages) {
    const own = await measuredOf(folder, stage.dataset, { isOwn: true, isReused: false })
    const measured = own ?? (await earlier(folder, stage))
    if (measured) found.set(stage.id, measured)
  }
  return found
}

async function earlier(folder: RunFolder, stage: PlannedStage): Promise<Measured | null> {
  let best: Measured | null = null
  for (const dataset of (await folder.datasets(stage.id)).sort()) {
    const planned = dataset === stage.dataset ? null : await folder.readStage(dataset)
    if (planned?.use !== stage.use) continue
    const isReused = stage.reuseKey !== null && planned.reuseKey === stage.reuseKey
    const measured = await measuredOf(folder, dataset, { isOwn: false, isReused })
    if (!measured || (best?.isReused === true && !isReused)) continue
    const isBetter =
      isReused !== (best?.isReused ?? false) || measured.tally.rowsIn > (best?.tally.rowsIn ?? 0)
    if (isBetter) best = measured
  }
  return best
}

async function measuredOf(
  folder: RunFolder,
  dataset: string,
  of: Pick<Measured, 'isOwn' | 'isReused'>,
): Promise<Measured | null> {
  const commits = [...(await folder.readCommits(dataset)).values()].filter((c) => c.kind === 'done')
  if (commits.length === 0) return null
  const measured: Measured = {
    dataset,
    ...of,
    commits,
    done: commits.length,
    tally: emptyTally(),
    bytes: 0,
    objects: 0,
    cpuByAttempt: new Map(),
  }
  for (const { tally, files, sink, attempt, cpuSeconds } of commits) {
    addTally(measured.tally, tally)
    const all = [...Object.values(files), ...(sink?.files ?? [])]
    measured.bytes += all.reduce((sum, f) => sum + f.bytes, 0)
    measured.objects += all.length + 1
    if (cpuSeconds !== undefined)
      measured.cpuByAttempt.set(attempt, Math.max(cpuSeconds, measured.cpuByAttempt.get(attempt) ?? 0))
  }
  return measured
}
