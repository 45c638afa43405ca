import { rm } from 'node:fs/promises'
import type { Columns, Row } from '../../core/column.ts'
import { makeScratch } from '../../store/scratch.ts'
import { openSql } from '../../table/sql.ts'
import type { RunFolder } from '../run-folder.ts'
import type { StageCommits } from './flow.ts'

const MEMORY_BYTES = 512 * 2 ** 20

/** The tables that a stage has left: names to write into SQL, null where it has no such file. */
export interface StageTable {
  stage: string
  columns: Columns
  kept: string | null
  rejects: string | null
}

/** SQL over the tables of a run. */
export interface Tables {
  of(stage: string): StageTable | null
  /** Keeps what a statement gives as a table for later ones. */
  keep(name: string, statement: string): Promise<void>
  /** All rows of a statement: only for those that give few. */
  rows(statement: string): Promise<Row[]>
  close(): Promise<void>
}

/** Memory: 512 MiB at most, then the engine spills to the system's temporary folder. */
export async function openTables(folder: RunFolder, flow: readonly StageCommits[]): Promise<Tables> {
  const scratch = await makeScratch()
  const sql = await openSql({ memoryBytes: MEMORY_BYTES, scratch })
  const tables = new Map<string, StageTable>()

  async function view(name: string, files: readonly string[]): Promise<string | null> {
    if (files.length === 0) return null
    await sql.view(
      name,
      files.map((path) => folder.store.locate(path)),
    )
    return quoted(name)
  }
  async function close(): Promise<void> {
    sql.close()
    await rm(scratch, { recursive: true, force: true })
  }
  try {
    for (const { stage, commits } of flow) {
      const files = (kind: 'parquet' | 'rejects') =>
        [...commits.values()].flatMap((c) =>
          c.files[kind] ? [`${stage.dataset}/${c.files[kind].path}`] : [],
        )
      tables.set(stage.id, {
        stage: stage.id,
        columns: stage.columns,
        kept: await view(`kept ${stage.id}`, files('parquet')),
        rejects: await view(`rejects ${stage.id}`, files('rejects')),
      })
    }
  } catch (error) {
    await close()
    throw error
  }
  return {
    of: (stage) => tables.get(stage) ?? null,
    keep: (name, statement) => sql.table(name, statement),
    async rows(statement) {
      const rows: Row[] = []
      for await (const batch of sql.query(statement)) rows.push(...batch)
      return rows
    },
    close,
  }
}

/** Kept rows and rejects of a stage as one table: the columns asked for, and `rule` and `reason`, null for kept ones. */
export function everyRow(table: StageTable, columns: readonly string[]): string | null {
  const list = columns.map(quoted).join(', ')
  const parts = [
    ...(table.kept ? [`SELECT NULL AS rule, NULL AS reason, ${list} FROM ${table.kept}`] : []),
    ...(table.rejects ? [`SELECT rule, reason, ${list} FROM ${table.rejects}`] : []),
  ]
  return parts.length > 0 ? `(${parts.join(' UNION ALL ')})` : null
}

/** A name in SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text in SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
