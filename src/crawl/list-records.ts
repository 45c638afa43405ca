import { toPairloomError } from '../core/error.ts'
import { fileChunks } from '../store/file-chunks.ts'
import { readTable, readTableHead } from '../table/parquet-read.ts'
import { readCsv, readTsv, type Fields } from './list-csv.ts'
import { readJsonTexts, type JsonText } from './list-json.ts'
import { readLines, type Line } from '../store/lines.ts'
import { openListTable } from './list-table.ts'
import { inputError, unpackedName } from './source-files.ts'

export const LIST_FORMATS = ['txt', 'csv', 'tsv', 'json', 'jsonl', 'parquet'] as const
export type ListFormat = (typeof LIST_FORMATS)[number]

/** One record of a list by column, or what is wrong with it. Lines, or rows of a Parquet file, from 1. */
export type ListRecord =
  | { line: number; values: Record<string, unknown> }
  | { line: number; fault: string; limit?: string }

/** What the beginning of a file says of all of it. */
export interface ListHead {
  format: ListFormat
  columns: string[]
  /** The first record names the columns. */
  hasHeader: boolean
  /** The column of URLs where it is known by its values: there is no header. */
  urlColumn: string | null
  /** Rows of each row group; empty but for Parquet. */
  groupRows: number[]
}

/** JSON records that are asked for their keys. */
const HEAD_RECORDS = 1000

/** The format by the ending of a name, packed or not; null where it is none of a list. */
export function listFormat(name: string): ListFormat | null {
  const ending = /\.(\w+)$/.exec(unpackedName(name).toLowerCase())?.[1]
  if (ending === 'ndjson') return 'jsonl'
  return LIST_FORMATS.find((format) => format === ending) ?? null
}

/**
 * Columns of a list, from its beginning.
 *
 * Values without a header are called `column1`, `column2` …: a first record that holds an http(s) URL is no header.
 * @throws PairloomError `PL_INPUT` where the file cannot be read
 */
export async function readListHead(
  path: string,
  format: ListFormat,
  header: 'auto' | boolean,
): Promise<ListHead> {
  const head = { format, columns: ['url'], hasHeader: false, urlColumn: null, groupRows: [] }
  if (format === 'txt') return head
  if (format === 'parquet') {
    const { store, name, close } = await openListTable(path)
    try {
      return { ...head, ...(await readTableHead(store, name)) }
    } catch (error) {
      return asInputError(path)(error)
    } finally {
      await close()
    }
  }
  if (format === 'csv' || format === 'tsv') {
    const fields = await firstFields(path, format)
    const url = fields.findIndex((field) => /^\s*https?:\/\//i.test(field))
    const hasHeader = header === 'auto' ? url < 0 : header
    const columns = hasHeader ? fields.map((field) => field.trim()) : fields.map((_, i) => `column${i + 1}`)
    return { ...head, columns, hasHeader, urlColumn: hasHeader || url < 0 ? null : columns[url]! }
  }
  const keys = new Set<string>()
  let count = 0
  for await (const records of jsonRecords(path, format)) {
    for (const record of records.slice(0, HEAD_RECORDS - count)) {
      if ('values' in record) for (const key of Object.keys(record.values)) keys.add(key)
    }
    count += records.length
    if (count >= HEAD_RECORDS) break
  }
  return { ...head, columns: [...keys] }
}

/** The records of a list, in its order. `groups`: row groups of a Parquet file; `columns`: those needed. */
export async function* readListRecords(
  path: string,
  head: ListHead,
  columns: string[],
  groups: [from: number, to: number] | undefined,
): AsyncGenerator<ListRecord[]> {
  switch (head.format) {
    case 'txt':
      for await (const lines of readLines(fileChunks(path))) yield lines.flatMap(urlOfLine)
      return
    case 'csv':
    case 'tsv': {
      let isFirst = head.hasHeader
      for await (const records of fieldsOf(path, head.format)) {
        yield (isFirst ? records.slice(1) : records).map((record) => byColumn(record, head.columns))
        if (records.length > 0) isFirst = false
      }
      return
    }
    case 'json':
    case 'jsonl':
      yield* jsonRecords(path, head.format)
      return
    case 'parquet':
      yield* parquetRecords(path, head, columns, groups)
  }
}

async function* parquetRecords(
  path: string,
  head: ListHead,
  columns: string[],
  groups: [from: number, to: number] = [0, head.groupRows.length],
): AsyncGenerator<ListRecord[]> {
  let line = head.groupRows.slice(0, groups[0]).reduce((sum, rows) => sum + rows, 0)
  const { store, name, close } = await openListTable(path)
  try {
    for await (const rows of readTable(store, name, { columns, groups, bigints: true }))
      yield rows.map((values) => ({ line: ++line, values }))
  } catch (error) {
    asInputError(path)(error)
  } finally {
    await close()
  }
}

function urlOfLine(line: Line): ListRecord[] {
  if ('fault' in line) return [line]
  const url = line.text.trim()
  return url === '' ? [] : [{ line: line.line, values: { url } }]
}

function byColumn(record: Fields, columns: readonly string[]): ListRecord {
  if ('fault' in record) return record
  const { line, fields } = record
  if (fields.length !== columns.length)
    return { line, fault: `${fields.length} fields`, limit: `= ${columns.length}` }
  const values: Record<string, unknown> = {}
  for (let i = 0; i < columns.length; i++) values[columns[i]!] = fields[i]
  return { line, values }
}

function fieldsOf(path: string, format: 'csv' | 'tsv'): AsyncIterable<Fields[]> {
  const lines = readLines(fileChunks(path))
  return format === 'csv' ? readCsv(lines) : readTsv(lines)
}

async function firstFields(path: string, format: 'csv' | 'tsv'): Promise<string[]> {
  for await (const [first] of fieldsOf(path, format)) {
    if (first && 'fields' in first) return first.fields
    if (first) throw inputError(path, `Expected columns in the first line of ${path}, got ${first.fault}`)
  }
  return []
}

async function* jsonRecords(path: string, format: 'json' | 'jsonl'): AsyncGenerator<ListRecord[]> {
  const chunks = fileChunks(path)
  const texts = format === 'json' ? readJsonTexts(chunks) : readLines(chunks)
  for await (const batch of texts) yield batch.flatMap(parsed)
}

function parsed(item: JsonText | Line): ListRecord[] {
  if ('fault' in item) return [item]
  const { line, text } = item
  if (text.trim() === '') return []
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return [{ line, fault: `no JSON: ${(error as Error).message}` }]
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [{ line, fault: 'no JSON object' }]
  return [{ line, values: value as Record<string, unknown> }]
}

function asInputError(path: string) {
  return (error: unknown): never => {
    const { code, message } = toPairloomError(error)
    if (code === 'PL_TABLE' || code === 'PL_NOT_FOUND') throw inputError(path, message, error)
    throw error
  }
}
