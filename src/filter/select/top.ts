import { z } from 'zod'
import type { Columns, Row } from '../../core/column.ts'
import { defineGlobal, type GlobalBatch, type Verdict } from '../../core/stage.ts'
import { intoPartitions, rowsByUid, SLOTS } from '../by-uid.ts'
import { columnOption, isNumeric } from './numeric.ts'

const NAME = 'filter/top'
/** Fractions are whole numbers of these, so that no rounding of a product decides about a row. */
const PARTS = 1_000_000_000

const options = z.strictObject({
  by: columnOption.describe('column of numbers to order by, such as a score'),
  fraction: z
    .number()
    .min(1 / PARTS)
    .max(1)
    .optional()
    .describe('share of the rows with a number that go on, 0..1, rounded up to whole rows'),
  count: z.int().min(1).optional().describe('rows that go on'),
  per: columnOption
    .optional()
    .describe(
      'column whose every value is a group with a top of its own, such as language_label; null is one too',
    ),
  order: z.enum(['highest', 'lowest']).default('highest').describe('which end is the top'),
  missing: z
    .enum(['drop', 'keep'])
    .default('drop')
    .describe('what becomes of rows whose number is null or NaN; they are in no count'),
  partitions: z
    .int()
    .min(1)
    .max(SLOTS)
    .optional()
    .describe('output partitions; as many as come in where it is not given'),
})

/**
 * Keeps the best rows by a column of numbers: a fraction or a count of all, or of each group.
 *
 * Exact: of equal numbers the smaller uid is better, and the last row that stays of each group is found by order, not by
 * an estimate. Rows of one uid with one number count once and stay together. Ends as `not-top`, the limit the number
 * and uid of that last row, or `unmeasured`. Rows come out by md5(uid).
 * Memory: as `rowsByUid`; numbers, groups and uids are sorted by the SQL engine, and spill.
 */
export const top = defineGlobal({
  name: NAME,
  version: 1,
  summary: 'Keep a fraction or a count of the best rows by a column, of all or of each group',
  options,
  check: ({ fraction, count }) =>
    (fraction === undefined) === (count === undefined) ? ['expected either fraction or count'] : [],
  reads: ['uid'],
  optionReads: ({ by, per }) => (per === undefined ? [by] : [by, per]),
  checkColumns: ({ by, per }, columns) => [...notNumbers(by, columns), ...noGroup(per, columns)],
  adds: {},
  partitions: (chosen) => chosen.partitions ?? 0,
  async *run(input, { options: chosen, memoryBytes, drop }): AsyncGenerator<GlobalBatch> {
    const partitions = chosen.partitions ?? Math.max(1, input.partitions)
    const isMissing = missingSql(chosen.by, input.columns)
    await input.table('pairloom_last', lastRows(chosen, isMissing))
    const select = (from: string, to: string) => statement(chosen, isMissing, from, to)
    yield* intoPartitions(rowsByUid(input, memoryBytes, select), partitions, (twins) => {
      const kept: Row[] = []
      for (const { pairloom_slot: _, pairloom_end: end, pairloom_score, pairloom_uid, ...row } of twins) {
        if (end === 'top' || (end === 'missing' && chosen.missing === 'keep')) kept.push(row)
        else drop(row, verdictOf(row[chosen.by], { pairloom_score, pairloom_uid }, chosen))
      }
      return kept
    })
  },
})

type Chosen = z.infer<typeof options>

function verdictOf(value: unknown, last: Row, { order }: Chosen): Verdict {
  const verdict = { status: 'dropped', rule: NAME } as const
  if (value === null || Number.isNaN(value)) return { ...verdict, reason: 'unmeasured', value: null }
  const sign = order === 'highest' ? '>=' : '<='
  const limit = `${sign} ${String(last.pairloom_score)}, uid <= ${String(last.pairloom_uid)} where equal`
  return { ...verdict, reason: 'not-top', value: String(value), limit }
}

/** The last row of each group that stays, found by its place among distinct numbers and uids. */
function lastRows({ by, per, fraction, count, order }: Chosen, isMissing: string): string {
  const isLast =
    fraction === undefined
      ? `place = CASE WHEN rows < ${count} THEN rows ELSE ${count} END`
      : `(place - 1) * ${PARTS} < rows * ${Math.round(fraction * PARTS)} AND place * ${PARTS} >= rows * ${Math.round(fraction * PARTS)}`
  return `
    WITH scored AS (
      SELECT ${groupSql(per)} AS part, ${by} AS score, uid FROM input WHERE NOT (${isMissing}) GROUP BY 1, 2, 3
    ), placed AS (
      SELECT part, score, uid,
        CAST(row_number() OVER (PARTITION BY part ORDER BY score ${order === 'highest' ? 'DESC' : 'ASC'}, uid) AS BIGINT) AS place,
        count(*) OVER (PARTITION BY part) AS rows
      FROM scored
    )
    SELECT part AS pairloom_part, score AS pairloom_score, uid AS pairloom_uid FROM placed WHERE ${isLast}`
}

function statement({ by, per, order }: Chosen, isMissing: string, from: string, to: string): string {
  const better = order === 'highest' ? '>' : '<'
  return `
    WITH placed AS (
      SELECT *, substr(md5(uid), 1, 4) AS pairloom_slot, ${groupSql(per)} AS pairloom_group FROM input
    ), judged AS (
      SELECT placed.*, pairloom_score, pairloom_uid,
        CASE WHEN ${isMissing} THEN 'missing'
          WHEN ${by} ${better} pairloom_score OR (${by} = pairloom_score AND uid <= pairloom_uid) THEN 'top'
          ELSE 'rest' END AS pairloom_end
      FROM placed LEFT JOIN pairloom_last ON pairloom_group = pairloom_part
    )
    SELECT * FROM judged WHERE pairloom_slot >= '${from}' AND pairloom_slot < '${to}' ORDER BY pairloom_slot, uid`
}

/** A group as a text that is never NULL. */
function groupSql(per: string | undefined): string {
  return per === undefined ? `''` : `coalesce(concat('=', CAST(${per} AS STRING)), '')`
}

function missingSql(by: string, columns: Columns): string {
  return columns[by]?.type === 'float64' ? `${by} IS NULL OR isnan(${by})` : `${by} IS NULL`
}

function notNumbers(by: string, columns: Columns): string[] {
  const type = columns[by]?.type
  if (type === undefined || isNumeric(type)) return []
  return [`${NAME} orders by numbers, got column ${by} of type ${type}`]
}

function noGroup(per: string | undefined, columns: Columns): string[] {
  const type = per === undefined ? undefined : columns[per]?.type
  if (type === undefined || type === 'utf8' || type === 'bool' || type === 'int32' || type === 'int64')
    return []
  return [`${NAME} groups by texts, whole numbers or booleans, got column ${per} of type ${type}`]
}
