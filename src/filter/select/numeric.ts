import type { ColumnType } from '../../core/column.ts'

/** Whether values of a column are numbers, which can be ordered and compared with limits. */
export function isNumeric(type: ColumnType): boolean {
  return type === 'int32' || type === 'int64' || type === 'float64'
}
