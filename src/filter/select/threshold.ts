import { z } from 'zod'
import type { Columns, Row } from '../../core/column.ts'
import { defineFilter, type Measured, type Rule } from '../../core/filter.ts'
import { isNumeric } from './numeric.ts'

const limits = z
  .strictObject({
    min: z.number().optional().describe('least value, inclusive'),
    max: z.number().optional().describe('largest value, inclusive'),
  })
  .refine(({ min, max }) => min !== undefined || max !== undefined, 'expected min or max, or both')
  .refine(({ min = -Infinity, max = Infinity }) => min <= max, 'expected min to be no more than max')

const options = z.strictObject({
  columns: z
    .record(z.string().min(1), limits)
    .refine((given) => Object.keys(given).length > 0, 'expected at least one column')
    .describe('column to its limits: min, max or both, inclusive, in the unit of the column'),
  missing: z
    .enum(['drop', 'keep'])
    .default('drop')
    .describe('what becomes of a row whose value is null or NaN'),
})

/**
 * Drops rows with a number outside limits, of whichever columns: sizes, scores that were joined, measures of other filters.
 *
 * Ends as `<column>-too-low`, `<column>-too-high`, or `unmeasured` where the value is null or NaN. Measures nothing: the
 * values are columns already. A column that is not there, or holds no numbers, is a fault of the pipeline.
 */
export const threshold = defineFilter({
  name: 'filter/threshold',
  version: 1,
  summary: 'Drop rows with a number outside limits, of any columns',
  options,
  reads: [],
  optionReads: ({ columns }) => Object.keys(columns),
  checkColumns: ({ columns }, input) => Object.keys(columns).flatMap((name) => notNumeric(name, input)),
  measures: {},
  measure: (row: Row, { columns }) =>
    Object.fromEntries(Object.keys(columns).map((name) => [name, row[name] as Measured])),
  rules: ({ columns, missing }) =>
    Object.entries(columns).flatMap(([measure, { min, max }]): Rule[] => {
      const word = measure.replaceAll('_', '-')
      const common = { measure, ...(missing === 'keep' && { orMissing: true }) }
      return [
        ...(min === undefined ? [] : [{ ...common, reason: `${word}-too-low`, atLeast: min }]),
        ...(max === undefined ? [] : [{ ...common, reason: `${word}-too-high`, atMost: max }]),
      ]
    }),
})

function notNumeric(name: string, columns: Columns): string[] {
  const type = columns[name]?.type
  return type === undefined || isNumeric(type)
    ? []
    : [`filter/threshold needs numbers, got column ${name} of type ${type}`]
}
