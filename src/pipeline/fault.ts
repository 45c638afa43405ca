import { PairloomError } from '../core/error.ts'
import { nearest } from './nearest.ts'

/** One fault of a pipeline file. */
export interface Fault {
  /** Keys from the top: `['stages', 'clean', 'filters', 'words', 'min']`. */
  path: (string | number)[]
  /** What was expected, and what came. */
  message: string
  /** The key itself is wrong, not its value. */
  atKey?: boolean
  /** The nearest valid name. */
  hint?: string | null
}

/** A fault with its place in the file, as it is printed. */
export interface PlacedFault extends Fault {
  line: number | null
  column: number | null
}

interface Issue {
  code?: string | undefined
  path: PropertyKey[]
  message: string
  keys?: string[]
  expected?: unknown
  values?: unknown[]
  errors?: Issue[][]
}

/** zod's issues as faults: with the value that came, and the nearest valid name of unknown keys and words. */
export function zodFaults(
  issues: readonly unknown[],
  input: unknown,
  base: Fault['path'],
  validKeys: string[],
): Fault[] {
  return (issues as Issue[]).flatMap((issue) => {
    const path = [...base, ...(issue.path as Fault['path'])]
    const value = valueAt(input, issue.path)
    if (issue.code === 'unrecognized_keys') {
      return issue.keys!.map((key) => {
        const near = nearest(key, validKeys)
        return { path: [...path, key], atKey: true, message: `unknown option ${quote(key)}`, hint: near }
      })
    }
    if (issue.code === 'invalid_value' && issue.values) {
      const allowed = issue.values.map(String)
      const message = `expected ${allowed.length > 12 ? 'a known word' : allowed.join(' | ')}, got ${quote(value)}`
      return [{ path, message, hint: typeof value === 'string' ? nearest(value, allowed) : null }]
    }
    const got = value === undefined ? 'nothing' : quote(value)
    return [{ path, message: `${issue.message.replace(/^Invalid input: |, received .*$/g, '')}, got ${got}` }]
  })
}

/** All faults in one error. */
export function configError(file: string | null, faults: readonly PlacedFault[]): PairloomError {
  const lines = faults.map((f) => `  ${formatFault(file, f)}`)
  const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`
  return new PairloomError(
    'PL_CONFIG',
    `${file ?? 'The pipeline'} has ${count}; nothing was started:\n${lines.join('\n')}`,
    {
      data: {
        file,
        faults: faults.map(({ path, message, hint, line, column }) => ({
          path,
          message,
          hint,
          line,
          column,
        })),
      },
    },
  )
}

function formatFault(file: string | null, fault: PlacedFault): string {
  const place = fault.line === null ? '' : `${file ?? ''}:${fault.line}:${fault.column} `
  const hint = fault.hint ? ` (did you mean ${fault.hint}?)` : ''
  return `${place}${fault.path.join('.') || 'pipeline'}: ${fault.message}${hint}`
}

export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

function valueAt(input: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (v, key) => (v as Record<PropertyKey, unknown> | undefined | null)?.[key],
    input,
  )
}
