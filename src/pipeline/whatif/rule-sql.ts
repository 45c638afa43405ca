import type { Columns } from '../../core/column.ts'
import { measureColumn, type Filter, type Rule } from '../../core/filter.ts'
import { literal, quoted } from '../report/tables.ts'

/** Two truths of a rule in SQL: whether its value is missing, and whether a value that is there breaks it. Never NULL. */
export interface RuleSql {
  missing: string
  broken: string
}

/** What `judge` does with one rule, as SQL over the stored columns of a filter stage. */
export function ruleSql(filter: Filter, rule: Rule, columns: Columns): RuleSql {
  const isOwn = Object.hasOwn(filter.measures, rule.measure)
  const name = isOwn ? measureColumn(filter.name, rule.measure) : rule.measure
  const type = columns[name]!.type
  const value = quoted(name)
  const absent =
    type === 'float64' ? `(${value} IS NULL OR isnan(coalesce(${value}, 0)))` : `(${value} IS NULL)`
  const broken = brokenSql(rule, value, type)
  return {
    missing: rule.orMissing ? 'FALSE' : absent,
    broken: `(NOT ${absent} AND coalesce(${broken}, TRUE))`,
  }
}

function brokenSql(rule: Rule, value: string, type: string): string {
  // As Number() has it: a text that is no number is within no limit.
  const number = type === 'utf8' ? `try_cast(${value} AS DOUBLE)` : `${value}::DOUBLE`
  const text = `${value}::VARCHAR`
  const broken = [
    ...(rule.atLeast === undefined ? [] : [`NOT ${number} >= ${numberSql(rule.atLeast)}`]),
    ...(rule.atMost === undefined ? [] : [`NOT ${number} <= ${numberSql(rule.atMost)}`]),
    ...(rule.equals === undefined ? [] : [unequalSql(rule.equals, value, type)]),
    ...(rule.oneOf ? [`NOT ${inSql(text, rule.oneOf)}`] : []),
    ...(rule.noneOf ? [inSql(text, rule.noneOf)] : []),
  ]
  return broken.length > 0 ? `(${broken.join(' OR ')})` : 'FALSE'
}

/** Values of another type are never equal. */
function unequalSql(equals: string | number | boolean, value: string, type: string): string {
  if (typeof equals === 'string') return type === 'utf8' ? `${value} <> ${literal(equals)}` : 'TRUE'
  if (typeof equals === 'boolean') return type === 'bool' ? `${value} <> ${equals}` : 'TRUE'
  return ['int32', 'int64', 'float64'].includes(type) ? `${value}::DOUBLE <> ${numberSql(equals)}` : 'TRUE'
}

function inSql(text: string, among: readonly string[]): string {
  return among.length === 0 ? 'FALSE' : `(${text} IN (${among.map(literal).join(', ')}))`
}

/** Every digit of it: without the cast the engine would take 0.1 for a decimal. */
function numberSql(value: number): string {
  return `'${Number.isFinite(value) ? value : value > 0 ? 'Infinity' : '-Infinity'}'::DOUBLE`
}
