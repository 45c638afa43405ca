import type { z } from 'zod'
import { quote, type Fault } from './fault.ts'
import { nearest } from './nearest.ts'

/** What is used of zod's issues, whatever their code. */
interface Issue {
  code?: string | undefined
  path: PropertyKey[]
  message: string
  keys?: string[]
  expected?: string
  values?: unknown[]
  errors?: Issue[][]
  issues?: Issue[]
  origin?: string
  minimum?: number | bigint
  maximum?: number | bigint
  inclusive?: boolean
  divisor?: number
  pattern?: string
  format?: string
}

const WORDS: Record<string, string> = {
  object: 'a map',
  record: 'a map',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
}

/**
 * zod's issues as faults in the words of a pipeline file: what was expected with its limits, the value that came, and
 * the nearest valid name of unknown keys and words.
 *
 * base: where in the file the input lies; more: keys that are valid beside the schema's own.
 */
export function zodFaults(
  issues: readonly unknown[],
  input: unknown,
  base: Fault['path'],
  schema: z.ZodType,
  more: string[] = [],
): Fault[] {
  return (issues as Issue[]).flatMap((issue): Fault[] => {
    const path = [...base, ...(issue.path as Fault['path'])]
    const value = valueAt(input, issue.path)
    const at = schemaAt(schema, issue.path)
    switch (issue.code) {
      case 'unrecognized_keys': {
        const valid = [
          ...Object.keys((at as { shape?: object } | undefined)?.shape ?? {}),
          ...(issue.path.length === 0 ? more : []),
        ]
        return issue.keys!.map((key) => {
          const message = `unknown option ${quote(key)}`
          return { path: [...path, key], atKey: true, message, hint: nearest(key, valid) }
        })
      }
      case 'invalid_value': {
        const allowed = issue.values!.map(String)
        const message = `expected ${allowed.length > 12 ? 'a known word' : allowed.join(' | ')}, got ${quote(value)}`
        return [{ path, message, hint: typeof value === 'string' ? nearest(value, allowed) : null }]
      }
      case 'invalid_key': {
        const wanted = issue.issues?.[0]?.message ?? 'expected another name'
        return [{ path, atKey: true, message: `${lower(wanted)}, got ${quote(String(issue.path.at(-1)))}` }]
      }
      case 'invalid_union':
        {
          const branch = nearestBranch(issue.errors ?? [])
          if (branch) return zodFaults(branch, value, path, at ?? schema)
        }
        break
      default:
    }
    return [
      { path, message: `${expected(issue, at)}, got ${value === undefined ? 'nothing' : quote(value)}` },
    ]
  })
}

function expected(issue: Issue, schema: z.ZodType | undefined): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.expected === 'int' || issue.expected === 'number')
        return `expected ${numberWord(schema)}${rangeOf(schema)}`
      return `expected ${WORDS[issue.expected!] ?? issue.expected!}`
    case 'invalid_union': {
      const kinds = (issue.errors ?? []).flatMap((branch) =>
        branch.map((i) => WORDS[i.expected!] ?? i.expected ?? i.values?.join(' or ') ?? lower(i.message)),
      )
      return `expected ${[...new Set(kinds)].join(' or ')}`
    }
    case 'too_small':
    case 'too_big':
      return `expected ${amount(issue, schema)}`
    case 'not_multiple_of':
      return `expected a multiple of ${issue.divisor}`
    case 'invalid_format':
      if (!issue.message.startsWith('Invalid')) return lower(issue.message)
      return issue.format === 'regex'
        ? `expected text that matches ${issue.pattern}`
        : `expected ${issue.format}`
    default:
      return lower(issue.message)
  }
}

/** `a whole number 1..4096`, `at least 3 characters`. */
function amount(issue: Issue, schema: z.ZodType | undefined): string {
  const isLeast = issue.code === 'too_small'
  const limit = String(isLeast ? issue.minimum : issue.maximum)
  const of = { string: 'characters', array: 'items', set: 'items', record: 'entries', object: 'entries' }[
    issue.origin ?? ''
  ]
  if (of)
    return `at ${isLeast ? 'least' : 'most'} ${limit} ${limit === '1' ? of.replace(/ies$/, 'y').replace(/s$/, '') : of}`
  const kind = numberWord(schema)
  if (issue.inclusive !== false) return kind + (rangeOf(schema) || ` ${isLeast ? '>=' : '<='} ${limit}`)
  return `${kind} ${isLeast ? '>' : '<'} ${limit}`
}

function numberWord(schema: z.ZodType | undefined): string {
  return (schema as { format?: string | null } | undefined)?.format === 'safeint'
    ? 'a whole number'
    : 'a number'
}

/** Limits of a number, with a space before: ` 1..4096`, ` >= 1`; empty where there are none worth saying. */
function rangeOf(schema: z.ZodType | undefined): string {
  const { minValue, maxValue } = (schema ?? {}) as { minValue?: number | null; maxValue?: number | null }
  const isLimit = (n: number | null | undefined) =>
    typeof n === 'number' && Math.abs(n) < Number.MAX_SAFE_INTEGER
  if (isLimit(minValue) && isLimit(maxValue)) return ` ${minValue}..${maxValue}`
  if (isLimit(minValue)) return ` >= ${minValue}`
  return isLimit(maxValue) ? ` <= ${maxValue}` : ''
}

/** Of a union's branches, the one that the value was meant for: its type fits, and something in it is wrong. */
function nearestBranch(branches: readonly Issue[][]): Issue[] | undefined {
  return branches.find(
    (issues) =>
      !issues.some((i) => i.path.length === 0 && (i.code === 'invalid_type' || i.code === 'invalid_value')),
  )
}

/** The schema at a path, what wraps it (default, optional, nullable) taken off. */
function schemaAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType | undefined {
  let at: z.ZodType | undefined = bare(schema)
  for (const key of path) {
    const { shape, element, valueType } = (at ?? {}) as {
      shape?: Record<PropertyKey, z.ZodType>
      element?: z.ZodType
      valueType?: z.ZodType
    }
    const inner: z.ZodType | undefined = shape?.[key] ?? element ?? valueType
    at = inner && bare(inner)
  }
  return at
}

function bare(schema: z.ZodType): z.ZodType {
  const { innerType, in: piped } = schema.def as { innerType?: z.ZodType; in?: z.ZodType }
  const inner = innerType ?? piped
  return inner ? bare(inner) : schema
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

function valueAt(input: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (v, key) => (v as Record<PropertyKey, unknown> | undefined | null)?.[key],
    input,
  )
}
