import { rm } from 'node:fs/promises'
import type { RowStage } from '../core/stage.ts'
import { makeScratch } from '../store/scratch.ts'
import { openSql, type Sql } from '../table/sql.ts'
import { causeOf, rootReason, type Cause } from '../crawl/failure-cause.ts'
import { continuations, firstPartitions } from './chain.ts'
import { SAID } from './doctor/fetch-health.ts'
import { bodyOf, type Plan, type PlannedStage } from './plan.ts'
import { openRegistry } from './registry.ts'
import { retriedBy, type Retry } from './retry.ts'
import { reusableDatasets, type Reusable } from './reuse.ts'
import type { RunFolder } from './run-folder.ts'

const MEMORY_BYTES = 512 * 2 ** 20

/** Rows of one stage that ended without a result for one reason, as the newest round left them. */
export interface LedgerLine {
  stage: string
  status: 'dropped' | 'failed'
  reason: string
  /** What `pairloom doctor` groups it under, and the reason below it: of a host given up, why. */
  cause: Cause
  root: string
  rows: number
  /** Those that a retry with this `before` would try again, were its words to name the reason. */
  old: number
  /** Times of the first and the last of them, ISO 8601 in UTC; null where none was ever asked for. */
  oldest: string | null
  newest: string | null
}

/**
 * What a run's fetches have ended without, by reason, the most frequent first.
 *
 * before: as in `Retry`. Memory: 512 MiB at most, then the engine spills to the system's temporary folder.
 */
export async function readLedger(
  folder: RunFolder,
  plan: Plan,
  before: string | null = null,
): Promise<LedgerLine[]> {
  const lines: LedgerLine[] = []
  const stages = await retryable(plan)
  if (stages.length === 0) return lines
  const scratch = await makeScratch()
  const sql = await openSql({ memoryBytes: MEMORY_BYTES, scratch })
  try {
    for (const { stage, code } of stages) lines.push(...(await stageLedger(folder, sql, stage, code, before)))
    return lines
  } finally {
    sql.close()
    await rm(scratch, { recursive: true, force: true })
  }
}

/** The lines of a ledger that a retry would try again, `rows` and `old` being how many. */
export function dueLines(lines: readonly LedgerLine[], { words }: Pick<Retry, 'words'>): LedgerLine[] {
  const isNamed = retriedBy([{ words, before: null, round: 1 }])
  return lines.flatMap((line) => {
    if (line.old === 0 || !isNamed({ reason: line.reason, at: null, round: 0 })) return []
    return [{ ...line, rows: line.old }]
  })
}

/** Stages of a plan whose results a retry can take back. */
export async function retryable(
  plan: Plan,
): Promise<{ stage: PlannedStage; code: Pick<Reusable, 'reuseBy' | 'resultAt'> }[]> {
  const registry = await openRegistry(plan.plugins)
  return plan.stages.flatMap((stage) => {
    const body = bodyOf(stage, registry)
    const code = body.kind === 'stage' && body.stage.kind === 'row' ? (body.stage as RowStage) : null
    return code?.snapshot && code.reuseBy
      ? [{ stage, code: { reuseBy: code.reuseBy, resultAt: code.resultAt } }]
      : []
  })
}

async function stageLedger(
  folder: RunFolder,
  sql: Sql,
  stage: PlannedStage,
  { reuseBy, resultAt }: Pick<Reusable, 'reuseBy' | 'resultAt'>,
  before: string | null,
): Promise<LedgerLine[]> {
  const ends: string[] = []
  // A stage that is whole says all; else what it has not taken over yet counts too.
  const datasets = (await isWhole(folder, stage)) ? [stage] : await reusableDatasets(folder, stage)
  for (const { dataset, round } of datasets) {
    const commits = [...(await folder.readCommits(dataset)).values()]
    for (const kind of ['parquet', 'rejects'] as const) {
      const files = commits.flatMap((c) => (c.files[kind] ? [`${dataset}/${c.files[kind].path}`] : []))
      if (files.length === 0) continue
      const name = `${kind} ${dataset}`
      const paths = files.map((path) => folder.store.locate(path))
      await sql.view(name, paths)
      const verdict =
        kind === 'rejects'
          ? `status, reason, ${SAID} AS said, ${resultAt === undefined ? 'NULL' : `"${resultAt}"`} AS ended, ${round} AS place`
          : // A picture is a picture, whatever a later try said.
            `NULL AS status, NULL AS reason, NULL AS said, NULL AS ended, ${Number.MAX_SAFE_INTEGER} AS place`
      ends.push(`SELECT "${reuseBy}" AS key, ${verdict} FROM "${name}"`)
    }
  }
  if (ends.length === 0) return []
  const isOld = before === null ? 'TRUE' : `ended IS NULL OR ended < '${before}'`
  const found = sql.query(`
    WITH ranked AS (
      SELECT *, row_number() OVER (PARTITION BY key ORDER BY place DESC, ended DESC NULLS LAST) AS n
      FROM (${ends.join(' UNION ALL ')}) AS ends
    )
    SELECT status, reason, said, count(*) AS rows, count(*) FILTER (WHERE ${isOld}) AS old,
      min(ended) AS oldest, max(ended) AS newest
    FROM ranked WHERE n = 1 AND reason IS NOT NULL
    GROUP BY status, reason, said ORDER BY rows DESC, reason, status, said`)
  const lines: LedgerLine[] = []
  for await (const rows of found)
    for (const { said, ...row } of rows) {
      const root = rootReason(row.reason as string, said as string | null)
      lines.push({ stage: stage.id, cause: causeOf(root), root, ...(row as Counted) })
    }
  return lines
}

type Counted = Omit<LedgerLine, 'stage' | 'cause' | 'root'>

async function isWhole(folder: RunFolder, stage: PlannedStage): Promise<boolean> {
  const first = await firstPartitions(folder, stage)
  const commits = await folder.readCommits(stage.dataset)
  return first !== null && commits.size >= first + continuations(commits.values())
}
