import type { z } from 'zod'
import { columnName, type Column, type Columns, type Row } from './column.ts'
import type { OptionsSchema } from './options.ts'
import type { Verdict } from './stage.ts'

/** A measured value. Null and NaN are `unmeasured`. */
export type Measured = number | string | boolean | null

/** A comparison of one measure with limits that come from the options. All given limits must hold. */
export interface Rule {
  reason: string
  /** A measure of the filter, or else a column that it reads. */
  measure: string
  atLeast?: number
  atMost?: number
  /** The value must be one of these. */
  oneOf?: readonly string[]
  noneOf?: readonly string[]
  equals?: string | number | boolean
  /** A null or NaN holds the rule; else it is `unmeasured`. */
  orMissing?: boolean
}

/**
 * A filter: measures of one row, and rules over them.
 *
 * Measures are stored as columns `<filter>_<measure>` beside every row that was measured, kept or dropped, so that a
 * decision can be explained and another limit tried. Rules hold no code, only comparisons.
 */
export interface Filter<S extends OptionsSchema = OptionsSchema, P = unknown> {
  kind: 'filter'
  name: string
  version: number
  summary: string
  options: S
  check?(options: z.infer<S>): string[]
  checkColumns?(options: z.infer<S>, columns: Columns): Promise<string[]> | string[]
  identity?(options: z.infer<S>): Promise<unknown> | unknown
  reads: string[]
  /** Columns that the options name, which must be there too. */
  optionReads?(options: z.infer<S>): string[]
  measures: Readonly<Record<string, Omit<Column, 'nullable'>>>
  /** `cheap` measures are taken of every row, `costly` ones only of rows that no rule before has dropped. */
  cost?: 'cheap' | 'costly'
  /** Options that measures depend on, by default all: with these alike, a row is measured once. */
  measuredBy?: readonly string[]
  /** Loads what measuring needs (a model, a list); once a worker. */
  prepare?(options: z.infer<S>): Promise<P>
  measure(row: Row, options: z.infer<S>, prepared: P): Record<string, Measured>
  rules(options: z.infer<S>): Rule[]
}

/** Makes a filter of plain values. `measure` sees one row and must not change it. */
export function defineFilter<S extends OptionsSchema, P = undefined, R = Row>(
  filter: Omit<Filter<S, P>, 'kind' | 'measure'> & {
    measure(row: R, options: z.infer<S>, prepared: P): Record<string, Measured>
  },
): Filter {
  return { kind: 'filter', ...filter } as unknown as Filter
}

/** `filter/image-size` -> `image-size`: how a pipeline file and the columns name it. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}

/** Column of a filter's measure: `image_size_short_side`. */
export function measureColumn(filter: string, measure: string): string {
  return columnName(shortName(filter), measure)
}

/** The columns that a filter adds to a table. */
export function measureColumns(filter: Pick<Filter, 'name' | 'measures'>): Columns {
  return Object.fromEntries(
    Object.entries(filter.measures).map(([measure, column]) => [
      measureColumn(filter.name, measure),
      { ...column, nullable: true },
    ]),
  )
}

/** What a filter has measured of a row, as the row's columns tell it. */
export function storedMeasures(filter: Filter, rules: readonly Rule[], row: Row): Record<string, Measured> {
  const names = new Set([...Object.keys(filter.measures), ...rules.map(({ measure }) => measure)])
  const stored = (name: string) =>
    row[Object.hasOwn(filter.measures, name) ? measureColumn(filter.name, name) : name]
  return Object.fromEntries([...names].map((name) => [name, (stored(name) ?? null) as Measured]))
}

/** The verdict of the first rule that a row breaks, or null where it breaks none. */
export function judge(
  filter: string,
  rules: readonly Rule[],
  measured: Record<string, Measured>,
): Verdict | null {
  for (const rule of rules) {
    const value = measured[rule.measure]
    if (value === null || value === undefined || (typeof value === 'number' && Number.isNaN(value))) {
      if (rule.orMissing) continue
      return { status: 'dropped', rule: filter, reason: 'unmeasured', value: null, limit: limitOf(rule) }
    }
    if (!holds(rule, value)) {
      return {
        status: 'dropped',
        rule: filter,
        reason: rule.reason,
        value: String(value),
        limit: limitOf(rule),
      }
    }
  }
  return null
}

/** A rule's limit as text: `>= 200`, `one of en, de`. */
export function limitOf(rule: Rule): string {
  const parts: string[] = []
  if (rule.atLeast !== undefined) parts.push(`>= ${rule.atLeast}`)
  if (rule.atMost !== undefined) parts.push(`<= ${rule.atMost}`)
  if (rule.equals !== undefined) parts.push(`= ${rule.equals}`)
  if (rule.oneOf) parts.push(`one of ${rule.oneOf.join(', ')}`)
  if (rule.noneOf) parts.push(`none of ${rule.noneOf.join(', ')}`)
  return parts.join(' and ')
}

function holds(rule: Rule, value: Exclude<Measured, null>): boolean {
  if (rule.atLeast !== undefined && !(Number(value) >= rule.atLeast)) return false
  if (rule.atMost !== undefined && !(Number(value) <= rule.atMost)) return false
  if (rule.equals !== undefined && value !== rule.equals) return false
  if (rule.oneOf && !rule.oneOf.includes(String(value))) return false
  return !(rule.noneOf && rule.noneOf.includes(String(value)))
}
