import type { Columns } from './column.ts'
import { measureColumns } from './filter.ts'
import type { Stage } from './stage.ts'

/** The columns that a stage adds to its input, or replaces; of a source, all of its rows' columns. */
export function addedColumns(stage: Stage): Columns {
  switch (stage.kind) {
    case 'source':
      return stage.columns
    case 'row':
    case 'global':
      return stage.adds
    case 'filter':
      return measureColumns(stage)
    case 'sink':
      return {}
  }
}
