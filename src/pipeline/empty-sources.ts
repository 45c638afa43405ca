import type { Tally } from '../core/counters.ts'
import type { Plan } from './plan.ts'
import { builtinStages } from './registry.ts'

/** A stage of which no partition is open or failed. */
export interface WholeStage {
  stage: string
  tally: Tally
  partitions: number
}

/** Counters that say what was read and became no row; bytes and requests say nothing of that. */
const TOLD = /^(?:records|pages|images)\b/
const MOST = 4

/** One sentence for each source that was read whole and gave no row: what was read, and what to check. */
export async function emptySources(
  plan: Pick<Plan, 'stages'>,
  whole: readonly WholeStage[],
): Promise<string[]> {
  const notes: string[] = []
  for (const { id, kind, use } of plan.stages) {
    const found = whole.find(({ stage }) => stage === id)
    if (kind !== 'source' || found === undefined || found.tally.kept > 0) continue
    const stage = (await builtinStages()).get(use)
    const hint = (stage?.kind === 'source' ? stage.whenEmpty : undefined) ?? 'its options'
    notes.push(`${id} (${use}) was read to its end and gave no row: ${readOf(found)}; check ${hint}`)
  }
  return notes
}

function readOf({ partitions, tally }: WholeStage): string {
  const told = largest(Object.entries(tally.counters).filter(([name]) => TOLD.test(name)))
  const reasons = Object.entries(tally.reasons).map(([name, by]): [string, number] => [
    name.slice(name.lastIndexOf('.') + 1),
    by,
  ])
  return [
    `${partitions} partition${partitions === 1 ? '' : 's'}`,
    ...(told === '' ? [] : [told]),
    ...(reasons.length > 0 ? [`rejected ${largest(reasons)}`] : []),
  ].join(', ')
}

function largest(counts: [string, number][]): string {
  return counts
    .sort((a, b) => b[1] - a[1])
    .slice(0, MOST)
    .map(([name, by]) => `${name} ${by}`)
    .join(', ')
}
