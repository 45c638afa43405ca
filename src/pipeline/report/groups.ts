import type { Columns } from '../../core/column.ts'
import { CAPTION, languageSql } from './shapes.ts'

/** What rows are told apart by. */
export type GroupBy = 'language' | 'script' | 'domain'

/** Scripts by how much of the web's text is written in them; the first that has the letter is its own. */
const SCRIPTS =
  'Latin Cyrillic Han Hiragana Katakana Hangul Arabic Hebrew Greek Thai Devanagari Bengali Tamil Telugu Kannada Malayalam Gujarati Gurmukhi Oriya Sinhala Georgian Armenian Ethiopic Khmer Lao Myanmar Tibetan Mongolian'.split(
    ' ',
  )
/** A caption's letters are looked for among its first characters: it may be megabytes long. */
const MOST_CHARACTERS = 200

/** Kinds of groups that a table's columns tell. */
export function groupKinds(columns: Columns): GroupBy[] {
  const has = (...names: string[]) => names.every((name) => Object.hasOwn(columns, name))
  return [
    ...(has('texts', 'caption') ? (['language', 'script'] as const) : []),
    ...(has('site') || has('url') ? (['domain'] as const) : []),
  ]
}

/**
 * SQL of the columns `select` of a table's rows, and of a column for each kind of group, NULL where a row does not say. The
 * script is that of the caption's first letter, the domain its `site`, else the host of the picture.
 */
export function groupedRows(columns: Columns, select: string, from: string): string {
  const host = `nullif(lower(regexp_extract(url, '^[A-Za-z]+://([^/?#:]+)', 1)), '')`
  const letter = `regexp_extract(substr(${CAPTION}.text, 1, ${MOST_CHARACTERS}), '\\p{L}')`
  const sql: Record<GroupBy, string> = {
    language: `${languageSql(columns)} AS language`,
    script: `${letter} AS letter`,
    domain: `${Object.hasOwn(columns, 'site') ? 'site' : host} AS domain`,
  }
  const kinds = groupKinds(columns)
  const rows = `SELECT ${[select, ...kinds.map((kind) => sql[kind])].join(', ')} FROM ${from}`
  if (!kinds.includes('script')) return rows
  const cases = SCRIPTS.map((name) => `WHEN regexp_matches(letter, '\\p{${name}}') THEN '${name}'`)
  return `SELECT * EXCLUDE (letter), CASE WHEN coalesce(letter, '') = '' THEN NULL ${cases.join(' ')} ELSE 'other' END AS script FROM (${rows})`
}
