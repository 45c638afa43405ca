import { rm } from 'node:fs/promises'
import type { Row } from '../core/column.ts'
import { PairloomError } from '../core/error.ts'
import { captionOf } from '../core/row.ts'
import { makeScratch } from '../store/scratch.ts'
import { openSql, type Sql } from '../table/sql.ts'
import { filterSteps } from './explain-filters.ts'
import { bodyOf, type PlannedStage } from './plan.ts'
import { openRegistry, type Registry } from './registry.ts'
import type { RunFolder } from './run-folder.ts'
import { newestPlan } from './status.ts'
import { readEntries, takedownsOf } from './takedown/tombstones.ts'

/** Reasons whose value is the uid of the row that stays. */
const HAS_KEEPER = new Set<unknown>(['merged', 'duplicate', 'near-duplicate'])

export interface Step {
  stage: string
  /** `holds`, `breaks`, `kept`, `dropped`, `failed`, `not measured`; `seen` where no rule compares the measure. */
  verdict: string
  /** Rule and reason, or the stage. */
  rule: string
  value: string | null
  limit: string | null
}

export interface Explained {
  uid: string
  url: string
  caption: string
  steps: Step[]
  /** Where it ended, in a sentence. */
  fate: string
}

/**
 * What every stage of a run did with a row: each rule, the value it saw and its limit.
 *
 * key: uid, image_id or URL. Rows merged into others are followed to their keepers. What was taken down is told without
 * address and text, also where nothing is left of it.
 * @throws PairloomError `PL_USAGE` when the run has no such row
 */
export async function explain(folder: RunFolder, key: string): Promise<Explained[]> {
  const plan = await newestPlan(folder)
  const registry = await openRegistry(plan.plugins)
  const takenDown = await openTakenDown(folder)
  const scratch = await makeScratch()
  const sql = await openSql({ memoryBytes: 512 * 2 ** 20, scratch })
  try {
    const rows = new Map<string, Explained>()
    const covered = new Map<string, string>()
    const wanted = new Set([key])
    // A keeper is known only where a row was merged into it; what happened to it before is told as well.
    for (let known = 0; known < wanted.size;) {
      known = wanted.size
      for (const row of rows.values()) row.steps = []
      for (const stage of plan.stages) {
        for (const row of await stageRows(folder, sql, stage, wanted)) {
          const uid = row.uid as string
          const told = rows.get(uid) ?? {
            uid,
            url: (row.url as string | undefined) ?? '',
            caption: '',
            steps: [],
            fate: '',
          }
          told.caption = captionOf(row)
          told.steps.push(...stepsOf(stage, row, registry))
          told.fate = fateOf(stage, row)
          const why = takenDown(row)
          if (why !== null) covered.set(uid, why)
          rows.set(uid, told)
          if (HAS_KEEPER.has(row.reason)) wanted.add(row.value as string)
        }
      }
    }
    for (const [uid, fate] of covered) {
      const told = rows.get(uid)!
      // Values may be its address or text: what a block list or a rule named.
      const steps = told.steps.map((step) => ({ ...step, value: null, limit: null }))
      rows.set(uid, { uid, url: '', caption: '', steps, fate })
    }
    if (rows.size > 0) return [...rows.values()]
    const why = takenDown({ uid: key, image_id: key, sha256: key }) ?? takenDown({ url: key })
    if (why !== null)
      return [{ uid: key, url: '', caption: '', steps: [], fate: `${why}; the run holds none of it` }]
    throw new PairloomError(
      'PL_USAGE',
      `Expected a uid, image_id or URL of the run in ${folder.store.root}, got ${key}`,
    )
  } finally {
    sql.close()
    await rm(scratch, { recursive: true, force: true })
  }
}

/** `taken down on 2026-11-25: its reason`, of a row that is; else null. */
async function openTakenDown(folder: RunFolder): Promise<(row: Row) => string | null> {
  const entries = (await readEntries(folder)).sort((a, b) => (a.at < b.at ? -1 : 1))
  const known = entries.map((entry) => ({ entry, takedowns: takedownsOf([entry]) }))
  return (row) => {
    const entry = known.find(({ takedowns }) => takedowns.covers(row))?.entry
    if (!entry) return null
    return `taken down on ${entry.at.slice(0, 10)}${entry.reason === null ? '' : `: ${entry.reason}`}`
  }
}

async function stageRows(
  folder: RunFolder,
  sql: Sql,
  stage: PlannedStage,
  wanted: ReadonlySet<string>,
): Promise<Row[]> {
  const commits = [...(await folder.readCommits(stage.dataset)).values()]
  const keyColumns = ['uid', 'image_id', 'url'].filter((column) => Object.hasOwn(stage.columns, column))
  if (!keyColumns.includes('uid')) return []
  const keys = [...wanted].map((w) => `'${w.replaceAll("'", "''")}'`).join(', ')
  const found: Row[] = []
  for (const name of ['parquet', 'rejects'] as const) {
    const files = commits.flatMap((c) => c.files[name]?.path ?? [])
    if (files.length === 0) continue
    await sql.view(
      'rows',
      files.map((path) => folder.store.locate(`${stage.dataset}/${path}`)),
    )
    const where = keyColumns.map((column) => `${column} IN (${keys})`).join(' OR ')
    for await (const batch of sql.query(`SELECT * FROM rows WHERE ${where} ORDER BY uid`))
      found.push(...batch)
  }
  return found
}

function stepsOf(stage: PlannedStage, row: Row, registry: Registry): Step[] {
  if (stage.use !== 'filters') {
    const verdict = (row.status as string | undefined) ?? 'kept'
    const rule = row.reason ? `${stage.use}: ${String(row.reason)}` : stage.use
    return [
      {
        stage: stage.id,
        verdict,
        rule,
        value: (row.value as string | null) ?? null,
        limit: (row.limit as string | null) ?? null,
      },
    ]
  }
  const body = bodyOf(stage, registry)
  return body.kind === 'filters' ? filterSteps(stage.id, body.group, row) : []
}

function fateOf(stage: PlannedStage, row: Row): string {
  if (row.status === undefined) return `goes on after ${stage.id}`
  const evidence = row.value === null || row.value === undefined ? '' : `: ${String(row.value)}`
  const limit = row.limit ? ` (limit ${String(row.limit)})` : ''
  return `${String(row.status)} by ${String(row.rule)} in ${stage.id} as ${String(row.reason)}${evidence}${limit}`
}
