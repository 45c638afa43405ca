import type { Columns } from '../../core/column.ts'
import { membersOf, type FilterMember, type FilterNode } from '../../core/filter-group.ts'
import { measureColumns } from '../../core/filter.ts'
import { canonicalJson } from '../../core/hash.ts'
import { ruleSql } from './rule-sql.ts'

/** One way to end at a filter stage. */
export interface Check {
  /** `filter/words.too-few-words`, as the tally of a run has it. */
  reason: string
  /** SQL: TRUE where a row ends here, FALSE where not, NULL where nobody knows. */
  ends: string
  isCostly: boolean
}

/**
 * All ways to end at a group of filters, in the order in which a run comes to them: a row ends at the first that is true.
 *
 * untaken: SQL that is true of rows whose costly measures were not taken.
 */
export function checksOf(group: readonly FilterNode[], columns: Columns, untaken: string): Check[] {
  const stored = storedMembers(group)
  const checks = group.flatMap((node) => nodeChecks(node, { columns, untaken, stored }))
  return [...checks.filter((c) => !c.isCostly), ...checks.filter((c) => c.isCostly)]
}

interface Known {
  columns: Columns
  untaken: string
  stored: ReadonlySet<FilterMember>
}

function nodeChecks(node: FilterNode, known: Known): Check[] {
  if (!('combine' in node)) return memberChecks(node, known)
  const isCostly = membersOf([node]).some(({ filter }) => filter.cost === 'costly')
  if (node.combine === 'all')
    return node.of.flat().flatMap((inner) => nodeChecks(inner, known).map((c) => ({ ...c, isCostly })))
  const passes = node.of.map((inner) => groupHolds(inner, known))
  if (node.combine === 'any')
    return [{ reason: 'filter/any.no-alternative', ends: `(NOT (${passes.join(' OR ')}))`, isCostly }]
  return [{ reason: 'filter/not.excluded', ends: `(${passes.join(' AND ')})`, isCostly }]
}

/** Three-valued, as SQL's AND, OR and NOT are: one that is broken decides, whatever the others are. */
function groupHolds(group: readonly FilterNode[], known: Known): string {
  const ends = group.flatMap((node) => nodeChecks(node, known)).map((c) => c.ends)
  return ends.length === 0 ? 'TRUE' : `(NOT (${ends.join(' OR ')}))`
}

function memberChecks(member: FilterMember, { columns, untaken, stored }: Known): Check[] {
  const { filter, options } = member
  const isCostly = filter.cost === 'costly'
  const sure = (sql: string) =>
    !stored.has(member) ? 'NULL::BOOLEAN' : isCostly ? `(CASE WHEN NOT ${untaken} THEN ${sql} END)` : sql
  return filter.rules(options).flatMap((rule): Check[] => {
    const { missing, broken } = ruleSql(filter, rule, columns)
    return [
      ...(missing === 'FALSE'
        ? []
        : [{ reason: `${filter.name}.unmeasured`, ends: sure(missing), isCostly }]),
      { reason: `${filter.name}.${rule.reason}`, ends: sure(broken), isCostly },
    ]
  })
}

/** A filter that is there twice, measuring two things, has only what the first one measured in its columns. */
function storedMembers(group: readonly FilterNode[]): Set<FilterMember> {
  const owner = new Map<string, string>()
  const stored = new Set<FilterMember>()
  for (const member of membersOf(group)) {
    const { filter, options } = member
    const by = filter.measuredBy?.map((name) => [name, options[name]]) ?? Object.entries(options)
    const key = `${filter.name} ${canonicalJson(Object.fromEntries(by))}`
    const columns = Object.keys(measureColumns(filter))
    if (columns.every((column) => (owner.get(column) ?? key) === key)) stored.add(member)
    for (const column of columns) if (!owner.has(column)) owner.set(column, key)
  }
  return stored
}
