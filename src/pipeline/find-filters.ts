import { measureColumns, shortName, type Filter } from '../core/filter.ts'
import { membersOf, type Combination, type FilterMember, type FilterNode } from '../core/filter-group.ts'
import { quote, type Fault } from './fault.ts'
import type { Found } from './body.ts'
import { checkOptions, isRecord } from './check-options.ts'
import { nearest } from './nearest.ts'
import type { Registry } from './registry.ts'

/** Keys of a group that are no filters but conditions over groups. */
const COMBINATIONS: readonly string[] = ['any', 'all', 'not'] satisfies Combination['combine'][]

/** What is found while a group and those in it are read. */
interface Finding {
  filters: Filter[]
  faults: Fault[]
  isPartial: boolean
}

/**
 * Finds the filters that `filters:` of a stage names: a map of their options, in which `any:` and `all:` hold a list of
 * such maps and `not:` holds one.
 */
export function findFilters(
  path: string[],
  use: unknown,
  filters: unknown,
  rest: Record<string, unknown>,
  registry: Registry,
): Found {
  const faults: Fault[] = Object.keys(rest).map((key) => ({
    path: [...path, key],
    atKey: true,
    message: `unknown key ${quote(key)}; a stage with filters: has no options of its own`,
  }))
  if (use !== undefined)
    faults.push({ path: [...path, 'use'], message: 'expected use: or filters:, got both' })
  const all = [...registry.values()].filter((s) => s.kind === 'filter')
  const finding: Finding = { filters: all, faults, isPartial: false }
  const group = findGroup([...path, 'filters'], filters, finding, [])
  const code = [...new Set(membersOf(group).map(({ filter }) => filter))]
  return {
    code,
    isPartial: finding.isPartial,
    body: faults.length > 0 ? null : { kind: 'filters', group },
    faults,
  }
}

/** One map. `before`: filters of the stage that were read already. */
function findGroup(
  path: (string | number)[],
  given: unknown,
  finding: Finding,
  before: FilterNode[],
): FilterNode[] {
  const { faults } = finding
  if (!isRecord(given) || Object.keys(given).length === 0) {
    faults.push({ path, message: `expected a map of filters, got ${quote(given)}` })
    finding.isPartial = true
    return []
  }
  const group: FilterNode[] = []
  for (const [name, options] of Object.entries(given)) {
    const at = [...path, name]
    const known = [...before, ...group]
    if (COMBINATIONS.includes(name)) {
      const of = findAlternatives(at, name, options, finding, known)
      group.push({ combine: name as Combination['combine'], of })
      continue
    }
    const filter = findFilter(at, name, finding)
    if (!filter) continue
    const isBeside = ({ filter: other }: FilterMember) =>
      group.some((node) => 'filter' in node && node.filter === other)
    // Alternatives may hold one filter under other options: it measures once, or has its columns from the first.
    const twin = membersOf(known).find(
      (m) => (m.filter !== filter || isBeside(m)) && shareColumns(m.filter, filter),
    )
    if (twin)
      faults.push({
        path: at,
        atKey: true,
        message: `${filter.name} measures the same columns as ${twin.filter.name}`,
      })
    const checked = isRecord(options ?? {})
      ? checkOptions(at, filter, (options ?? {}) as Record<string, unknown>, [])
      : {
          options: {},
          faults: [{ path: at, message: `expected the options of ${name} as a map, got ${quote(options)}` }],
        }
    faults.push(...checked.faults)
    group.push({ filter, options: checked.options })
  }
  return group
}

/** The groups of a combination: `not` has one, the others a list. */
function findAlternatives(
  path: (string | number)[],
  name: string,
  given: unknown,
  finding: Finding,
  known: FilterNode[],
): FilterNode[][] {
  if (name === 'not') return [findGroup(path, given, finding, known)]
  if (!Array.isArray(given) || given.length === 0) {
    const message = `expected a list of maps of filters in ${name}:, got ${quote(given)}`
    finding.faults.push({ path, message })
    finding.isPartial = true
    return []
  }
  const groups: FilterNode[][] = []
  for (const [i, item] of given.entries())
    groups.push(findGroup([...path, i], item, finding, [...known, ...groups.flat()]))
  return groups
}

function findFilter(path: (string | number)[], name: string, finding: Finding): Filter | null {
  const { filters, faults } = finding
  const filter = filters.find((f) => f.name === name) ?? filters.find((f) => shortName(f.name) === name)
  if (filter) return filter
  const names = filters.flatMap((f) => [shortName(f.name), f.name])
  faults.push({
    path,
    atKey: true,
    message: `no filter is called ${quote(name)}`,
    hint: nearest(name, [...names, ...COMBINATIONS]),
    isUnknownStage: true,
  })
  finding.isPartial = true
  return null
}

function shareColumns(a: Filter, b: Filter): boolean {
  const columns = measureColumns(a)
  return Object.keys(measureColumns(b)).some((name) => Object.hasOwn(columns, name))
}
