import { PairloomError } from '../../core/error.ts'
import { bodyOf, type Plan, type PlannedStage } from '../plan.ts'
import { openRegistry, type Registry } from '../registry.ts'
import { readFlow, stageData, type StageCommits } from '../report/flow.ts'
import { openTables, quoted, type StageTable, type Tables } from '../report/tables.ts'
import type { RunFolder } from '../run-folder.ts'
import { newestPlan } from '../status.ts'
import { answerSql } from './answer-sql.ts'
import { comparePlans, type Change, type ChangedStage } from './compare-plans.ts'
import { fairnessOf, type Fairness } from '../report/fairness.ts'
import { groupedRows, groupKinds } from '../report/groups.ts'
import { wilson } from './wilson.ts'

/** Rows of a stage above which a sample answers, and rows of that sample: it is read in seconds. */
const SAMPLE_ABOVE = 1e8
const SAMPLE_ROWS = 1e7

/** Rows, with the bounds of 95 % confidence where a sample was counted; all three alike where all rows were. */
export interface Estimate {
  rows: number
  low: number
  high: number
}

export interface WhatIf {
  stage: string
  changes: Change[]
  /** Rows that came to the stage. */
  rows: number
  /** Share of them that was counted, and how many these were; null for all. */
  sample: { share: number; rows: number } | null
  before: { kept: Estimate; dropped: Estimate }
  after: { kept: Estimate; dropped: Estimate }
  newlyKept: Estimate
  newlyDropped: Estimate
  /** Rows of which nobody knows: a measure that decides was not taken. In neither of `after`. */
  unknown: Estimate
  /** Ways to end at the stage, the most frequent first. */
  reasons: { reason: string; before: Estimate; after: Estimate }[]
  /** Counted rows, of the sample where one was drawn. */
  fairness: Fairness[]
  /** Stages that would get other rows: what they make of these only a run tells. */
  below: string[]
  /** Partitions that failed for good: their rows are in no count. */
  failedPartitions: number
}

export interface WhatIfOptions {
  /** Share of the rows to count, above 0 and at most 1. Default: all, or 10 million of more than 100 million. */
  sample?: number
}

/**
 * What a run would have kept under other limits of one filter stage, from the measures that the run has stored.
 *
 * other: the plan with those limits. For rows whose measures are all stored the answer is that of a run.
 * Memory: 512 MiB at most, then the engine spills.
 *
 * @throws PairloomError `PL_USAGE` where the plans differ in more than limits of one stage, or the stage is not done
 */
export async function whatIf(folder: RunFolder, other: Plan, options: WhatIfOptions = {}): Promise<WhatIf> {
  const plan = await newestPlan(folder)
  const registry = await openRegistry(other.plugins)
  const changed = comparePlans(plan, other, registry)
  const flow = await readFlow(folder, plan)
  const failedPartitions = expectDone(flow, registry, changed.before)
  const own = flow.find((f) => f.stage.id === changed.before.id)!
  const tables = await openTables(folder, [own])
  try {
    const rows = rowsOf(own)
    const share = options.sample ?? (rows > SAMPLE_ABOVE ? SAMPLE_ROWS / rows : 1)
    const kinds = await keepAnswer(tables, tables.of(own.stage.id)!, changed, registry, share)
    const pairs = kinds === null ? [] : await pairsOf(tables)
    return {
      stage: changed.after.id,
      changes: changed.changes,
      ...countsOf(pairs, rows, share),
      fairness: kinds === null ? [] : await fairnessOf(tables, 'answer', kinds),
      below: stagesBelow(plan, changed.before.id),
      failedPartitions,
    }
  } finally {
    await tables.close()
  }
}

/** Puts how every row ends, before and after, into the table `answer`, and says which groups it tells. */
async function keepAnswer(
  tables: Tables,
  table: StageTable,
  { before, after }: ChangedStage,
  registry: Registry,
  share: number,
) {
  const sql = answerSql(table, groupIn(before, registry), groupIn(after, registry), share)
  if (sql === null) return null
  await tables.keep('answer', groupedRows(table.columns, 'before, after', `(${sql})`))
  return groupKinds(table.columns)
}

function groupIn(stage: PlannedStage, registry: Registry) {
  const body = bodyOf(stage, registry)
  return body.kind === 'filters' ? body.group : []
}

interface Pair {
  before: string
  after: string
  rows: number
}

async function pairsOf(tables: Tables): Promise<Pair[]> {
  const rows = await tables.rows(
    `SELECT before, after, count(*) AS rows FROM ${quoted('answer')} GROUP BY before, after ORDER BY before, after`,
  )
  return rows as unknown as Pair[]
}

type Counts = Omit<WhatIf, 'stage' | 'changes' | 'fairness' | 'below' | 'failedPartitions'>

function countsOf(pairs: readonly Pair[], rows: number, share: number): Counts {
  const counted = pairs.reduce((sum, p) => sum + p.rows, 0)
  const estimate = (is: (pair: Pair) => boolean): Estimate => {
    const hits = pairs.reduce((sum, p) => sum + (is(p) ? p.rows : 0), 0)
    if (share === 1) return { rows: hits, low: hits, high: hits }
    const { low, high } = wilson(hits, counted)
    const part = counted === 0 ? 0 : hits / counted
    return { rows: Math.round(part * rows), low: Math.floor(low * rows), high: Math.ceil(high * rows) }
  }
  const isDropped = (end: string) => end !== 'kept' && end !== 'unknown'
  const reasons = [...new Set(pairs.flatMap((p) => [p.before, p.after]))].filter(isDropped).map((reason) => ({
    reason,
    before: estimate((p) => p.before === reason),
    after: estimate((p) => p.after === reason),
  }))
  const most = (r: (typeof reasons)[number]) => Math.max(r.before.rows, r.after.rows)
  return {
    rows,
    sample: share === 1 ? null : { share, rows: counted },
    before: {
      kept: estimate((p) => p.before === 'kept'),
      dropped: estimate((p) => isDropped(p.before)),
    },
    after: { kept: estimate((p) => p.after === 'kept'), dropped: estimate((p) => isDropped(p.after)) },
    newlyKept: estimate((p) => p.before !== 'kept' && p.after === 'kept'),
    newlyDropped: estimate((p) => p.before === 'kept' && isDropped(p.after)),
    unknown: estimate((p) => p.after === 'unknown'),
    reasons: reasons.sort((a, b) => most(b) - most(a) || (a.reason < b.reason ? -1 : 1)),
  }
}

/** Number of its partitions that failed for good. */
function expectDone(flow: readonly StageCommits[], registry: Registry, { id }: PlannedStage): number {
  const { state, partitions } = stageData(flow, registry).find((s) => s.id === id)!
  if (state === 'done') return partitions.failed
  const all = partitions.all === null ? '' : ` of ${partitions.all}`
  throw new PairloomError(
    'PL_USAGE',
    `Expected stage ${id} of the run to be done, got ${partitions.done}${all} partitions: go on with pairloom run, then ask again`,
    { data: { stage: id, done: partitions.done, partitions: partitions.all } },
  )
}

function rowsOf({ commits }: StageCommits): number {
  return [...commits.values()].reduce(
    (sum, { files }) => sum + (files.parquet?.rows ?? 0) + (files.rejects?.rows ?? 0),
    0,
  )
}

function stagesBelow(plan: Plan, id: string): string[] {
  const below = new Set([id])
  for (const stage of plan.stages) if (stage.from !== null && below.has(stage.from)) below.add(stage.id)
  return [...below].slice(1)
}
