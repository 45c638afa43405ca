import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LINK_COLUMNS, type Row } from '../../src/core/index.ts'
import { fileStore } from '../../src/store/file.ts'
import { openTableWriter } from '../../src/table/parquet-write.ts'
import { openSql } from '../../src/table/sql.ts'

const link = (i: number): Row => ({
  uid: `u${i}`,
  image_id: `i${i % 3}`,
  url: `http://a.test/${i % 3}`,
  site: 'a.test',
  texts: [{ kind: 'alt', text: `text ${i}`, language: null, score: null, page: null }],
  caption: 0,
  merged_uids: i ? [`m${i}`] : [],
})

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pairloom-sql-it's-"))
  for (const part of [0, 1]) {
    const writer = openTableWriter(LINK_COLUMNS, await fileStore(folder).writer(`${part}.parquet`))
    await writer.append([0, 1, 2, 3, 4].map((i) => link(i + 5 * part)))
    await writer.close()
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function all(statement: string): Promise<Row[]> {
  const sql = await openSql({ memoryBytes: 2 ** 27, scratch: folder })
  try {
    await sql.view('input', [join(folder, '0.parquet'), join(folder, '1.parquet')])
    const rows: Row[] = []
    for await (const batch of sql.query(statement)) rows.push(...batch)
    return rows
  } finally {
    sql.close()
  }
}

describe('SQL', () => {
  it('gives whole rows back as our writer took them', async () => {
    expect(await all('SELECT * FROM input ORDER BY uid')).toEqual(
      Array.from({ length: 10 }, (_, i) => link(i)),
    )
  })

  it('counts in plain numbers', async () => {
    expect(
      await all('SELECT image_id, count(*) AS n FROM input GROUP BY image_id ORDER BY image_id'),
    ).toEqual([
      { image_id: 'i0', n: 4 },
      { image_id: 'i1', n: 3 },
      { image_id: 'i2', n: 3 },
    ])
  })

  it('gives values as they are', async () => {
    const statement = `SELECT 9007199254740991 AS most, -9007199254740991 AS least,
      CAST('9007199254740991' AS DECIMAL(38, 0)) AS whole, CAST('0.1' AS DECIMAL(38, 20)) AS tenth,
      CAST('NaN' AS DOUBLE) AS nan, CAST('-Infinity' AS DOUBLE) AS infinite,
      TIMESTAMP '2024-02-29 12:00:00.123' AS leap, DATE '1969-12-31' AS day, CAST(9007199254740993 AS STRING) AS text`
    const most = Number.MAX_SAFE_INTEGER
    const [leap, day] = [new Date('2024-02-29T12:00:00.123Z'), new Date('1969-12-31')]
    const numbers = { most, least: -most, whole: most, tenth: 0.1, nan: NaN, infinite: -Infinity }
    expect(await all(statement)).toEqual([{ ...numbers, leap, day, text: '9007199254740993' }])
  })

  it.each([
    '9007199254740992',
    '-9007199254740993',
    "CAST('9007199254740993' AS DECIMAL(38, 0))",
    "TIMESTAMP '2024-02-29 12:00:00.123456'",
    "[{'id': 9007199254740993}]",
  ])('refuses %s, which no number or Date holds', async (expression) => {
    await expect(all(`SELECT ${expression} AS v`)).rejects.toMatchObject({
      code: 'PL_SQL',
      message: expect.stringContaining('cast it to string') as string,
    })
  })

  it('sorts NULL below every value, NaN above', async () => {
    const rows = "(VALUES (1.5), (CAST(NULL AS DOUBLE)), (CAST('NaN' AS DOUBLE))) AS t(v)"
    expect(await all(`SELECT v FROM ${rows} ORDER BY v`)).toEqual([{ v: null }, { v: 1.5 }, { v: NaN }])
    expect(await all(`SELECT v FROM ${rows} ORDER BY v DESC`)).toEqual([{ v: NaN }, { v: 1.5 }, { v: null }])
  })

  it('says which statement was refused, and why', async () => {
    await expect(all('SELECT nothing FROM input')).rejects.toMatchObject({
      code: 'PL_SQL',
      data: { statement: 'SELECT nothing FROM input' },
    })
  })
})
