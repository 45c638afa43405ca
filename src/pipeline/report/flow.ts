import { addTally, emptyTally, type Tally } from '../../core/counters.ts'
import { continuations } from '../chain.ts'
import type { Plan, PlannedStage } from '../plan.ts'
import type { Registry } from '../registry.ts'
import type { Commit, RunFolder } from '../run-folder.ts'
import type { Ledger, ReasonData, StageData } from './data.ts'
import { isWithheld } from './withheld.ts'

/** What the run folder holds of one stage of a plan. */
export interface StageCommits {
  stage: PlannedStage
  /** By partition. Empty for a global stage that was stopped before its end: it will be run again. */
  commits: Map<number, Commit>
  /** Partitions in all, where that is known. */
  partitions: number | null
  /** Its total is written: a global stage is whole, a sink is published. */
  closed: boolean
}

/** Reads the commits of every stage of a plan. Memory: the commits. */
export async function readFlow(folder: RunFolder, plan: Plan): Promise<StageCommits[]> {
  const flow: StageCommits[] = []
  for (const stage of plan.stages) {
    const total = await folder.readTotal(stage.dataset)
    const commits = await folder.readCommits(stage.dataset)
    const usable = stage.kind === 'global' && !total ? new Map<number, Commit>() : commits
    const inOrder = new Map([...usable].sort(([a], [b]) => a - b))
    const partitions =
      stage.kind === 'source'
        ? ((await folder.readSourceParts(stage.dataset))?.length ?? null)
        : stage.kind === 'global'
          ? (total?.partitions ?? null)
          : (flow.find((f) => f.stage.id === stage.from)?.partitions ?? null)
    const all = partitions === null ? null : partitions + continuations(inOrder.values())
    flow.push({ stage, commits: inOrder, partitions: all, closed: total !== null })
  }
  return flow
}

/** Rows in, kept, dropped and failed of every stage, with what is still to come. */
export function stageData(flow: readonly StageCommits[], registry: Registry): StageData[] {
  const data: StageData[] = []
  for (const { stage, commits, partitions, closed } of flow) {
    const upstream = flow.find((f) => f.stage.id === stage.from)
    const before = data.find((s) => s.id === stage.from)
    const all = [...commits.values()]
    const failed = all.filter((c) => c.kind === 'failed')
    const tally = all.reduce((sum, c) => addTally(sum, c.tally), emptyTally())
    const lost = failed.reduce((sum, c) => sum + rowsTo(c.partition, commits, upstream), 0)
    const isDone =
      stage.kind === 'global' || stage.kind === 'sink'
        ? closed
        : partitions !== null && all.length >= partitions
    const reasons = reasonsOf(tally)
    const siblings = flow.filter((f) => f.stage.from !== null && f.stage.from === stage.from).length
    data.push({
      id: stage.id,
      kind: stage.kind,
      use: stage.use,
      summary: registry.get(stage.use)?.summary ?? '',
      from: stage.from,
      depth: (before?.depth ?? 0) + (siblings > 1 ? 1 : 0),
      state: isDone ? 'done' : all.length > 0 ? 'partial' : 'missing',
      partitions: { done: all.length - failed.length, failed: failed.length, all: partitions },
      in: tally.rowsIn,
      kept: tally.kept,
      dropped: tally.dropped,
      merged: reasons.reduce((sum, r) => sum + (r.status === 'merged' ? r.rows : 0), 0),
      failed: tally.failed,
      lost,
      waiting: before ? before.kept - tally.rowsIn - lost : 0,
      reasons,
      counters: Object.fromEntries(Object.entries(tally.counters).sort(([a], [b]) => (a < b ? -1 : 1))),
      errors: failed
        .slice(0, 5)
        .map((c) => ({ partition: c.partition, ...(c.error ?? { code: '', message: '' }) })),
      dataset: stage.dataset,
      options: stage.options,
      filters: stage.filters.map(({ name, options }) => ({ name, options })),
      columns: stage.columns,
    })
  }
  return data
}

/** Rows that a partition had to read: those of the stage above, or what the link before it left over. */
function rowsTo(
  partition: number,
  commits: ReadonlyMap<number, Commit>,
  upstream: StageCommits | undefined,
): number {
  const above = upstream?.commits.get(partition)
  if (above) return above.tally.kept
  return commits.get(partition - (upstream?.partitions ?? 0))?.files.rest?.rows ?? 0
}

/** Where the rows of a source went, for every stage that nothing reads from. */
export function ledgersOf(stages: readonly StageData[]): Ledger[] {
  const leaves = stages.filter((s) => !stages.some((other) => other.from === s.id))
  return leaves.map((leaf) => {
    const path = pathTo(stages, leaf)
    const sum = (of: 'dropped' | 'merged' | 'failed' | 'waiting' | 'lost') =>
      path.reduce((total, s) => total + s[of], 0)
    const [source] = path
    return {
      source: source!.id,
      leaf: leaf.id,
      found: source!.in,
      delivered: leaf.kept,
      merged: sum('merged'),
      dropped: sum('dropped') - sum('merged'),
      failed: sum('failed'),
      waiting: sum('waiting'),
      lost: sum('lost'),
    }
  })
}

/** The stages from the source to this one. */
export function pathTo<S extends { id: string; from: string | null }>(stages: readonly S[], leaf: S): S[] {
  const before = stages.find((s) => s.id === leaf.from)
  return before ? [...pathTo(stages, before), leaf] : [leaf]
}

function reasonsOf(tally: Tally): ReasonData[] {
  return Object.entries(tally.reasons)
    .map(([key, rows]): ReasonData => {
      // dropped.<rule>.<reason>: neither the status nor the reason has a dot, a rule may.
      const [, verdict, rule, reason] = /^(dropped|failed)\.(.*)\.([^.]*)$/.exec(key) ?? [
        key,
        'failed',
        key,
        '',
      ]
      const status =
        verdict === 'dropped' && reason === 'merged' ? 'merged' : (verdict as ReasonData['status'])
      return { status, rule: rule!, reason: reason!, rows, withheld: isWithheld(rule!, reason!) }
    })
    .sort((a, b) => b.rows - a.rows || (`${a.rule} ${a.reason}` < `${b.rule} ${b.reason}` ? -1 : 1))
}
