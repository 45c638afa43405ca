import type { Row } from '../core/column.ts'
import { imageId, uid as uidOf, type LinkRow, type Text } from '../core/row.ts'
import type { Verdict } from '../core/stage.ts'
import type { ListColumns } from './list-columns.ts'
import type { ListRecord } from './list-records.ts'
import { keptValues, type Keep } from './source-columns.ts'
import { MAX_URL_LENGTH, siteOf, webUrl } from './url.ts'
import { isVerifiable } from './verify-hash.ts'

/** A record as a row, or as what goes to the rejects. */
export type Judged = { row: LinkRow; verdict: null } | { row: Row; verdict: Verdict }

/** Characters of a bad URL that its verdict shows. */
const MAX_EVIDENCE = 200

/** The row of a record. `file` is for the verdict, as in `words.csv:17: …`. */
export function listRow(
  record: ListRecord,
  file: string,
  columns: ListColumns,
  keep: Keep,
  count: (name: string) => void,
): Judged {
  const place = `${file}:${record.line}`
  if ('fault' in record)
    return { row: {}, verdict: verdict('failed', 'bad-row', `${place}: ${record.fault}`, record.limit) }

  const { values } = record
  const texts = textsOf(values, columns)
  const rest = {
    texts,
    caption: 0,
    merged_uids: [],
    source_hash: hashOf(columns.hash === null ? null : values[columns.hash], count),
    ...keptValues(keep, values, count),
  }
  const given = columns.uid === null ? '' : idOf(values[columns.uid])
  const reference = typeof values[columns.url] === 'string' ? (values[columns.url] as string).trim() : ''
  if (reference === '')
    return { row: { ...rest, ...(given && { uid: given }) }, verdict: verdict('dropped', 'no-url', place) }
  const { url, refused } = webUrl(reference)
  const first = texts[0]?.text ?? ''
  if (refused !== null) {
    const shown = reference.slice(0, MAX_URL_LENGTH).toWellFormed()
    const value = `${place}: ${refused}: ${shown.slice(0, MAX_EVIDENCE)}`
    const row = { uid: given || uidOf(shown, first), url: shown, ...rest }
    return { row, verdict: verdict('dropped', 'bad-url', value) }
  }
  const row = { uid: given || uidOf(url, first), image_id: imageId(url), url, site: siteOf(url), ...rest }
  return { row, verdict: null }
}

function textsOf(values: Record<string, unknown>, { texts, kind }: ListColumns): Text[] {
  return texts.flatMap((column) =>
    [values[column]].flat().flatMap((value): Text[] => {
      const text =
        typeof value === 'string' ? value.toWellFormed() : typeof value === 'number' ? String(value) : ''
      if (text.trim() === '') return []
      return [{ kind: kind ?? column, text, language: null, score: null, page: null }]
    }),
  )
}

function idOf(value: unknown): string {
  const isId = typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
  return isId ? String(value).trim().toWellFormed() : ''
}

/** md5, sha1, sha256 or sha512 as hex digits; what is none of them is null, and counted. */
function hashOf(value: unknown, count: (name: string) => void): string | null {
  if (value === null || value === undefined || value === '') return null
  const text = typeof value === 'string' ? value.trim().toLowerCase() : ''
  if (isVerifiable(text)) return text
  count('hashes.bad')
  return null
}

function verdict(
  status: Verdict['status'],
  reason: string,
  value: string,
  limit: string | null = null,
): Verdict {
  return { status, rule: 'crawl/list', reason, value, limit }
}
