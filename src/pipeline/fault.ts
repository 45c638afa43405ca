import { PairloomError } from '../core/error.ts'

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
  /** It names a stage that is not known, which a plug-in may have. */
  isUnknownStage?: boolean
}

/** A fault with its place in the file, as it is printed. */
export interface PlacedFault extends Fault {
  line: number | null
  column: number | null
  /** The `--set` that brought the value, which then has no line. */
  set?: string
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
        faults: faults.map(({ path, message, hint, line, column, set }) => ({
          path,
          message,
          hint,
          line,
          column,
          set,
        })),
      },
    },
  )
}

function formatFault(file: string | null, fault: PlacedFault): string {
  const hint = fault.hint ? ` (did you mean ${fault.hint}?)` : ''
  if (fault.set !== undefined) return `--set ${fault.set}: ${fault.message}${hint}`
  const place = fault.line === null ? '' : `${file ?? ''}:${fault.line}:${fault.column} `
  return `${place}${fault.path.join('.') || 'pipeline'}: ${fault.message}${hint}`
}

/** A value as a YAML file would have it, cut where it is long; what a URL holds of user and password is left out. */
export function quote(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value))
    return Number.isNaN(value) ? '.nan' : value > 0 ? '.inf' : '-.inf'
  const text = (JSON.stringify(value) ?? String(value)).replace(/(:\/\/)[^/?#\s"]*@/g, '$1…@')
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
