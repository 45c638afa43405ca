import type { Columns, Row } from '../../core/column.ts'
import type { Tally } from '../../core/counters.ts'
import { blankMembers } from '../../store/tar-blank.ts'
import { readTable, readTableHead } from '../../table/parquet-read.ts'
import { openTableWriter } from '../../table/parquet-write.ts'
import { rejectColumns } from '../part-writer.ts'
import type { PlannedStage } from '../plan.ts'
import type { Commit, PartFile, RunFolder } from '../run-folder.ts'
import { attemptName } from '../sweep.ts'

/** What is to be removed. */
export interface Removal {
  isRemoved(row: Row): boolean
  /** Whether a text is the uid or URL of what is removed: verdicts of other rows may name it. */
  names(text: string): boolean
  /** Which members of a partition's tar are removed pictures; null where none is. */
  members(dataset: string, partition: number): ((member: { name: string; offset: number }) => boolean) | null
}

/** What stands in a verdict where it named something that was removed. */
const WITHHELD = 'taken down'

/**
 * Removes rows from the tables of a data set, in the rejects too. Every part is written anew under a name of its own,
 * then the entry that names it is replaced in one step, then the old file goes: stopped anywhere, a part is what it was
 * or what it will be. The tally becomes that of a run that never saw the rows, so that stages still add up.
 *
 * Returns the number of rows removed. Memory: a row group.
 */
export async function purgeTables(folder: RunFolder, stage: PlannedStage, removal: Removal): Promise<number> {
  let removed = 0
  await rewriteParts(folder, stage, async (commit, attempt) => {
    const files = { ...commit.files }
    const tally: Tally = structuredClone(commit.tally)
    for (const kind of ['parquet', 'rejects', 'rest'] as const) {
      const file = commit.files[kind]
      if (!file) continue
      const written = await rewriteTable(
        folder,
        stage,
        file,
        pathOf(folder, stage, commit, attempt, kind),
        removal,
      )
      if (!written) continue
      files[kind] = written.file
      for (const row of written.removed) subtract(tally, kind, row)
      removed += written.removed.length
    }
    return files.parquet === commit.files.parquet &&
      files.rejects === commit.files.rejects &&
      files.rest === commit.files.rest
      ? null
      : { ...commit, files, tally }
  })
  return removed
}

/** Blanks pictures in the tars of a data set. Returns the number of members blanked. */
export async function purgeTars(folder: RunFolder, stage: PlannedStage, removal: Removal): Promise<number> {
  let blanked = 0
  await rewriteParts(folder, stage, async (commit, attempt) => {
    const { tar } = commit.files
    const isMember = removal.members(stage.dataset, commit.partition)
    if (!tar || !isMember) return null
    const [path, to] = [`${stage.dataset}/${tar.path}`, pathOf(folder, stage, commit, attempt, 'tar')]
    const { blanked: members, ...written } = await blankMembers(folder.store, path, to, isMember)
    blanked += members
    const file = { path: to.slice(stage.dataset.length + 1), rows: tar.rows - members, ...written }
    return { ...commit, files: { ...commit.files, tar: file } }
  })
  return blanked
}

/** Copies what a sink rejected to the data set that takes its place, without what is removed. */
export async function purgedRejects(
  folder: RunFolder,
  from: PlannedStage,
  to: PlannedStage,
  { files, partition }: Commit,
  removal: Removal,
): Promise<{ file: PartFile; removed: Row[] } | null> {
  if (!files.rejects) return null
  const path = folder.partPath(to.dataset, partition, attemptName(), 'rejects.parquet')
  return rewriteTable(folder, from, files.rejects, path, removal, { always: true, dataset: to.dataset })
}

/** Takes a removed row out of a tally. Rows left to a continuation are counted where they come in. */
export function subtract(tally: Tally, kind: 'parquet' | 'rejects' | 'rest', row: Row): void {
  if (kind === 'rest') return
  tally.rowsIn--
  if (kind === 'parquet') {
    tally.kept--
    return
  }
  tally[row.status as 'dropped' | 'failed']--
  const reason = `${String(row.status)}.${String(row.rule)}.${String(row.reason)}`
  const left = (tally.reasons[reason] ?? 0) - 1
  if (left > 0) tally.reasons[reason] = left
  else delete tally.reasons[reason]
}

/** Gives every commit of a data set to `change`, replaces those that it changes, and removes what none names. */
async function rewriteParts(
  folder: RunFolder,
  { dataset }: PlannedStage,
  change: (commit: Commit, attempt: string) => Promise<Commit | null>,
): Promise<void> {
  for (const commit of (await folder.readCommits(dataset)).values()) {
    if (commit.kind !== 'done') continue
    const attempt = attemptName()
    const changed = await change(commit, attempt)
    if (!changed) continue
    await folder.replaceCommits(dataset, [{ ...changed, attempt }])
    const kept = new Set(Object.values(changed.files).map((f) => f.path))
    for (const { path } of Object.values(commit.files))
      if (!kept.has(path)) await folder.store.remove(`${dataset}/${path}`)
  }
}

/** The table without rows that are removed; null where there is none of them and no verdict names one. */
async function rewriteTable(
  folder: RunFolder,
  stage: PlannedStage,
  { path }: PartFile,
  to: string,
  removal: Removal,
  { always = false, dataset = stage.dataset } = {},
): Promise<{ file: PartFile; removed: Row[] } | null> {
  const from = `${stage.dataset}/${path}`
  if (!always && !(await isMeant(folder, from, removal))) return null
  const columns = await columnsOf(folder, stage, from)
  const removed: Row[] = []
  const table = openTableWriter(columns, await folder.store.writer(to))
  try {
    for await (const rows of readTable(folder.store, from)) {
      const stay: Row[] = []
      for (const row of rows) {
        if (removal.isRemoved(row)) removed.push({ status: row.status, rule: row.rule, reason: row.reason })
        else stay.push(isNamed(row, removal) ? { ...row, value: WITHHELD } : row)
      }
      await table.append(stay)
    }
    const written = await table.close()
    return { file: { path: to.slice(dataset.length + 1), ...written }, removed }
  } catch (error) {
    await table.abort()
    throw error
  }
}

async function isMeant(folder: RunFolder, path: string, removal: Removal): Promise<boolean> {
  const { columns } = await readTableHead(folder.store, path)
  const keys = ['uid', 'merged_uids', 'image_id', 'url', 'sha256', 'status', 'value']
  for await (const rows of readTable(folder.store, path, {
    columns: keys.filter((k) => columns.includes(k)),
  }))
    if (rows.some((row) => removal.isRemoved(row) || isNamed(row, removal))) return true
  return false
}

function isNamed({ status, value }: Row, removal: Removal): boolean {
  return typeof status === 'string' && typeof value === 'string' && removal.names(value)
}

/** Columns of a table of a stage: its own, those it was given, or a rejects file's. */
async function columnsOf(folder: RunFolder, stage: PlannedStage, path: string): Promise<Columns> {
  const isRejects = path.endsWith('.rejects.parquet')
  const known = isRejects ? rejectColumns(stage.columns) : stage.columns
  const { columns } = await readTableHead(folder.store, path)
  return Object.fromEntries(columns.map((name) => [name, known[name]!]))
}

function pathOf(
  folder: RunFolder,
  { dataset }: PlannedStage,
  { partition }: Commit,
  attempt: string,
  kind: keyof Commit['files'],
): string {
  return folder.partPath(
    dataset,
    partition,
    attempt,
    kind === 'parquet' || kind === 'tar' ? kind : `${kind}.parquet`,
  )
}
