import { domainToASCII } from 'node:url'
import { z } from 'zod'
import type { ParquetFooter } from '../table/parquet-slice.ts'

/** Columns of Common Crawl's index that say where a record lies. */
export const PLACE_COLUMNS = ['warc_filename', 'warc_record_offset', 'warc_record_length'] as const

const name = z.string().refine((text) => asciiName(text) !== '', 'expected the name of a host or domain')

export const selectionOptions = {
  hosts: z.array(name).min(1).optional().describe('only these hosts, such as www.example.org'),
  domains: z
    .array(name)
    .min(1)
    .optional()
    .describe('only these registered domains with all their hosts, such as example.org or bbc.co.uk'),
  tlds: z.array(name).min(1).optional().describe('only these top-level domains, such as org'),
  languages: z
    .array(z.string().regex(/^[a-z]{3}$/, 'expected a code of ISO 639-3 such as eng'))
    .min(1)
    .optional()
    .describe(
      'only pages whose main language is one of these (ISO 639-3, such as eng); known since CC-MAIN-2018-39',
    ),
  mimes: z
    .array(z.string().regex(/^[^\s/']+\/[^\s/']+$/, 'expected a type such as text/html'))
    .min(1)
    .default(['text/html', 'application/xhtml+xml'])
    .describe('only these types, as the archive found them in the bytes'),
  status: z
    .array(z.int().min(200).max(299))
    .min(1)
    .default([200])
    .describe('only these HTTP statuses; others than 2xx hold no page'),
  where: z
    .string()
    .min(1)
    .optional()
    .describe(
      "a condition in SQL (DuckDB's) over the columns of the index, such as `url_path LIKE '/shop/%'`; and-ed to the others",
    ),
}

export interface Selection {
  hosts?: string[] | undefined
  domains?: string[] | undefined
  tlds?: string[] | undefined
  languages?: string[] | undefined
  mimes: string[]
  status: number[]
}

/** One condition on a column. */
interface Term {
  columns: string[]
  sql: string
  /** Row groups whose smallest and largest value of a column exclude all of these hold none: equal, or with a prefix. */
  bounds: { column: string; values: (string | number)[]; isPrefix: boolean }[]
}

/** The selection as conditions, for an index with these columns. Missing ones are among `columns` of a term. */
function terms(
  { hosts, domains, tlds, languages, mimes, status }: Selection,
  has: (column: string) => boolean,
): Term[] {
  const result: Term[] = []
  const add = (column: string, values: (string | number)[] | undefined, prefixes: string[] = []) => {
    if (values === undefined) return
    const bounds = [{ column, values, isPrefix: false }]
    if (prefixes.length > 0) bounds.push({ column: 'url_surtkey', values: prefixes, isPrefix: true })
    result.push({ columns: [column], sql: `"${column}" IN (${values.map(literal).join(', ')})`, bounds })
  }
  const [hostNames, domainNames] = [hosts?.map(asciiName), domains?.map(asciiName)]
  add('url_host_name', hostNames, hostNames?.map(surtPrefix))
  add('url_host_registered_domain', domainNames, domainNames?.map(surtPrefix))
  add('url_host_tld', tlds?.map(asciiName))
  add('fetch_status', status)
  // Crawls before 2018 know only what the server said.
  add(has('content_mime_detected') ? 'content_mime_detected' : 'content_mime_type', mimes)
  if (languages) {
    const sql = `split_part("content_languages", ',', 1) IN (${languages.map(literal).join(', ')})`
    result.push({
      columns: ['content_languages'],
      sql,
      bounds: [{ column: 'content_languages', values: languages, isPrefix: true }],
    })
  }
  return result
}

/** Columns that a selection needs, and its condition. */
export function selectionSql(
  selection: Selection,
  has: (column: string) => boolean,
): { columns: string[]; sql: string } {
  const all = terms(selection, has)
  return { columns: all.flatMap(({ columns }) => columns), sql: all.map(({ sql }) => sql).join(' AND ') }
}

/**
 * Row groups that may hold what is selected, by the smallest and largest values that the footer gives.
 *
 * The index is sorted by SURT key (`org,example)/path`), so that hosts, domains and top-level domains are in few of them.
 */
export function selectedGroups(selection: Selection, { columns, groups }: ParquetFooter): number[] {
  const bounds = terms(selection, (column) => columns.includes(column)).flatMap((term) => term.bounds)
  return groups.flatMap((group, i) => {
    const isOut = bounds.some(({ column, values, isPrefix }) => {
      const found = group.bounds(column)
      return found !== null && values.every((value) => isOutside(value, isPrefix, found.min, found.max))
    })
    return isOut ? [] : [i]
  })
}

function isOutside(value: string | number, isPrefix: boolean, min: unknown, max: unknown): boolean {
  if (typeof value === 'number') return value < Number(min) || value > Number(max)
  if (typeof min !== 'string' || typeof max !== 'string') return false
  return compare(value, max) > 0 || compare(isPrefix ? `${value}\u{10ffff}` : value, min) < 0
}

/** As the index has names: in small letters, others than ASCII in Punycode. */
function asciiName(text: string): string {
  return domainToASCII(text.replace(/\.$/, ''))
}

/** By bytes, as the index is sorted. */
function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** What the SURT keys of a host or domain begin with: its labels turned round, without a `www` before them. */
function surtPrefix(host: string): string {
  if (/^[\d.]+$/.test(host) || host.startsWith('[')) return ''
  return host
    .replace(/^www\d*\.(?=.*\.)/, '')
    .split('.')
    .reverse()
    .join(',')
}

function literal(value: string | number): string {
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`
}
