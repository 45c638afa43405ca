import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LINK_COLUMNS, type Columns, type Row, type Text } from '../../src/core/index.ts'
import { fileStore } from '../../src/store/file.ts'
import { openTableWriter } from '../../src/table/parquet-write.ts'
import { openSql, type Sql, type SqlEngine } from '../../src/table/sql.ts'

/** Spark starts in seconds, and in minutes where many others work. */
const TIMEOUT_MS = 600_000
const MOST = Number.MAX_SAFE_INTEGER

const text = (page: string | null, language: string | null = null): Text => ({
  kind: 'alt',
  text: 'a "cat"\n猫 \u{1f408}',
  language,
  score: page === null ? null : 0.5,
  page,
})

/** Ten rows in two files; the second has its columns in another order, and one more. */
const link = (i: number): Row => ({
  uid: `u${i}`,
  image_id: `i${i % 3}`,
  url: `http://a.test/${i % 3}`,
  site: 'a.test',
  texts: i === 0 ? [] : [text(`http://a.test/${i}`), text(null)],
  caption: 0,
  merged_uids: i ? [`m${i}`, ''] : [],
})

const number = (doc: string, type: 'int32' | 'int64' | 'float64') => ({ type, nullable: true, doc }) as const
const NUMBERS: Columns = {
  id: { type: 'utf8', doc: 'key' },
  i: number('int32', 'int32'),
  big: number('int64', 'int64'),
  x: number('float64', 'float64'),
  flag: { type: 'bool', nullable: true, doc: 'bool' },
  word: { type: 'utf8', nullable: true, doc: 'utf8' },
  bytes: { type: 'binary', nullable: true, doc: 'binary' },
}
const numbers = (
  [
    { id: 'a', i: -7, big: MOST, x: Number.NaN, flag: true, word: 'ab' },
    { id: 'b', i: 2, big: -MOST, x: -Infinity, flag: false, word: 'Ab' },
    { id: 'c', i: null, big: null, x: null, flag: null, word: null },
    { id: 'd', i: 2 ** 31 - 1, big: 0, x: Infinity, flag: true, word: '' },
    { id: 'e', i: -(2 ** 31), big: 1, x: 5e-324, flag: false, word: 'é' },
    { id: 'f', i: 0, big: 2, x: 0.1, flag: true, word: 'e\u0301' },
    { id: 'g', i: 7, big: 3, x: 1.5, flag: true, word: '\u{1f408}' },
    { id: 'h', i: 8, big: 4, x: 1e308, flag: true, word: '\uffff' },
    { id: 'i', i: 9, big: 5, x: -1, flag: true, word: 'a b' },
  ] satisfies Row[]
).map((row, i) => ({ ...row, bytes: i === 2 ? null : Buffer.from([0, i, 255]) }))

const md5 = (text: string) => createHash('md5').update(text).digest('hex')
const of = (column: keyof (typeof numbers)[0], ids: string) =>
  ids.split('').map((id) => numbers.find((r) => r.id === id)![column])

/** Statements over the views, and the values of their rows in order: the same whatever the engine. */
const CASES: { name: string; sql: string; rows: unknown[][] }[] = [
  {
    name: 'sorts NULL first and NaN last, up',
    sql: 'SELECT x FROM numbers ORDER BY x, id',
    rows: of('x', 'cbiefghda').map((x) => [x]),
  },
  {
    name: 'sorts NaN first and NULL last, down',
    sql: 'SELECT x FROM numbers ORDER BY x DESC, id',
    rows: of('x', 'adhgfeibc').map((x) => [x]),
  },
  {
    name: 'sorts text by its UTF-8 bytes',
    sql: 'SELECT id FROM numbers ORDER BY word, id',
    rows: 'cdbiafehg'.split('').map((id) => [id]),
  },
  {
    name: 'orders and limits by several keys',
    sql: 'SELECT flag, id FROM numbers ORDER BY flag DESC, id DESC LIMIT 3',
    rows: [
      [true, 'i'],
      [true, 'h'],
      [true, 'g'],
    ],
  },
  {
    name: 'gives whole numbers as they are',
    sql: `SELECT big, i, count(*) OVER () AS n, 7 AS lit, CAST('9007199254740991' AS DECIMAL(38, 0)) AS d FROM numbers ORDER BY id LIMIT 3`,
    rows: [
      [MOST, -7, 9, 7, MOST],
      [-MOST, 2, 9, 7, MOST],
      [null, null, 9, 7, MOST],
    ],
  },
  {
    name: 'sums and averages whole numbers exactly',
    sql: `SELECT sum(big) AS s, min(i) AS least, max(i) AS most, count(i) AS n, avg(CAST(i AS DOUBLE)) AS mean,
      sum(CASE WHEN flag THEN 1 ELSE 0 END) AS flags, count(DISTINCT flag) AS kinds FROM numbers WHERE id <> 'e'`,
    rows: [[14, -7, 2147483647, 7, 2147483666 / 7, 6, 2]],
  },
  {
    name: 'sums decimals exactly',
    sql: `SELECT sum(CAST(v AS DECIMAL(20, 10))) AS s FROM (VALUES ('0.1'), ('0.2'), ('0.3')) AS t(v)`,
    rows: [[0.6]],
  },
  {
    name: 'divides into a double, and takes remainders with the sign of the dividend',
    sql: `SELECT 7 / 2 AS a, -7 % 4 AS b, 7 % -4 AS c, CAST(floor(-7 / 2) AS BIGINT) AS d, abs(-3) AS e`,
    rows: [[3.5, -3, 3, -4, 3]],
  },
  {
    name: 'compares NULL with nothing, and NaN with itself',
    sql: `SELECT id FROM numbers WHERE x = CAST('NaN' AS DOUBLE) OR x IS NULL OR NOT (i > 5 OR i < 5) ORDER BY id`,
    rows: [['a'], ['c']],
  },
  {
    name: 'counts groups, NULL and NaN groups of their own',
    sql: `SELECT x, count(*) AS n FROM (SELECT x FROM numbers UNION ALL SELECT x FROM numbers WHERE id IN ('a', 'c')) AS t
      WHERE x IS NULL OR x > 1e300 GROUP BY x ORDER BY x`,
    rows: [
      [null, 2],
      [1e308, 1],
      [Infinity, 1],
      [Number.NaN, 2],
    ],
  },
  {
    name: 'cuts, joins and searches text by characters',
    sql: `SELECT length(w) AS n, substr(w, 2, 1) AS second, concat(w, 'x', 1) AS c, concat_ws('-', w, NULL, 'z') AS ws,
        instr(w, '猫') AS at, lower('ÀB') AS low, upper('éa') AS up, replace(w, '猫', 'cat') AS r, trim('  a ') AS t,
        w LIKE '%猫%' AS has, split_part('a.b.c', '.', 2) AS part, coalesce(NULL, w) AS co,
        lpad('7', 3, '0') AS pad
      FROM (SELECT '\u{1f408}猫é' AS w) AS t`,
    rows: [
      [
        3,
        '猫',
        '\u{1f408}猫éx1',
        '\u{1f408}猫é-z',
        2,
        'àb',
        'ÉA',
        '\u{1f408}caté',
        'a',
        true,
        'b',
        '\u{1f408}猫é',
        '007',
      ],
    ],
  },
  {
    name: 'hashes text alike',
    sql: `SELECT md5(word) AS h, substr(md5(concat('s', id)), 1, 4) AS slot FROM numbers WHERE id IN ('c', 'd', 'g') ORDER BY id`,
    rows: [
      [null, md5('sc').slice(0, 4)],
      [md5(''), md5('sd').slice(0, 4)],
      [md5('\u{1f408}'), md5('sg').slice(0, 4)],
    ],
  },
  {
    name: 'matches regular expressions that both know',
    sql: `SELECT regexp_extract('ab12', '([a-z]+)([0-9]+)', 2) AS found, regexp_like('ab', '^a') AS has`,
    rows: [['12', true]],
  },
  {
    name: 'ranks and sums over windows',
    sql: `SELECT id, row_number() OVER (PARTITION BY flag ORDER BY big DESC, id) AS n, rank() OVER (ORDER BY flag) AS r,
        sum(i) OVER (PARTITION BY flag ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS s
      FROM numbers WHERE id IN ('b', 'd', 'f', 'g') ORDER BY id`,
    rows: [
      ['b', 1, 1, 2],
      ['d', 3, 2, 2147483647],
      ['f', 2, 2, 2147483647],
      ['g', 1, 2, 2147483654],
    ],
  },
  {
    name: 'keeps one row of each group with QUALIFY',
    sql: `SELECT image_id, uid FROM input QUALIFY row_number() OVER (PARTITION BY image_id ORDER BY uid DESC) = 1 ORDER BY image_id`,
    rows: [
      ['i0', 'u9'],
      ['i1', 'u7'],
      ['i2', 'u8'],
    ],
  },
  {
    name: 'picks values by others with max_by and min_by',
    sql: 'SELECT image_id, max_by(uid, uid) AS most, min_by(uid, uid) AS least FROM input GROUP BY image_id ORDER BY image_id',
    rows: [
      ['i0', 'u9', 'u0'],
      ['i1', 'u7', 'u1'],
      ['i2', 'u8', 'u2'],
    ],
  },
  {
    name: 'joins, with and without a partner, and never NULL with NULL',
    sql: `SELECT a.id, b.id AS other FROM numbers AS a LEFT JOIN numbers AS b ON a.word = b.word AND a.id = b.id
      WHERE a.id IN ('c', 'd') AND EXISTS (SELECT 1 FROM input WHERE input.uid = 'u1') ORDER BY a.id`,
    rows: [
      ['c', null],
      ['d', 'd'],
    ],
  },
  {
    name: 'takes lists apart, with explode, and those of structs',
    sql: `SELECT u, n, count(*) AS rows, max(t.page) AS page
      FROM (SELECT explode(merged_uids) AS u, size(merged_uids) AS n, texts FROM input) AS a
      CROSS JOIN (SELECT explode(texts) AS t FROM input WHERE uid = 'u3') AS b GROUP BY u, n ORDER BY rows DESC, u LIMIT 2`,
    rows: [
      ['', 2, 18, 'http://a.test/3'],
      ['m1', 2, 2, 'http://a.test/3'],
    ],
  },
  {
    name: 'sorts rows by their texts with texts_key',
    sql: `SELECT n FROM (SELECT n, texts_key(texts) AS texts FROM (
        SELECT 1 AS n, texts FROM input WHERE uid = 'u1'
        UNION ALL SELECT 0 AS n, texts FROM input WHERE uid = 'u0'
        UNION ALL SELECT 2 AS n, texts FROM input WHERE uid = 'u2') AS t) AS k ORDER BY texts, n`,
    rows: [[0], [1], [2]],
  },
  {
    name: 'gives NULL of no type, and no rows, with their columns',
    sql: "SELECT NULL AS nothing, id FROM numbers WHERE id > 'h' OR id = '~' ORDER BY id",
    rows: [[null, 'i']],
  },
  {
    name: 'takes text between single quotes as it is, and names between double ones',
    sql: String.raw`SELECT 'it''s \n %_' AS "a b", "id" FROM numbers WHERE id = 'a'`,
    rows: [["it's \\n %_", 'a']],
  },
  {
    name: 'finds the text of a caption',
    sql: `SELECT words, count(*) AS n FROM (SELECT caption_text(texts, caption) AS words, site FROM input) AS t GROUP BY words ORDER BY n`,
    rows: [
      ['', 1],
      [text(null).text, 9],
    ],
  },
  { name: 'gives no rows of an empty table', sql: 'SELECT * FROM nobody ORDER BY id', rows: [] },
  { name: 'counts an empty table', sql: 'SELECT count(*) AS n, sum(i) AS s FROM nobody', rows: [[0, null]] },
  {
    name: 'gives dates and times as Date',
    sql: `SELECT TIMESTAMP '2024-02-29 12:00:00.123' AS leap, DATE '1969-12-31' AS day, CAST(TIMESTAMP '2024-02-29 12:00:00.123456' AS STRING) AS text`,
    rows: [[new Date('2024-02-29T12:00:00.123Z'), new Date('1969-12-31'), '2024-02-29 12:00:00.123456']],
  },
]

const REFUSED = [
  '9007199254740992',
  "CAST('-9007199254740993' AS DECIMAL(38, 0))",
  "TIMESTAMP '2024-02-29 12:00:00.123456'",
]

/** What every engine must do; the statements show the subset of SQL that stages may use. */
export function describeSql(
  name: string,
  engine: SqlEngine,
  missing: string | null,
  start?: () => Promise<void>,
): void {
  describe.skipIf(missing !== null)(`SQL on ${name}${missing === null ? '' : ` (${missing})`}`, () => {
    let folder: string
    let sql: Sql
    beforeAll(async () => {
      await start?.()
      folder = await mkdtemp(join(tmpdir(), "pairloom-sql-it's a=1 é {x}-"))
      sql = await openSql({ memoryBytes: 2 ** 27, scratch: folder }, engine)
      const { uid, ...others } = LINK_COLUMNS
      const later = { ...others, uid, more: { type: 'utf8', nullable: true, doc: 'more' } } as const
      await write('b=2/0.parquet', LINK_COLUMNS, [0, 1, 2, 3, 4].map(link))
      await write(
        'b=2/1.parquet',
        later,
        [5, 6, 7, 8, 9].map((i) => ({ ...link(i), more: 'more' })),
      )
      await write('numbers.parquet', NUMBERS, numbers)
      await write('nobody.parquet', NUMBERS, [])
      await sql.view('input', [join(folder, 'b=2/0.parquet'), join(folder, 'b=2/1.parquet')])
      await sql.view('numbers', [join(folder, 'numbers.parquet')])
      await sql.view('nobody', [join(folder, 'nobody.parquet')])
    }, TIMEOUT_MS)
    afterAll(async () => {
      sql.close()
      await rm(folder, { recursive: true, force: true })
    })

    async function write(path: string, columns: Columns, rows: Row[]): Promise<void> {
      await mkdir(join(folder, path, '..'), { recursive: true })
      const writer = openTableWriter(columns, await fileStore(folder).writer(path))
      await writer.append(rows)
      await writer.close()
    }
    async function all(statement: string): Promise<Row[]> {
      const rows: Row[] = []
      for await (const batch of sql.query(statement)) rows.push(...batch)
      return rows
    }

    it(
      'gives whole rows back as our writer took them, columns matched by name and none from a path',
      async () => {
        expect(await all('SELECT * FROM input ORDER BY uid')).toEqual(
          Array.from({ length: 10 }, (_, i) => ({ ...link(i), more: i < 5 ? null : 'more' })),
        )
        expect(await all('SELECT * FROM numbers ORDER BY id')).toEqual(numbers)
      },
      TIMEOUT_MS,
    )

    it.each(CASES)(
      '$name',
      async ({ sql: statement, rows }) => {
        expect((await all(statement)).map((row) => Object.values(row))).toEqual(rows)
      },
      TIMEOUT_MS,
    )

    it.each(REFUSED)(
      'refuses %s, which no number or Date holds',
      async (expression) => {
        await expect(all(`SELECT ${expression} AS v`)).rejects.toMatchObject({
          code: 'PL_SQL',
          message: expect.stringContaining('cast it to string') as string,
        })
      },
      TIMEOUT_MS,
    )

    it(
      'keeps what a statement gives as a table',
      async () => {
        await sql.table('kept', "SELECT id, bytes FROM numbers WHERE id < 'c'")
        await sql.table('none', "SELECT id, big FROM numbers WHERE id = ''")
        expect(
          await all('SELECT kept.*, big FROM kept LEFT JOIN none ON kept.id = none.id ORDER BY kept.id'),
        ).toEqual(numbers.slice(0, 2).map(({ id, bytes }) => ({ id, bytes, big: null })))
      },
      TIMEOUT_MS,
    )

    it(
      'gives many rows of one key in order',
      async () => {
        const times = ['b', 'c', 'd'].map((t) => `CROSS JOIN numbers AS ${t}`).join(' ')
        const many = `SELECT 'one' AS k, concat(a.id, b.id, c.id, d.id) AS id FROM numbers AS a ${times}`
        const ids = (await all(`${many} ORDER BY k, id`)).map((row) => row.id as string)
        expect(new Set(ids).size).toBe(9 ** 4)
        expect(ids).toEqual([...ids].sort())
      },
      TIMEOUT_MS,
    )

    it.each([
      ['SELECT nothing FROM numbers', 'nothing'],
      ['SELECT id FROM numbers WHERE (', 'yntax error'],
      ['SELECT id FROM elsewhere', 'elsewhere'],
      ["SELECT CAST(word AS INT) AS n FROM numbers WHERE id = 'a'", 'ab'],
    ])(
      'says that %s was refused, and why',
      async (statement, why) => {
        await expect(all(statement)).rejects.toMatchObject({
          code: 'PL_SQL',
          message: expect.stringContaining(why) as string,
          data: { statement },
        })
      },
      TIMEOUT_MS,
    )
  })
}
