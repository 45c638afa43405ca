import type { FilterNode } from '../../core/filter-group.ts'
import { literal, quoted, type StageTable } from '../report/tables.ts'
import { checksOf, type Check } from './checks.ts'

/**
 * SQL of every row that came to a filter stage, all its columns, with `before`, how it ended in the run, and `after`, how
 * it would end under other limits: `kept`, a reason such as `filter/words.too-few-words`, or `unknown`.
 *
 * Unknown is what was not measured, and a row whose stored measures do not give the verdict that it has. `undecided` is a
 * row that some rule drops for sure, and nobody knows which is the first. Rows that the run itself ended stay ended.
 *
 * share: of the rows, chosen by a hash of their uid; 1 for all.
 */
export function answerSql(
  table: StageTable,
  before: readonly FilterNode[],
  after: readonly FilterNode[],
  share: number,
): string | null {
  const names = Object.keys(table.columns).map(quoted).join(', ')
  const rows = [
    ...(table.kept
      ? [
          `SELECT 'kept' AS before, NULL AS status, NULL AS value, NULL AS "limit", ${names} FROM ${table.kept}`,
        ]
      : []),
    ...(table.rejects
      ? [`SELECT rule || '.' || reason, status, value, "limit", ${names} FROM ${table.rejects}`]
      : []),
  ]
  if (rows.length === 0) return null
  const all = `(${rows.join(' UNION ALL ')})`
  const chosen = share < 1 ? `(SELECT * FROM ${all} WHERE ${drawn(share)})` : all
  const cheap = checksOf(before, table.columns, 'FALSE').filter((c) => !c.isCostly)
  const untaken = `coalesce(${any(cheap)}, before <> 'kept') AS untaken`
  const old = checksOf(before, table.columns, 'untaken')
  const judged = `(SELECT *, ${outcomeSql(old)} AS again, ${outcomeSql(checksOf(after, table.columns, 'untaken'))} AS judged FROM (SELECT *, ${untaken} FROM ${chosen}))`
  return `SELECT * EXCLUDE (untaken, again, judged), ${afterSql(old)} AS after FROM ${judged}`
}

function afterSql(old: readonly Check[]): string {
  const reasons = [...new Set(['kept', ...old.map((c) => c.reason)])].map(literal).join(', ')
  return `CASE WHEN status = 'failed' OR before NOT IN (${reasons}) THEN before WHEN again NOT IN ('unknown', 'undecided') AND again <> before THEN 'unknown' ELSE judged END`
}

function outcomeSql(checks: readonly Check[]): string {
  const ends = any(checks)
  // A sum of checks that nobody knows, and none that is true, is NULL.
  const cases = checks.map(
    (c) => `WHEN ${c.ends} THEN ${literal(c.reason)} WHEN (${c.ends}) IS NULL THEN 'undecided'`,
  )
  return `CASE WHEN (${ends}) IS NULL THEN 'unknown' WHEN NOT ${ends} THEN 'kept' ${cases.join(' ')} END`
}

function any(checks: readonly Check[]): string {
  return checks.length === 0 ? 'FALSE' : `(${checks.map((c) => c.ends).join(' OR ')})`
}

/** The first eight digits of a hash below the share of 2^32: uids themselves may have decided which rows are here. */
function drawn(share: number): string {
  const bound = Math.round(share * 2 ** 32)
  return `substr(md5(uid), 1, 8) < ${literal(bound.toString(16).padStart(8, '0'))}`
}
