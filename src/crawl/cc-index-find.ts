import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ahead } from '../core/ahead.ts'
import { NO_START, PairloomError, type SourceStart } from '../core/index.ts'
import { makeScratch } from '../store/scratch.ts'
import { readParquetFooter, writeParquetSlice, type ParquetFooter } from '../table/parquet-slice.ts'
import type { Sql } from '../table/sql.ts'
import type { ArchiveClient } from './archive-client.ts'
import { openArchiveAtStart } from './archive-files.ts'
import { openRanged } from './cc-index-file.ts'
import { MAX_PAGES, type IndexCounts, type PageSet } from './cc-index-pages.ts'
import { PLACE_COLUMNS, selectedGroups, selectionSql, type Selection } from './cc-index-selection.ts'
import { readWhere, whereError, withSql, type Where } from './cc-index-where.ts'
import { inputError } from './source-files.ts'

/** Files of an index that are fetched at once, so that the engine need not wait for them. */
const FILES = 6

export interface IndexQuery extends Selection {
  where?: string | undefined
  maxPages?: number | undefined
  requests: number
}

/** What is asked of one file of an index. */
interface Request {
  columns: string[]
  statement(table: string): string
}

/** Puts the places of the pages that are selected in the files of an index into a set. */
export async function findPages(
  places: readonly string[],
  query: IndexQuery,
  start: SourceStart,
  pages: PageSet,
): Promise<IndexCounts> {
  const counts: IndexCounts = {
    files: places.length,
    bytes: 0,
    'row-groups': 0,
    'row-groups-read': 0,
    'rows-read': 0,
  }
  const scratch = await makeScratch()
  const { signal } = start
  const archive = openArchiveAtStart(start, query)
  try {
    await withSql(async (sql) => {
      const where = query.where === undefined ? null : await readWhere(query.where, sql)
      await checkFile(places[0]!, archive, query, where, sql, scratch)
      const slices = ahead(
        places.entries(),
        FILES,
        ([i, place]) => sliceOf(place, archive, query, where, join(scratch, `${i}.parquet`), counts),
        () => archive.stop(),
      )
      for await (const found of slices) {
        signal.throwIfAborted()
        if (found === null) continue
        await sql.view('records', [found.path])
        for await (const rows of guarded(query.where, sql.query(found.request.statement('records')))) {
          signal.throwIfAborted()
          for (const row of rows as unknown as Place[]) pages.add(row.name, row.offset, row.length, row.hash)
          if (query.maxPages === undefined && pages.size > MAX_PAGES) throw tooMany(places[0]!)
        }
        await rm(found.path)
      }
    }, scratch)
    return counts
  } finally {
    await archive.close()
    await rm(scratch, { recursive: true, force: true })
  }
}

/**
 * Whether a file of an index on disk can be asked what is wanted, by its footer alone.
 *
 * @throws PairloomError `PL_INPUT` that names the columns that are missing, or the fault of `where`
 */
export async function checkIndexFile(place: string, query: IndexQuery): Promise<void> {
  const scratch = await makeScratch()
  const archive = openArchiveAtStart(NO_START, query)
  try {
    await withSql(async (sql) => {
      const where = query.where === undefined ? null : await readWhere(query.where, sql)
      await checkFile(place, archive, query, where, sql, scratch)
    }, scratch)
  } finally {
    await archive.close()
    await rm(scratch, { recursive: true, force: true })
  }
}

function tooMany(place: string): PairloomError {
  return inputError(
    place,
    `Expected at most ${MAX_PAGES} pages, got more: select less, sample with maxPages, or read all with crawl/warc`,
  )
}

interface Place {
  name: string
  offset: number
  length: number
  hash: number
}

/** Asks a file without rows: the engine then says all that it has to say against the condition. */
async function checkFile(
  place: string,
  archive: ArchiveClient,
  query: IndexQuery,
  where: Where | null,
  sql: Sql,
  scratch: string,
): Promise<void> {
  const file = await openRanged(place, archive, () => undefined)
  const footer = await readParquetFooter(file)
  const request = requestOf(place, footer, query, where)
  const path = join(scratch, 'check.parquet')
  await writeFile(path, (write) => writeParquetSlice(file, footer, request.columns, [], write))
  await sql.view('records', [path])
  for await (const _rows of guarded(query.where, sql.query(request.statement('records'))));
}

/** The columns that are needed of the row groups that may hold what is selected, as a file on disk; null for none. */
async function sliceOf(
  place: string,
  archive: ArchiveClient,
  query: IndexQuery,
  where: Where | null,
  path: string,
  counts: IndexCounts,
): Promise<{ path: string; request: Request } | null> {
  const file = await openRanged(place, archive, (bytes) => (counts.bytes += bytes))
  const footer = await readParquetFooter(file)
  const request = requestOf(place, footer, query, where)
  const groups = selectedGroups(query, footer)
  counts['row-groups'] += footer.groups.length
  counts['row-groups-read'] += groups.length
  for (const i of groups) counts['rows-read'] += footer.groups[i]!.rows
  if (groups.length === 0) return null
  await writeFile(path, (write) => writeParquetSlice(file, footer, request.columns, groups, write))
  return { path, request }
}

function requestOf(
  place: string,
  { columns }: ParquetFooter,
  query: IndexQuery,
  where: Where | null,
): Request {
  // As Hive and Spark have it: `crawl=CC-MAIN-2024-22/subset=warc` in a path stands for two columns.
  const fromPath = [...place.matchAll(/(?<=\/)(crawl|subset)=([^/]+)(?=\/)/g)].filter(
    ([, name]) => !columns.includes(name!),
  )
  const has = (column: string) => columns.includes(column)
  const selection = selectionSql(query, has)
  const named = (where?.columns ?? []).flatMap((name) => {
    const found = [...columns, ...fromPath.map((match) => match[1]!)].find(
      (column) => column.toLowerCase() === name.toLowerCase(),
    )
    if (found === undefined)
      throw whereError(where!.sql, `columns of ${place} (${columns.join(', ')}), got ${name}`)
    return has(found) ? [found] : []
  })
  const needed = [...new Set([...PLACE_COLUMNS, ...selection.columns, ...named])]
  const missing = needed.filter((column) => !has(column))
  if (missing.length > 0)
    throw inputError(place, `Expected columns ${missing.join(', ')} in ${place}, got ${columns.join(', ')}`)
  const constants = fromPath.map(([, name, value]) => `, '${value!.replaceAll("'", "''")}' AS "${name}"`)
  return {
    columns: columns.filter((column) => needed.includes(column)),
    statement: (table) => `
      SELECT warc_filename AS name, warc_record_offset AS "offset", warc_record_length AS "length"
      ${query.maxPages === undefined ? ', 0 AS hash' : `, ${HASH} AS hash`}
      FROM (SELECT *${constants.join('')} FROM "${table}")
      WHERE ${selection.sql}${where === null ? '' : ` AND (\n${where.sql}\n)`}
      ${query.maxPages === undefined ? '' : `ORDER BY hash, name, "offset" LIMIT ${query.maxPages}`}`,
  }
}

/** 52 bits by which a sample is taken: fair, and the same each time. */
const HASH = `('0x' || md5(warc_filename || ' ' || warc_record_offset)[1:13])::BIGINT`

async function* guarded<T>(where: string | undefined, rows: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* rows
  } catch (error) {
    if (where === undefined || !(error instanceof PairloomError) || error.code !== 'PL_SQL') throw error
    const said = (error.cause as Error).message.split('\n', 1)[0]!
    throw whereError(where, `a condition that fits the index, got ${said}`, error)
  }
}

async function writeFile(
  path: string,
  work: (write: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const file = await open(path, 'w')
  try {
    await work((bytes) => file.writeFile(bytes))
  } finally {
    await file.close()
  }
}
