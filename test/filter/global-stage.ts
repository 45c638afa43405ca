import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  hash128,
  LINK_COLUMNS,
  NO_NETWORK,
  openGate,
  type Columns,
  type GlobalStage,
  type Row,
  type Verdict,
} from '../../src/core/index.ts'
import { fileStore } from '../../src/store/file.ts'
import { openTableWriter } from '../../src/table/parquet-write.ts'
import { openSql } from '../../src/table/sql.ts'

export interface GlobalResult {
  kept: Row[]
  rejects: (Row & Verdict)[]
  /** Partition of each kept row. */
  partitions: number[]
}

/** How rows reach a global stage: in which files, with what memory and seed. */
export interface GlobalInputOptions {
  columns?: Columns
  /** Files that the rows lie in. */
  files?: number
  memoryBytes?: number
  seed?: string
}

/** Runs a global stage over rows through real files and the real SQL engine. */
export async function runGlobal(
  stage: GlobalStage,
  rows: readonly Row[],
  options: Record<string, unknown>,
  { columns = LINK_COLUMNS, files = 1, memoryBytes = 2 ** 30, seed = '0' }: GlobalInputOptions = {},
): Promise<GlobalResult> {
  const folder = await mkdtemp(join(tmpdir(), 'pairloom-global-'))
  const store = fileStore(folder)
  const sql = await openSql({ memoryBytes: 256 * 2 ** 20, scratch: join(folder, 'sql') })
  const result: GlobalResult = { kept: [], rejects: [], partitions: [] }
  try {
    const names = Array.from({ length: files }, (_, i) => `${i}.parquet`)
    for (const [i, name] of names.entries()) {
      const writer = openTableWriter(columns, await store.writer(name))
      await writer.append(rows.filter((_, at) => at % files === i))
      await writer.close()
    }
    await sql.view(
      'input',
      names.map((name) => store.locate(name)),
    )
    const input = {
      columns,
      rows: rows.length,
      partitions: files,
      sql: (statement: string) => sql.query(statement),
      table: (name: string, statement: string) => sql.table(name, statement),
    }
    const context = {
      options: stage.options.parse(options),
      stage: 'stage',
      seed,
      link: 0,
      now: Date.now,
      deadline: null,
      defer: () => undefined,
      partition: 0,
      signal: new AbortController().signal,
      network: NO_NETWORK,
      gate: openGate(),
      scratch: folder,
      memoryBytes,
      bytes: { append: () => Promise.reject(new Error('no')), read: () => Promise.reject(new Error('no')) },
      isTakenDown: () => false,
      drop: (row: Row, verdict: Verdict) => void result.rejects.push({ ...row, ...verdict }),
      count: () => undefined,
    }
    for await (const batch of stage.run(input, context)) {
      result.kept.push(...batch.rows)
      result.partitions.push(...batch.rows.map(() => batch.partition))
    }
  } finally {
    sql.close()
    await rm(folder, { recursive: true })
  }
  return result
}

/** A row with a caption, of an image of a site. */
export function linkRow(name: string, text: string, more: Row = {}): Row {
  const url = `http://www.example.com/${name}.jpg`
  const texts = [{ kind: 'alt', text, language: null, score: null, page: null }]
  return {
    uid: hash128(name),
    image_id: hash128(url),
    url,
    site: 'example.com',
    texts,
    caption: 0,
    merged_uids: [],
    ...more,
  }
}

/** The verdict of each row by its name, for rows that `linkRow` made. */
export function verdictsOf({ kept, rejects }: GlobalResult): Record<string, string> {
  const name = (row: Row) => /([^/]+)\.jpg$/.exec(row.url as string)![1]!
  const all = [
    ...kept.map((row) => [name(row), 'kept']),
    ...rejects.map((row) => [name(row), `${row.reason} ${row.value}`]),
  ]
  return Object.fromEntries(all.toSorted(([a], [b]) => (a! < b! ? -1 : 1))) as Record<string, string>
}
