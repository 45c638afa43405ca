import { groupedRows, groupKinds, type GroupBy } from './groups.ts'
import { everyRow, literal, quoted, type StageTable, type Tables } from './tables.ts'

/** Groups shown of each kind, the largest. */
const MOST_GROUPS = 12

/** How many of a group's rows a rule takes. */
export interface RuleRate {
  /** `filter/words.too-few-words`. */
  reason: string
  before: number
  after: number
}

/** A language, script or domain: null where the row does not say. */
export interface GroupCounts {
  value: string | null
  rows: number
  keptBefore: number
  keptAfter: number
  unknown: number
  rules: RuleRate[]
}

export interface Fairness {
  by: GroupBy
  /** The largest first. */
  groups: GroupCounts[]
  /** Groups beyond these. */
  others: number
}

/**
 * What each rule takes of the largest languages, scripts and domains.
 *
 * from: a table with a column of each kind in `kinds`, and `before` and `after`: `kept`, `unknown`, or how the row ends.
 */
export async function fairnessOf(
  tables: Tables,
  from: string,
  kinds: readonly GroupBy[],
): Promise<Fairness[]> {
  const found: Fairness[] = []
  for (const by of kinds) {
    const key = quoted(by)
    const groups = await tables.rows(
      `SELECT ${key} AS value, count(*) AS rows, count(*) FILTER (WHERE before = 'kept') AS "keptBefore", count(*) FILTER (WHERE after = 'kept') AS "keptAfter", count(*) FILTER (WHERE after = 'unknown') AS unknown FROM ${from} GROUP BY ${key} ORDER BY rows DESC, value LIMIT ${MOST_GROUPS}`,
    )
    const [all] = await tables.rows(`SELECT count(*) AS groups FROM (SELECT DISTINCT ${key} FROM ${from})`)
    const counts = groups as unknown as Omit<GroupCounts, 'rules'>[]
    const rates = await ratesOf(
      tables,
      from,
      key,
      counts.map((g) => g.value),
    )
    found.push({
      by,
      groups: counts.map((group) => ({ ...group, rules: rates.get(group.value) ?? [] })),
      others: (all!.groups as number) - counts.length,
    })
  }
  return found
}

/** The same of a run, of all rows that came to a stage. */
export async function stageFairness(tables: Tables, table: StageTable): Promise<Fairness[]> {
  const kinds = groupKinds(table.columns)
  const rows = everyRow(table, Object.keys(table.columns))
  if (rows === null || kinds.length === 0) return []
  const before = `coalesce(rule || '.' || reason, 'kept')`
  await tables.keep('fairness', groupedRows(table.columns, `${before} AS before, ${before} AS after`, rows))
  return fairnessOf(tables, 'fairness', kinds)
}

async function ratesOf(
  tables: Tables,
  from: string,
  key: string,
  values: readonly (string | null)[],
): Promise<Map<string | null, RuleRate[]>> {
  const named = values.filter((v) => v !== null)
  const among = [
    ...(named.length > 0 ? [`${key} IN (${named.map(literal).join(', ')})`] : []),
    ...(values.includes(null) ? [`${key} IS NULL`] : []),
  ].join(' OR ')
  if (among === '') return new Map()
  const chosen = `(SELECT ${key} AS value, before, after FROM ${from} WHERE ${among})`
  const rows = await tables.rows(
    `SELECT value, reason, sum(b)::BIGINT AS before, sum(a)::BIGINT AS after FROM (SELECT value, before AS reason, 1 AS b, 0 AS a FROM ${chosen} UNION ALL SELECT value, after, 0, 1 FROM ${chosen}) WHERE reason NOT IN ('kept', 'unknown') GROUP BY value, reason ORDER BY value, reason`,
  )
  const rates = new Map<string | null, RuleRate[]>()
  for (const { value, ...rate } of rows as unknown as (RuleRate & { value: string | null })[])
    rates.set(value, [...(rates.get(value) ?? []), rate])
  return rates
}
