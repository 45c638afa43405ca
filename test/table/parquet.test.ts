import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Columns, Row } from '../../src/core/index.ts'
import { fileStore } from '../../src/store/file.ts'
import { readTable, readTableHead } from '../../src/table/parquet-read.ts'
import { openTableWriter } from '../../src/table/parquet-write.ts'

const columns: Columns = {
  uid: { type: 'utf8', doc: 'id' },
  big: { type: 'int64', nullable: true, doc: 'n' },
  small: { type: 'int32', doc: 'n' },
  score: { type: 'float64', nullable: true, doc: 'n' },
  flag: { type: 'bool', nullable: true, doc: 'b' },
  thumb: { type: 'binary', nullable: true, doc: 'bytes' },
  merged_uids: { type: 'list<utf8>', doc: 'ids' },
  texts: { type: 'texts', doc: 'texts' },
}

const ODD = ['', 'ß 漢字 🙂', '\u0000', 'a'.repeat(100_000), 'line\nbreak']

function row(i: number): Row {
  return {
    uid: i.toString(16).padStart(32, '0'),
    big: i % 7 === 0 ? null : i * 2 ** 30,
    small: 7 - i,
    score: i % 3 === 0 ? null : i / 3,
    flag: i % 5 === 0 ? null : i % 2 === 0,
    thumb: i % 6 === 0 ? null : Uint8Array.from({ length: i % 3 }, () => 255 - i),
    merged_uids: Array.from({ length: i % 4 }, (_, k) => `m${k}`),
    texts: Array.from({ length: i % 3 }, (_, k) => ({
      kind: 'alt',
      text: i < 40 ? ODD[(i + k) % ODD.length]! : `text ${i} ${k}`,
      language: k ? 'en' : null,
      score: k ? 0.5 : null,
      page: `http://a.test/${i}`,
    })),
  }
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-table-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function write(name: string, rows: Row[], cut: number, rowGroupRows?: number) {
  const writer = openTableWriter(
    columns,
    await fileStore(folder).writer(name),
    rowGroupRows ? { rowGroupRows } : {},
  )
  for (let i = 0; i < rows.length; i += cut) await writer.append(rows.slice(i, i + cut))
  return writer.close()
}

async function read(name: string): Promise<Row[]> {
  const all: Row[] = []
  for await (const batch of readTable(fileStore(folder), name)) all.push(...batch)
  return all
}

describe('Parquet', () => {
  it.each([0, 1, 4096, 10_000])('gives back %i rows as they were', async (n) => {
    const rows = Array.from({ length: n }, (_, i) => row(i))
    const written = await write(`t${n}`, rows, 777)
    expect(written.rows).toBe(n)
    expect(await read(`t${n}`)).toEqual(rows)
  })

  it('is the same bytes however the rows were cut into appends and flushed to row groups', async () => {
    const rows = Array.from({ length: 9000 }, (_, i) => row(i))
    const a = await write('a', rows, 1, 3000)
    const b = await write('b', rows, 5000, 3000)
    expect(a).toEqual(b)
    expect(await read('b')).toEqual(rows)
  })

  it('writes a lone surrogate as U+FFFD', async () => {
    await write('s', [{ ...row(0), uid: 'x\ud800y' }], 1)
    expect((await read('s'))[0]!.uid).toBe('x\ufffdy')
  })

  it.each([
    ['a missing value', { uid: null }, 'Expected a value in column uid, got none in row 0'],
    ['a fraction where int32 is declared', { small: 1.5 }, 'Expected int32 in column small, got number 1.5'],
    ['a number where utf8 is declared', { uid: 7 }, 'Expected utf8 in column uid, got number 7'],
  ])('refuses %s by name', async (_, change, message) => {
    const sink = await fileStore(folder).writer('refused')
    const writer = openTableWriter(columns, sink)
    await writer.append([{ ...row(1), ...change }])
    await expect(writer.close()).rejects.toThrow(message)
    await writer.abort()
    expect(await fileStore(folder).exists('refused')).toBe(false)
  })

  it('hands on what the sink throws', async () => {
    const full = new Error('disk full')
    const sink = {
      write: () => Promise.reject(full),
      close: () => Promise.reject(full),
      abort: () => Promise.resolve(),
    }
    const writer = openTableWriter(columns, sink)
    await writer.append(Array.from({ length: 100 }, (_, i) => row(i + 50)))
    await expect(writer.close()).rejects.toThrow('disk full')
    await writer.abort()
  })

  it('names a damaged file', async () => {
    await writeFile(join(folder, 'bad'), 'PAR1 no footer PAR1')
    await expect(read('bad')).rejects.toMatchObject({ code: 'PL_TABLE', data: { path: 'bad' } })
  })
})

describe('part of a table', () => {
  it('is read by row groups, and int64 as bigint where that is asked for', async () => {
    await write(
      'groups.parquet',
      Array.from({ length: 250 }, (_, i) => row(i)),
      250,
      100,
    )
    const store = fileStore(folder)
    expect(await readTableHead(store, 'groups.parquet')).toEqual({
      columns: Object.keys(columns),
      groupRows: [100, 100, 50],
    })
    const rows: Row[] = []
    for await (const batch of readTable(store, 'groups.parquet', {
      columns: ['small', 'big'],
      groups: [1, 2],
      bigints: true,
    }))
      rows.push(...batch)
    expect(rows).toHaveLength(100)
    expect(rows[1]).toEqual({ small: 7 - 101, big: BigInt(101 * 2 ** 30) })
  })
})
