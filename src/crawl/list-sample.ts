import { listColumns } from './list-columns.ts'
import type { ListOptions } from './list.ts'
import { listFormat, readListHead, readListRecords, type ListHead } from './list-records.ts'
import { findFiles, type SourceFile } from './source-files.ts'
import { hostOf } from './host.ts'

/** What a look into the files of a list says of all of it. */
export interface ListSample {
  rows: number
  /** Every record was counted, or every row group says its rows. */
  isExact: boolean
  /** URLs that were looked at, and how many of them each host has. */
  urls: number
  hosts: Map<string, number>
}

/** Lists of text up to this size are read whole. */
const WHOLE_BYTES = 16 * 2 ** 20
const SAMPLED_FILES = 8
const SAMPLED_ROWS = 20_000
/** What gzip and zstd make of lists of URLs and texts: about a third. */
const PACKED = 3

/**
 * Counts the rows of a list and the hosts of its URLs: rows of Parquet files by their heads, small lists of text whole,
 * of large ones the beginnings of eight files, evenly spread, and by them the rest.
 *
 * Memory: the hosts of the URLs that are looked at.
 * @throws PairloomError `PL_INPUT` where a file cannot be read
 */
export async function sampleList(options: ListOptions): Promise<ListSample> {
  const { format: given } = options
  const files = await findFiles(options.path, (name) => listFormat(name) !== null || given !== 'auto')
  const sample: ListSample = { rows: 0, isExact: true, urls: 0, hosts: new Map() }
  const texts = files.filter((file) => formatOf(file, given) !== 'parquet')
  const isWhole = texts.reduce((sum, file) => sum + file.bytes, 0) <= WHOLE_BYTES
  const looked = new Set(evenly(files, SAMPLED_FILES))
  let [rowsSeen, bytesSeen, bytesUnseen] = [0, 0, 0]
  for (const file of files) {
    const format = formatOf(file, given)
    const head = await readListHead(file.path, format, options.header)
    if (format === 'parquet') {
      sample.rows += head.groupRows.reduce((sum, rows) => sum + rows, 0)
      if (looked.has(file)) await look(file, head, SAMPLED_ROWS)
    } else if (isWhole) {
      sample.rows += (await look(file, head, Infinity)).rows
    } else if (looked.has(file)) {
      const seen = await look(file, head, SAMPLED_ROWS)
      rowsSeen += seen.rows
      // A file that ended before the sample did says exactly how long its records are.
      bytesSeen += seen.isEnd ? plainBytes(file) : seen.bytes
      bytesUnseen += plainBytes(file)
    } else bytesUnseen += plainBytes(file)
  }
  if (bytesUnseen > 0) {
    sample.isExact = false
    sample.rows += Math.round((bytesUnseen * rowsSeen) / Math.max(1, bytesSeen))
  }
  return sample

  async function look(file: SourceFile, head: ListHead, most: number) {
    const { url } = listColumns(file.path, head, options)
    const seen = { rows: 0, bytes: 0, isEnd: true }
    for await (const records of readListRecords(file.path, head, [url], firstGroup(head))) {
      for (const record of records) {
        if (seen.rows >= most) return { ...seen, isEnd: false }
        seen.rows++
        if (!('values' in record)) continue
        const value = record.values[url]
        if (head.format !== 'parquet') seen.bytes += Object.values(record.values).join(',').length + 1
        const host = typeof value === 'string' && URL.canParse(value) ? hostOf(value) : ''
        if (host === '') continue
        sample.urls++
        sample.hosts.set(host, (sample.hosts.get(host) ?? 0) + 1)
      }
    }
    return seen
  }
}

function firstGroup({ format, groupRows }: ListHead): [number, number] | undefined {
  return format === 'parquet' && groupRows.length > 0 ? [0, 1] : undefined
}

function formatOf({ path }: SourceFile, given: ListOptions['format']) {
  return given === 'auto' ? listFormat(path)! : given
}

function plainBytes({ path, bytes }: SourceFile): number {
  return /\.(?:gz|zst)$/i.test(path) ? bytes * PACKED : bytes
}

function evenly<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items]
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)]!)
}
