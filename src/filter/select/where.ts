import { z } from 'zod'
import type { Row } from '../../core/column.ts'
import { defineGlobal, type GlobalBatch } from '../../core/stage.ts'
import { intoPartitions, rowsByUid, SLOTS } from '../by-uid.ts'
import { expressionFaults } from './expression.ts'

const NAME = 'filter/where'
/** Of the values in a verdict, UTF-16 units. */
const SHOWN_LENGTH = 500

const options = z.strictObject({
  sql: z
    .string()
    .min(1)
    .describe('one SQL expression over the columns of a row; rows for which it is true go on'),
  partitions: z
    .int()
    .min(1)
    .max(SLOTS)
    .optional()
    .describe('output partitions; as many as come in where it is not given'),
})

/**
 * Keeps the rows for which an SQL expression is true.
 *
 * Ends as `where-false`, or `where-null` where the expression is NULL, as comparisons with a NULL are; the value is that
 * of each column that it names. Only an expression of the row itself is taken: no subquery, window, aggregate, or
 * function that gives another answer another time. What is wrong with it is a fault of the pipeline, with its place.
 * Rows come out by md5(uid). Memory: as `rowsByUid`.
 */
export const where = defineGlobal({
  name: NAME,
  version: 1,
  summary: 'Keep the rows for which an SQL expression is true',
  options,
  reads: ['uid'],
  checkColumns: ({ sql }, columns) => expressionFaults(sql, columns),
  adds: {},
  partitions: (chosen) => chosen.partitions ?? 0,
  async *run(
    input,
    { options: { sql, partitions: wanted }, memoryBytes, drop },
  ): AsyncGenerator<GlobalBatch> {
    const partitions = wanted ?? Math.max(1, input.partitions)
    const words = new Set(sql.match(/[A-Za-z_]\w*/g)?.map((word) => word.toLowerCase()))
    const named = Object.keys(input.columns).filter((name) => words.has(name))
    const select = (from: string, to: string) => statement(sql, from, to)
    yield* intoPartitions(rowsByUid(input, memoryBytes, select), partitions, (twins) => {
      const kept: Row[] = []
      for (const { pairloom_slot: _, pairloom_where: holds, ...row } of twins) {
        if (holds === true) {
          kept.push(row)
          continue
        }
        const reason = holds === null ? 'where-null' : 'where-false'
        const value = named.map((name) => `${name} ${shown(row[name])}`).join(', ')
        drop(row, { status: 'dropped', rule: NAME, reason, value: value.slice(0, SHOWN_LENGTH), limit: sql })
      }
      return kept
    })
  },
})

function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : JSON.stringify(value)
}

/** A line of its own for the expression: a comment at its end must not take the bracket with it. */
function statement(sql: string, from: string, to: string): string {
  return `
    WITH placed AS (SELECT *, substr(md5(uid), 1, 4) AS pairloom_slot, (${sql}
      ) AS pairloom_where FROM input)
    SELECT * FROM placed WHERE pairloom_slot >= '${from}' AND pairloom_slot < '${to}' ORDER BY pairloom_slot, uid`
}
