import { z } from 'zod'
import type { ColumnType } from '../../core/column.ts'

/** Name of a column in an option, as SQL takes it without quotes. */
export const columnOption = z
  .string()
  .regex(/^[a-z_][a-z0-9_]*$/, 'expected the name of a column: small letters, digits and underscores')

/** Whether values of a column are numbers, which can be ordered and compared with limits. */
export function isNumeric(type: ColumnType): boolean {
  return type === 'int32' || type === 'int64' || type === 'float64'
}
