import type { Row, ScalarType } from '../../core/column.ts'
import type { Bars, Histogram, Split } from './data.ts'
import { chooseEdges } from './edges.ts'
import { quoted, type Tables } from './tables.ts'

const MAX_VALUES = 14
/** Values that rules took rows for, listed although others are more frequent. */
const MAX_TAKEN = 6
const MAX_LABEL = 80

/** A column to draw. */
export interface Measure {
  title: string
  doc: string
  column: string
  type: ScalarType
  /** SQL: whether a row that was taken out was so by the rule of this measure. */
  here: string
  limits: { reason: string; side: 'least' | 'most'; value: number; text: string }[]
  isAllowed(value: string): boolean | null
}

/**
 * Counts the values of a numeric column in bins.
 *
 * rows: SQL of a table with the column, `rule` and `reason`. Null where no row has a value.
 */
export async function histogramOf(measure: Measure, rows: string, tables: Tables): Promise<Histogram | null> {
  const column = quoted(measure.column)
  const value = measure.type === 'float64' ? `CASE WHEN isfinite(${column}) THEN ${column} END` : column
  const source = `(SELECT ${value} AS v, ${splitOf(measure)} AS side FROM ${rows})`
  const [range] = await tables.rows(
    `SELECT min(v) AS low, max(v) AS high, count(v) AS n, count(*) AS everyone FROM ${source}`,
  )
  if (!range || range.n === 0) return null
  const { low, high, n, everyone } = range as Record<'low' | 'high' | 'n' | 'everyone', number>
  const whole = measure.type !== 'float64'
  // Bins hold their lower edge. A value that equals `at most` still holds, so the bins part just above it.
  const limits = measure.limits.map(({ side, value: limit }) => ({
    at:
      side === 'least'
        ? limit
        : whole
          ? Math.floor(limit) + 1
          : limit + Math.max(1e-9, Math.abs(limit) * 1e-9),
  }))
  const edges = chooseEdges(low, high, whole, limits)
  const bin =
    edges.at
      .slice(1, -1)
      .map((edge) => `(v >= ${edge})::INT`)
      .join(' + ') || '0'
  const counts = await tables.rows(
    `SELECT bin, side, count(*) AS rows FROM (SELECT ${bin} AS bin, side FROM ${source} WHERE v IS NOT NULL) GROUP BY ALL ORDER BY ALL`,
  )
  const bins = Array.from({ length: edges.at.length - 1 }, (): Split => ({ kept: 0, here: 0, other: 0 }))
  for (const row of counts) bins[row.bin as number]![row.side as keyof Split] += row.rows as number
  return {
    kind: 'histogram',
    title: measure.title,
    doc: measure.doc,
    scale: edges.scale,
    edges: edges.at,
    bins,
    whole,
    min: low,
    max: high,
    unmeasured: everyone - n,
    limits: measure.limits.map(({ text, reason, side }, i) => ({
      text,
      reason,
      side,
      edge: edges.limits[i]!,
    })),
  }
}

/** Counts the values of a text or yes-no column: the most frequent ones. Null where no row has a value. */
export async function barsOf(measure: Measure, rows: string, tables: Tables): Promise<Bars | null> {
  const source = `(SELECT substr(${quoted(measure.column)}::VARCHAR, 1, ${MAX_LABEL}) AS v, ${splitOf(measure)} AS side FROM ${rows})`
  const grouped = `(SELECT v, count(*) AS n, ${['kept', 'here', 'other']
    .map((side) => `count(*) FILTER (WHERE side = '${side}') AS "${side}"`)
    .join(', ')} FROM ${source} GROUP BY v)`
  const [all] = await tables.rows(
    `SELECT count(v) AS values, coalesce(sum(n) FILTER (WHERE v IS NOT NULL), 0)::BIGINT AS n, coalesce(sum(n) FILTER (WHERE v IS NULL), 0)::BIGINT AS nulls FROM ${grouped}`,
  )
  if (!all || all.values === 0) return null
  const top = await tables.rows(
    `SELECT * EXCLUDE (by_rows, by_here) FROM (SELECT *, row_number() OVER (ORDER BY n DESC, v) AS by_rows, row_number() OVER (ORDER BY here DESC, v) AS by_here FROM ${grouped} WHERE v IS NOT NULL) WHERE by_rows <= ${MAX_VALUES} OR (here > 0 AND by_here <= ${MAX_TAKEN}) ORDER BY n DESC, v`,
  )
  const shown = top.reduce((sum, row) => sum + (row.n as number), 0)
  return {
    kind: 'bars',
    title: measure.title,
    doc: measure.doc,
    values: top.map((row: Row) => ({
      label: row.v as string,
      split: { kept: row.kept as number, here: row.here as number, other: row.other as number },
      allowed: measure.isAllowed(row.v as string),
    })),
    rest: { values: (all.values as number) - top.length, rows: (all.n as number) - shown },
    unmeasured: all.nulls as number,
  }
}

function splitOf(measure: Measure): string {
  return `CASE WHEN rule IS NULL THEN 'kept' WHEN ${measure.here} THEN 'here' ELSE 'other' END`
}
