import { z } from 'zod'
import type { Row } from '../core/column.ts'
import { LINK_COLUMNS } from '../core/row.ts'
import { defineSource } from '../core/stage.ts'
import { listColumns, type ListColumnOptions } from './list-columns.ts'
import { LIST_FORMATS, listFormat, readListHead, readListRecords, type ListFormat } from './list-records.ts'
import { listRow } from './list-row.ts'
import { isPackedTable } from './list-table.ts'
import { checkKeep, keepOption, keptColumns } from './source-columns.ts'
import {
  checkUnchanged,
  filesDigest,
  findFiles,
  inputError,
  pathOption,
  type SourceFile,
} from './source-files.ts'

/** Files whose columns the plan looks at; those of the others are checked when they are read. */
const CHECKED_FILES = 100
const BATCH_ROWS = 1024

const HASH_COLUMN = {
  type: 'utf8',
  nullable: true,
  doc: 'sha256 (64 hex digits) or md5 (32) that the list gives of the bytes',
} as const

const column = (doc: string) => z.string().min(1).optional().describe(doc)

const options = z.strictObject({
  path: pathOption,
  format: z
    .enum(['auto', ...LIST_FORMATS])
    .default('auto')
    .describe('auto: by the ending of the name, before .gz or .zst'),
  header: z
    .union([z.literal('auto'), z.boolean()])
    .default('auto')
    .describe('whether the first record of a csv or tsv names the columns; auto: unless it holds a URL'),
  url: column('column of the URL; default url, image_url … in any case, or the one that holds URLs'),
  text: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .optional()
    .describe(
      'columns of texts, the caption first; their kind is the name of the column; default text, caption …',
    ),
  uid: column('column of ids that are kept as they are; default uid'),
  hash: column('column of the sha256 or md5 of the bytes; default sha256 or md5'),
  keep: keepOption,
  rowsPerPartition: z
    .int()
    .min(1000)
    .max(100_000_000)
    .default(100_000)
    .describe(
      'rows of a partition at least, where a file can be parted (Parquet that is not packed); other files are one each',
    ),
})

export type ListOptions = z.infer<typeof options>

interface ListPart extends SourceFile, Record<string, unknown> {
  format: ListFormat
  groups?: [from: number, to: number]
}

/**
 * Reads lists of image URLs with their texts: txt (a URL a line), csv, tsv, json, jsonl, Parquet, each also packed
 * (.gz, .zst; Parquet is then unpacked to a temporary folder).
 *
 * Ids that the list brings are kept, other rows get `uid(url, first text)`. Records that give no row are rejects:
 * `no-url`, `bad-url` (`webUrl`), `bad-row` (no UTF-8, no JSON, another number of fields), with file and line.
 * Memory: a line of at most 1 MiB and some thousand rows; of Parquet the needed columns of one row group.
 */
export const list = defineSource({
  name: 'crawl/list',
  version: 1,
  summary: 'Read lists of image URLs and texts: txt, csv, tsv, json, jsonl, Parquet',
  options,
  columns: { ...LINK_COLUMNS, source_hash: HASH_COLUMN },
  optionColumns: ({ keep }) => keptColumns(keep),
  check: ({ keep }) => checkKeep(keep, ['source_hash']),
  whenEmpty: 'that the file holds records, and that format, header and url name what is in it',
  async identity(chosen) {
    const files = await listFiles(chosen)
    for (const file of files.slice(0, CHECKED_FILES))
      await openList(file.path, formatOf(file, chosen), chosen)
    return { files: files.length, digest: filesDigest(files) }
  },
  async partitions(chosen): Promise<ListPart[]> {
    const parts: ListPart[] = []
    for (const file of await listFiles(chosen)) {
      const part = { ...file, format: formatOf(file, chosen) }
      if (part.format !== 'parquet' || isPackedTable(part.path)) parts.push(part)
      else {
        const { groupRows } = await readListHead(file.path, 'parquet', false)
        for (const groups of groupRanges(groupRows, chosen.rowsPerPartition)) parts.push({ ...part, groups })
      }
    }
    return parts
  },
  async *read(part, { options: chosen, drop, count }) {
    const { path, name, format, groups } = part as ListPart
    await checkUnchanged(part as ListPart)
    const { head, columns } = await openList(path, format, chosen)
    const needed = [columns.url, columns.uid, columns.hash, ...columns.texts, ...Object.keys(chosen.keep)]
    const wanted = [...new Set(needed.filter((name) => name !== null))]
    let batch: Row[] = []
    for await (const records of readListRecords(path, head, wanted, groups)) {
      for (const record of records) {
        const { row, verdict } = listRow(record, name, columns, chosen.keep, count)
        if (verdict) drop(row, verdict)
        else batch.push(row)
        if (batch.length < BATCH_ROWS) continue
        yield batch
        batch = []
      }
    }
    if (batch.length > 0) yield batch
  },
})

async function openList(
  path: string,
  format: ListFormat,
  chosen: ListColumnOptions & Pick<ListOptions, 'header'>,
) {
  const head = await readListHead(path, format, chosen.header)
  return { head, columns: listColumns(path, head, chosen) }
}

function listFiles({ path, format }: ListOptions): Promise<SourceFile[]> {
  return findFiles(path, (name) => listFormat(name) !== null || format !== 'auto')
}

function formatOf({ path }: SourceFile, { format }: ListOptions): ListFormat {
  const found = format === 'auto' ? listFormat(path) : format
  if (found !== null) return found
  throw inputError(
    path,
    `Expected a name that ends in .${LIST_FORMATS.join(', .')}, got ${path}: name it with format:`,
  )
}

/** Ranges of row groups of at least so many rows. */
function groupRanges(groupRows: readonly number[], atLeast: number): [number, number][] {
  const ranges: [number, number][] = []
  let [from, rows] = [0, 0]
  groupRows.forEach((groupCount, i) => {
    rows += groupCount
    if (rows < atLeast && i < groupRows.length - 1) return
    ranges.push([from, i + 1])
    ;[from, rows] = [i + 1, 0]
  })
  return ranges
}
