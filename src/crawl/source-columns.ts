import { z } from 'zod'
import { columnName, type Column, type Columns, type Row } from '../core/column.ts'

const TYPES = ['utf8', 'bool', 'int64', 'float64', 'list<utf8>'] as const
type KeptType = (typeof TYPES)[number]
export type Keep = Record<string, KeptType>

/** Option of sources whose rows bring values of their own. */
export const keepOption = z
  .record(z.string().min(1), z.enum(TYPES))
  .default({})
  .describe(
    'further values to keep, by name and type (`similarity: float64`), each in the column `source_<name>`; null where it is missing or of another type',
  )

/** The prefix keeps them apart from what stages measure: width, sha256. Names that have it keep it. */
export function keptColumn(name: string): string {
  return columnName('source', name.replace(/^source_/, ''))
}

export function keptColumns(keep: Keep): Columns {
  const columns = Object.entries(keep).map(([name, type]): [string, Column] => [
    keptColumn(name),
    { type, nullable: true, doc: `${name}, as the source has it` },
  ])
  return Object.fromEntries(columns)
}

/** A fault where two names are one column. */
export function checkKeep(keep: Keep, taken: readonly string[] = []): string[] {
  const seen = new Set(taken)
  return Object.keys(keep).flatMap((name) => {
    const column = keptColumn(name)
    const isTwice = seen.has(column)
    seen.add(column)
    return isTwice ? [`keep: ${name} would be the column ${column}, which there is already`] : []
  })
}

/** The kept values of a row; those that cannot be of their type are null and counted as `values.bad`. */
export function keptValues(keep: Keep, values: Record<string, unknown>, count: (name: string) => void): Row {
  const row: Row = {}
  for (const name in keep) {
    const value = values[name]
    const kept = isMissing(value) ? null : convert(value, keep[name]!)
    if (kept === undefined) count('values.bad')
    row[keptColumn(name)] = kept ?? null
  }
  return row
}

function isMissing(value: unknown): boolean {
  return value === null || value === undefined || value === '' || Number.isNaN(value)
}

/** Undefined where a value is not of the type, nor a text of it. */
function convert(value: unknown, type: KeptType): unknown {
  switch (type) {
    case 'utf8':
      return textOf(value)
    case 'bool':
      if (typeof value === 'boolean') return value
      if (/^(true|t|1)$/i.test(String(value))) return true
      return /^(false|f|0)$/i.test(String(value)) ? false : undefined
    case 'int64': {
      const number = typeof value === 'string' && !/^\s*[+-]?\d+(\.0*)?\s*$/.test(value) ? NaN : Number(value)
      return Number.isSafeInteger(number) ? number : undefined
    }
    case 'float64': {
      if (typeof value === 'string' && /^\s*nan\s*$/i.test(value)) return null
      const number = typeof value === 'boolean' ? NaN : Number(value)
      return Number.isNaN(number) ? undefined : number
    }
    case 'list<utf8>':
      return listOf(value)?.map(textOf)
  }
}

function listOf(value: unknown): unknown[] | undefined {
  if (Array.isArray(value)) return value as unknown[]
  if (typeof value !== 'string' || !value.trim().startsWith('[')) return undefined
  try {
    return JSON.parse(value) as unknown[]
  } catch {
    return undefined // A text that only looks like a list is no list.
  }
}

/** Lists and maps as JSON; int64 with all of their digits. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value.toWellFormed()
  if (value instanceof Date) return value.toISOString()
  if (typeof value !== 'object' || value === null) return String(value)
  return JSON.stringify(value, (_key, v: unknown) => (typeof v === 'bigint' ? String(v) : v))
}
