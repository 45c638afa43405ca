import { columnName, isScalar, type Row } from '../../core/column.ts'
import { limitOf, measureColumn, shortName, type Rule } from '../../core/filter.ts'
import type { PlannedStage } from '../plan.ts'
import type { Registry } from '../registry.ts'
import { barsOf, histogramOf, type Measure } from './distribution.ts'
import type { Chart } from './data.ts'
import { everyRow, literal, type StageTable, type Tables } from './tables.ts'

/** Charts of the measures of one filter of one stage. */
export interface FilterCharts {
  filter: string
  charts: Chart[]
}

/** What a group of filters has measured: each measure of kept rows and of dropped ones, with the limits. */
export async function measureCharts(
  stage: PlannedStage,
  table: StageTable | null,
  tables: Tables,
  registry: Registry,
): Promise<FilterCharts[]> {
  if (!table) return []
  const found: FilterCharts[] = []
  for (const { name, options } of stage.filters) {
    const charts: Chart[] = []
    for (const measure of measuresOf(name, options, stage, registry)) {
      const rows = everyRow(table, [measure.column])
      const chart = rows && (await chartOf(measure, rows, tables))
      if (chart) charts.push(chart)
    }
    found.push({ filter: name, charts })
  }
  return found
}

function chartOf(measure: Measure, rows: string, tables: Tables): Promise<Chart | null> {
  const isNumber = measure.type === 'int32' || measure.type === 'int64' || measure.type === 'float64'
  return isNumber ? histogramOf(measure, rows, tables) : barsOf(measure, rows, tables)
}

/** The measures of a filter. Of one whose plug-in is gone: its columns, without limits. */
function measuresOf(name: string, options: Row, stage: PlannedStage, registry: Registry): Measure[] {
  const filter = registry.get(name)
  const prefix = `${columnName(shortName(name))}_`
  const known =
    filter?.kind === 'filter'
      ? Object.keys(filter.measures).map((measure) => ({ measure, column: measureColumn(name, measure) }))
      : Object.keys(stage.columns)
          .filter((column) => column.startsWith(prefix))
          .map((column) => ({ measure: column.slice(prefix.length), column }))
  const rules = filter?.kind === 'filter' ? filter.rules(options) : []
  return known.flatMap(({ measure, column }) => {
    const type = stage.columns[column]?.type
    if (type === undefined || !isScalar(type)) return []
    const own = rules.filter((rule) => rule.measure === measure)
    const here =
      own.length > 0
        ? `rule = ${literal(name)} AND reason IN (${own.map((r) => literal(r.reason)).join(', ')})`
        : 'FALSE'
    const doc = stage.columns[column]!.doc
    return [
      {
        title: words(measure),
        doc,
        column,
        type,
        here,
        limits: own.flatMap(numberLimits),
        isAllowed: allowed(own),
      },
    ]
  })
}

function numberLimits(rule: Rule): Measure['limits'] {
  const { reason, atLeast, atMost } = rule
  return [
    ...(atLeast === undefined
      ? []
      : [
          { reason, side: 'least' as const, value: atLeast, text: limitOf({ reason, measure: '', atLeast }) },
        ]),
    ...(atMost === undefined
      ? []
      : [{ reason, side: 'most' as const, value: atMost, text: limitOf({ reason, measure: '', atMost }) }]),
  ]
}

/** Whether rules that name values allow one, or null where none does. */
function allowed(rules: readonly Rule[]): Measure['isAllowed'] {
  const naming = rules.filter((r) => r.equals !== undefined || r.oneOf || r.noneOf)
  if (naming.length === 0) return () => null
  return (value) =>
    naming.every(
      (r) =>
        (r.equals === undefined || String(r.equals) === value) &&
        (!r.oneOf || r.oneOf.includes(value)) &&
        !r.noneOf?.includes(value),
    )
}

/** `shortSide` -> `short side`. */
function words(measure: string): string {
  return columnName(measure).replaceAll('_', ' ')
}
