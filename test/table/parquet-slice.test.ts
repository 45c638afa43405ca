import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Columns, Row } from '../../src/core/index.ts'
import { fileStore } from '../../src/store/file.ts'
import { readParquetFooter, writeParquetSlice, type RangedFile } from '../../src/table/parquet-slice.ts'
import { readTable } from '../../src/table/parquet-read.ts'
import { openTableWriter } from '../../src/table/parquet-write.ts'
import { openSql } from '../../src/table/sql.ts'

const COLUMNS = {
  name: { type: 'utf8', doc: 'a name' },
  score: { type: 'float64', nullable: true, doc: 'a score' },
  size: { type: 'int32', doc: 'a size' },
  count: { type: 'int64', doc: 'a count' },
  flag: { type: 'bool', doc: 'a flag' },
} as const satisfies Columns

const rowOf = (i: number): Row => ({
  name: `name ${String(i).padStart(5, '0')}`,
  score: i % 3 === 0 ? null : i / 7,
  size: i % 11,
  count: i * 1e9,
  flag: i % 2 === 0,
})

let folder: string
let source: Buffer
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-slice-'))
  const writer = openTableWriter(COLUMNS, await fileStore(folder).writer('all.parquet'), {
    rowGroupRows: 1000,
  })
  await writer.append(Array.from({ length: 3500 }, (_, i) => rowOf(i)))
  await writer.close()
  source = await readFile(join(folder, 'all.parquet'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function ranged(bytes: Buffer): RangedFile & { asked: number } {
  const file = {
    place: 'all.parquet',
    bytes: bytes.length,
    asked: 0,
    read(from: number, to: number) {
      file.asked += to - from
      return Promise.resolve(bytes.subarray(from, to))
    },
  }
  return file
}

async function slice(columns: string[], groups: number[], name: string): Promise<string> {
  const path = join(folder, name)
  const out = await open(path, 'w')
  const file = ranged(source)
  await writeParquetSlice(file, await readParquetFooter(file), columns, groups, (bytes) => out.write(bytes))
  await out.close()
  return path
}

describe('a slice of a Parquet file', () => {
  it('tells columns, rows and bounds of each row group', async () => {
    const { columns, groups } = await readParquetFooter(ranged(source))
    expect(columns).toEqual(Object.keys(COLUMNS))
    expect(groups.map(({ rows }) => rows)).toEqual([1000, 1000, 1000, 500])
    expect(groups[1]!.bounds('name')).toEqual({ min: 'name 01000', max: 'name 01999' })
    expect(groups[1]!.bounds('size')).toEqual({ min: 0, max: 10 })
    expect(groups[1]!.bounds('other')).toBeNull()
  })

  it.each([
    { columns: ['name', 'count'], groups: [0, 2] },
    { columns: ['score', 'flag', 'size'], groups: [1, 3] },
    { columns: Object.keys(COLUMNS), groups: [0, 1, 2, 3] },
    { columns: ['size'], groups: [3] },
  ])('holds $columns of groups $groups, for both readers', async ({ columns, groups }) => {
    const path = await slice(columns, groups, `${columns.join('-')}.parquet`)
    const expected = groups
      .flatMap((g) => Array.from({ length: g === 3 ? 500 : 1000 }, (_, i) => rowOf(g * 1000 + i)))
      .map((row) => Object.fromEntries(columns.map((name) => [name, row[name]])))
    const own: Row[] = []
    for await (const batch of readTable(fileStore(folder), `${columns.join('-')}.parquet`)) own.push(...batch)
    const plain = (rows: Row[]) => JSON.stringify(rows.map((row) => columns.map((name) => row[name])))
    expect(plain(own)).toBe(plain(expected))
    const sql = await openSql({ memoryBytes: 2 ** 27, scratch: folder })
    try {
      await sql.view('t', [path])
      const rows: Row[] = []
      for await (const batch of sql.query('SELECT * FROM t')) rows.push(...batch)
      expect(plain(rows).length).toBe(plain(expected).length)
      expect(new Set(rows.map((row) => plain([row])))).toEqual(new Set(expected.map((row) => plain([row]))))
    } finally {
      sql.close()
    }
  })

  it('refuses what is no Parquet file', async () => {
    await expect(readParquetFooter(ranged(Buffer.from('no such thing at all')))).rejects.toMatchObject({
      code: 'PL_TABLE',
      message: expect.stringContaining('Expected in all.parquet a whole Parquet file'),
    })
    await expect(readParquetFooter(ranged(source.subarray(0, -100)))).rejects.toMatchObject({
      code: 'PL_TABLE',
    })
  })
})
