import { addTally, type Tally } from '../core/counters.ts'
import type { OutFile, SourcePart } from '../core/stage.ts'
import { fileStore } from '../store/file.ts'
import type { RunEvent } from './event.ts'
import { bodyOf, type Plan, type PlannedStage } from './plan.ts'
import { openRegistry } from './registry.ts'
import type { RunFolder } from './run-folder.ts'
import { Schedule } from './schedule.ts'
import { sinkFolder } from './task-sink.ts'

/**
 * The schedule of what is left, after what the run folder holds.
 *
 * signal: ends sources that are long about finding their partitions.
 */
export async function openSchedule(
  plan: Plan,
  stages: readonly PlannedStage[],
  folder: RunFolder,
  tallies: Map<string, Tally>,
  emit: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<Schedule> {
  const registry = await openRegistry(plan.plugins)
  const sources = new Map<string, SourcePart[]>()
  for (const stage of stages) {
    await folder.writeStage(stage)
    const body = bodyOf(stage, registry)
    if (body.kind !== 'stage' || body.stage.kind !== 'source') continue
    const known = await folder.readSourceParts(stage.dataset)
    sources.set(
      stage.id,
      known ??
        (await folder.createSourceParts(
          stage.dataset,
          await body.stage.partitions(body.options, { network: plan.network, signal }),
        )),
    )
  }
  const schedule = new Schedule(plan, stages, sources)
  const redone = new Set<string>()
  for (const stage of stages) {
    const isRedone = await dropUnfinished(folder, stage, redone.has(stage.from ?? ''))
    if (isRedone) redone.add(stage.id)
    if (stage.kind === 'sink') await dropLostShards(plan, stage, folder)
    const commits = await folder.readCommits(stage.dataset)
    const total = await folder.readTotal(stage.dataset)
    const isKnown = total !== null && (stage.kind !== 'sink' || (await isCurrent(plan, stage)))
    schedule.known(stage.id, commits, isKnown ? total.partitions : null)
    for (const commit of commits.values()) addTally(tallies.get(stage.id)!, commit.tally)
    if (commits.size > 0) emit({ event: 'resume', stage: stage.id, partitions: commits.size })
  }
  schedule.begin()
  return schedule
}

/**
 * Forgets what is to be done again: partitions that failed, results that were made without them, and all below those.
 * Returns whether everything of the stage was forgotten.
 */
async function dropUnfinished(folder: RunFolder, stage: PlannedStage, isRedone: boolean): Promise<boolean> {
  const total = await folder.readTotal(stage.dataset)
  const isPartial = (total?.without.length ?? 0) > 0
  if (total && (isRedone || isPartial)) await folder.removeTotal(stage.dataset)
  for (const [partition, { kind }] of await folder.readCommits(stage.dataset)) {
    if (isRedone || kind === 'failed') await folder.removeCommit(stage.dataset, partition)
  }
  return isRedone || (isPartial && stage.kind === 'global')
}

/** Forgets commits whose shards are not in the output folder: it was emptied, or it is another one now. */
async function dropLostShards(plan: Plan, stage: PlannedStage, folder: RunFolder): Promise<void> {
  // Read before the files are listed: what another run commits meanwhile is none of this one's business.
  const total = await folder.readTotal(stage.dataset)
  const commits = await folder.readCommits(stage.dataset)
  const found = new Map<string, number>()
  for await (const { path, bytes } of sinkFolder(plan.out, stage).list()) found.set(path, bytes)
  const isThere = (files: readonly OutFile[]) => files.every((f) => found.get(f.path) === f.bytes)
  let isWhole = isThere(total?.files ?? [])
  for (const [partition, { sink }] of commits) {
    if (isThere(sink?.files ?? [])) continue
    await folder.removeCommit(stage.dataset, partition)
    isWhole = false
  }
  if (total && !isWhole) await folder.removeTotal(stage.dataset)
}

/** Whether `current.json` names this plan's data set: another plan may have published since. */
async function isCurrent(plan: Plan, stage: PlannedStage): Promise<boolean> {
  const out = fileStore(plan.out).at(stage.id)
  if (!(await out.exists('current.json'))) return false
  const current = JSON.parse((await out.read('current.json')).toString('utf8')) as { fingerprint?: string }
  return current.fingerprint === stage.fingerprint
}
