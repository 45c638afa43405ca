import type { Plan, PlannedStage } from './plan.ts'
import type { Commit, RunFolder } from './run-folder.ts'

/**
 * Continuations: what partition p of N leaves over is partition p + N, what that leaves over p + 2 N, and so on: at most
 * one of a chain is to be done at any time. A chain is whole when a link leaves nothing over.
 */

/** How many links beside the first ones the commits of a stage call for. */
export function continuations(commits: Iterable<Pick<Commit, 'files'>>): number {
  let rests = 0
  for (const { files } of commits) if (files.rest) rests++
  return rests
}

/** Partitions of the stage above a chain, or null where they are not known yet. */
export async function firstPartitions(
  folder: RunFolder,
  { dataset }: Pick<PlannedStage, 'dataset'>,
): Promise<number | null> {
  for (const plan of ((await folder.readRunFile())?.plans ?? []).toReversed()) {
    const stage = plan.stages.find((s) => s.dataset === dataset)
    if (stage) return partitionsAbove(folder, plan, stage)
  }
  return null
}

/** Row stages keep the partitions of what is above them. */
async function partitionsAbove(folder: RunFolder, plan: Plan, stage: PlannedStage): Promise<number | null> {
  let at: PlannedStage | undefined = stage
  while (at?.kind === 'row') {
    const from: string | null = at.from
    at = plan.stages.find((s) => s.id === from)
  }
  if (at?.kind === 'global') return (await folder.readTotal(at.dataset))?.partitions ?? null
  if (at?.kind === 'source') return (await folder.readSourceParts(at.dataset))?.length ?? null
  return null
}
