import { addTally, emptyTally, type Tally } from '../core/counters.ts'
import { PairloomError } from '../core/error.ts'
import { fetchCauses, type CauseRows } from './doctor/fetch-causes.ts'
import { emptySources } from './empty-sources.ts'
import { fetchStages } from './fetch-stages.ts'
import { continuations } from './chain.ts'
import type { Plan, PlannedStage } from './plan.ts'
import type { RunFolder, RunWaits } from './run-folder.ts'

export interface StageStatus {
  stage: string
  done: number
  /** Partitions in all, or null while unknown. */
  partitions: number | null
  failedPartitions: number
  tally: Tally
  /** Bytes of its parts, and of the shards it wrote. */
  bytes: number
  /** Of a stage that fetches: its rejects by cause, the largest first; `doctor` says more. */
  causes: CauseRows[] | null
}

export interface RunStatus {
  name: string
  finished: boolean
  stages: StageStatus[]
  /** What requests waited for in the run that last asked for any, or asks now; null where none waited. */
  waits: RunWaits | null
  /** What to look at although nothing failed: sources that gave no row. Sentences. */
  notes: string[]
}

/** State of the newest plan of a run, from its commits, and what it waits for: the same whatever engine runs it, or none. */
export async function runStatus(folder: RunFolder): Promise<RunStatus> {
  const plan = await newestPlan(folder)
  const partitions = new Map<string, number | null>()
  const stages: StageStatus[] = []
  const fetching = new Set(fetchStages(plan).map((s) => s.id))
  let finished = true
  for (const stage of plan.stages) {
    const commits = await folder.readCommits(stage.dataset)
    const total = await folder.readTotal(stage.dataset)
    const above = await partitionsOf(folder, stage, partitions)
    partitions.set(stage.id, above === null ? null : above + continuations(commits.values()))
    const status: StageStatus = {
      stage: stage.id,
      done: commits.size,
      partitions: partitions.get(stage.id)!,
      failedPartitions: [...commits.values()].filter((c) => c.kind === 'failed').length,
      tally: emptyTally(),
      bytes: 0,
      causes: null,
    }
    for (const commit of commits.values()) {
      addTally(status.tally, commit.tally)
      const files = [...Object.values(commit.files), ...(commit.sink?.files ?? [])]
      for (const file of files) status.bytes += file.bytes
    }
    if (fetching.has(stage.id)) status.causes = await fetchCauses(folder, plan, stage, status.tally)
    const open = status.partitions === null || status.done < status.partitions
    if (open || (stage.kind === 'sink' && !total)) finished = false
    stages.push(status)
  }
  const whole = stages.flatMap(({ stage, tally, done, partitions: all, failedPartitions }) =>
    done === all && failedPartitions === 0 ? [{ stage, tally, partitions: all }] : [],
  )
  return {
    name: plan.name,
    finished,
    stages,
    waits: await folder.readWaits(),
    notes: await emptySources(plan, whole),
  }
}

/** The plan that was run last in a folder. */
export async function newestPlan(folder: RunFolder): Promise<Plan> {
  const plan = (await folder.readRunFile())?.plans.at(-1)
  if (plan) return plan
  throw new PairloomError('PL_RUN_MISSING', `Expected a run in ${folder.store.root}, got none`, {
    data: { run: folder.store.root },
  })
}

async function partitionsOf(
  folder: RunFolder,
  stage: PlannedStage,
  known: ReadonlyMap<string, number | null>,
): Promise<number | null> {
  if (stage.kind === 'source') return (await folder.readSourceParts(stage.dataset))?.length ?? null
  if (stage.kind === 'global') return (await folder.readTotal(stage.dataset))?.partitions ?? null
  return known.get(stage.from!) ?? null
}
