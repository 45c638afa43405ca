import type { Row } from './column.ts'
import type { Combination, FilterMember, FilterNode } from './filter-group.ts'
import { judge, limitOf, measureColumn, shortName, type Measured } from './filter.ts'
import { canonicalJson } from './hash.ts'
import type { Verdict } from './stage.ts'

/** What all units have measured of a row, by the index of the unit. */
type Measures = readonly Record<string, Measured>[]

/** Measuring that is done once of a row, whoever asks: a filter, and those of its options that measures depend on. */
export interface Unit {
  index: number
  isCostly: boolean
  /** Measures a row, and writes its columns to another. */
  measure(row: Row, out: Row): Record<string, Measured>
  /** Writes nulls to its columns. */
  skip(out: Row): void
}

/** A filter's rules, or a combination: what a row must hold. */
export interface Condition {
  /** Some measure of it is. */
  isCostly: boolean
  judge(measured: Measures): Verdict | null
  /** For the verdict of a combination. */
  name: string
  limit: string
}

/** Loads what the filters of a group need, and says what is to be measured and what must hold, in their order. */
export async function prepareGroup(
  group: readonly FilterNode[],
): Promise<{ units: Unit[]; conditions: Condition[] }> {
  const units = new Map<string, Unit>()
  const columns = new Set<string>()
  const conditions: Condition[] = []
  for (const node of group) conditions.push(await conditionOf(node, units, columns))
  return { units: [...units.values()], conditions }
}

async function conditionOf(
  node: FilterNode,
  units: Map<string, Unit>,
  columns: Set<string>,
): Promise<Condition> {
  if ('combine' in node) {
    const of: Condition[][] = []
    for (const group of node.of) {
      const conditions: Condition[] = []
      for (const inner of group) conditions.push(await conditionOf(inner, units, columns))
      of.push(conditions)
    }
    return combined(node.combine, of)
  }
  const { filter, options } = node
  const by = filter.measuredBy?.map((name) => [name, options[name]]) ?? Object.entries(options)
  const key = `${filter.name} ${canonicalJson(Object.fromEntries(by))}`
  const unit = units.get(key) ?? (await unitOf(node, units.size, columns))
  units.set(key, unit)
  const rules = filter.rules(options)
  return {
    isCostly: unit.isCostly,
    judge: (measured) => judge(filter.name, rules, measured[unit.index]!),
    name: shortName(filter.name),
    limit: rules.map((rule) => `${rule.measure} ${limitOf(rule)}`).join(', '),
  }
}

/** A filter that is there twice under options that its measures depend on has its columns from the first one. */
async function unitOf({ filter, options }: FilterMember, index: number, taken: Set<string>): Promise<Unit> {
  const resources = await filter.prepare?.(options)
  const columns = Object.keys(filter.measures)
    .map((measure) => ({ measure, column: measureColumn(filter.name, measure) }))
    .filter(({ column }) => !taken.has(column))
  for (const { column } of columns) taken.add(column)
  return {
    index,
    isCostly: filter.cost === 'costly',
    measure(row, out) {
      const measured = filter.measure(row, options, resources)
      for (const { measure, column } of columns) out[column] = measured[measure] ?? null
      return measured
    },
    skip(out) {
      for (const { column } of columns) out[column] = null
    },
  }
}

function combined(combine: Combination['combine'], of: readonly Condition[][]): Condition {
  const isCostly = of.some((group) => group.some((condition) => condition.isCostly))
  const limit = `${combine} of ${of.map((group) => textOf(group)).join(' | ')}`
  return { isCostly, name: combine, limit, judge: judges[combine](of, limit) }
}

const judges = {
  all: (of) => (measured) => firstBroken(of.flat(), measured),
  any: (of, limit) => (measured) => {
    const broken: Verdict[] = []
    for (const group of of) {
      const verdict = firstBroken(group, measured)
      if (verdict === null) return null
      broken.push(verdict)
    }
    return verdictOf('any', 'no-alternative', broken.map(sayBroken).join(' | '), limit)
  },
  not: (of, limit) => (measured) => {
    const group = of.flat()
    if (firstBroken(group, measured) !== null) return null
    return verdictOf('not', 'excluded', `passes ${group.map(({ name }) => name).join(', ')}`, limit)
  },
} satisfies Record<Combination['combine'], (of: readonly Condition[][], limit: string) => Condition['judge']>

function firstBroken(group: readonly Condition[], measured: Measures): Verdict | null {
  for (const condition of group) {
    const verdict = condition.judge(measured)
    if (verdict !== null) return verdict
  }
  return null
}

function verdictOf(combine: string, reason: string, value: string, limit: string): Verdict {
  return { status: 'dropped', rule: `filter/${combine}`, reason, value, limit }
}

/** `words too-few-words 2`. */
function sayBroken({ rule, reason, value }: Verdict): string {
  return [shortName(rule), reason, ...(value ? [value] : [])].join(' ')
}

function textOf(group: readonly Condition[]): string {
  return group.map(({ name, limit }) => `${name} (${limit})`).join(', ')
}
