import type { Columns } from './column.ts'
import { measureColumns } from './filter.ts'
import type { Stage } from './stage.ts'

/**
 * The columns that a stage adds to its input, or replaces; of a source, all of its rows' columns.
 *
 * Without options, those that it adds whatever they are.
 */
export function addedColumns(stage: Stage, options?: Record<string, unknown>): Columns {
  switch (stage.kind) {
    case 'source':
      return { ...stage.columns, ...(options && stage.optionColumns?.(options)) }
    case 'row':
      return { ...stage.adds, ...(options && stage.optionColumns?.(options)) }
    case 'global':
      return stage.adds
    case 'filter':
      return measureColumns(stage)
    case 'sink':
      return {}
  }
}
