import { describe, expect, it } from 'vitest'
import { LINK_COLUMNS, type Columns, type Row } from '../../../src/core/index.ts'
import { where } from '../../../src/filter/index.ts'
import { linkRow, runGlobal, verdictsOf } from '../global-stage.ts'

const columns: Columns = {
  ...LINK_COLUMNS,
  score: { type: 'float64', nullable: true, doc: 'a score' },
  width: { type: 'int32', nullable: true, doc: 'px' },
}
const row = (name: string, score: number | null, width: number | null, more: Row = {}) =>
  linkRow(name, `the words of ${name}`, { score, width, ...more })
const faults = (sql: string) => where.checkColumns!({ sql } as never, columns)

describe('filter/where', () => {
  it('keeps rows for which the expression is true, and says what it saw of the others', async () => {
    const rows = [row('a', 0.3, 200), row('b', 0.3, 199), row('c', null, 200), row('d', NaN, 200)]
    const sql = 'score >= 0.3 AND width >= 200 -- and no more'
    const result = await runGlobal(where, rows, { sql }, { columns })
    // NaN is above every number, as in both engines.
    expect(verdictsOf(result)).toEqual({
      ...{
        a: 'kept',
        b: 'where-false score 0.3, width 199',
        c: 'where-null score null, width 200',
        d: 'kept',
      },
    })
    expect(result.kept[0]).toEqual(rows.find((r) => r.uid === result.kept[0]!.uid))
    expect(result.rejects[0]).toMatchObject({ rule: 'filter/where', limit: sql })
    expect(await faults(sql)).toEqual([])
  })

  it('gives the same whatever the files and the passes', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => row(`r${i}`, (i * 7) % 11, i))
    const options = { sql: 'score * 10 < width', partitions: 2 }
    const first = await runGlobal(where, rows, options, { columns })
    const more = { columns, files: 3, memoryBytes: 1024 * 200 }
    expect(await runGlobal(where, rows.toReversed(), options, more)).toEqual(first)
  })

  it.each([
    "lower(site) LIKE '%.org'",
    'score IS NULL OR abs(score) > .5',
    "caption_text(texts, caption) <> ''",
    'width BETWEEN 1 AND 3 AND NOT (score IN (1, 2))',
    'CASE WHEN width > 3 THEN true ELSE score > 1 END\n-- a comment',
  ])('takes %j', async (sql) => {
    expect(await faults(sql)).toEqual([])
  })

  it.each([
    ['score > ', 'sql, at its end: syntax error'],
    ['scor > 1', 'sql, character 1 ("scor > 1"): Referenced column "scor" not found'],
    ["'äö' = site AND scor > 1", 'sql, character 17 ("scor > 1"): Referenced column'],
    ['width > > 1', 'sql, character 9 ("> 1"): syntax error'],
    ['foo(score)', 'sql, character 1 ("foo(score)"): Scalar Function with name foo does not exist'],
    ['score + 1', 'sql: expected true or false, got an expression of type DOUBLE'],
    ['score > (SELECT 1)', 'expected an expression over one row, got a subquery'],
    [
      'row_number() OVER () > 1',
      'sql, character 1 ("row_number() OVER ()"): expected an expression over one row',
    ],
    ['sum(score) > 1', 'expected functions of one row that always give the same, got sum'],
    ['random() > .5', 'expected functions of one row that always give the same, got random'],
    ["now() > '2026-01-01'", 'got now'],
    ['true) AS a FROM input WHERE (true', 'sql, at its end: syntax error'],
    ['true) AS a, (true', 'sql: expected one expression, got more of a statement'],
    ['true) FROM input; DROP TABLE input; SELECT (true', 'sql: expected one expression'],
    ["true) AS holds FROM read_text('/etc/hosts') WHERE (true", 'sql, at its end: syntax error'],
    ['true) AS a FROM input UNION ALL SELECT (true', 'sql: expected one expression, got more of a statement'],
    ['score > ?', 'expected an expression over one row, got a parameter'],
  ])('refuses %j', async (sql, fault) => {
    const said = await faults(sql)
    expect(said).toHaveLength(1)
    expect(said[0]).toContain(fault)
  })
})
