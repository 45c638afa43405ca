import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  hash128,
  NO_NETWORK,
  openGate,
  seededRandom,
  sha256,
  type Columns,
  type Row,
  type Verdict,
} from '../../../src/core/index.ts'
import { exactDuplicates } from '../../../src/filter/index.ts'
import { fileStore } from '../../../src/store/file.ts'
import { openTableWriter } from '../../../src/table/parquet-write.ts'
import { openSql } from '../../../src/table/sql.ts'

const COLUMNS: Columns = {
  uid: { type: 'utf8', doc: 'id' },
  url: { type: 'utf8', doc: 'address' },
  sha256: { type: 'utf8', doc: 'hash', nullable: true },
  texts: { type: 'texts', doc: 'texts' },
  merged_uids: { type: 'list<utf8>', doc: 'uids' },
  attempts: { type: 'int32', nullable: true, volatile: true, doc: 'requests made' },
}

interface Result {
  kept: Row[]
  rejects: (Row & Verdict)[]
  /** Partition of each kept row. */
  partitions: number[]
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-duplicates-'))
})
afterAll(() => rm(folder, { recursive: true }))

let files = 0
async function deduplicate(
  rows: Row[],
  given: Record<string, unknown> = {},
  inputPartitions = 1,
  memoryBytes = 2 ** 30,
): Promise<Result> {
  const name = `${files++}.parquet`
  const store = fileStore(folder)
  const writer = openTableWriter(COLUMNS, await store.writer(name))
  await writer.append(rows)
  await writer.close()
  const sql = await openSql({ memoryBytes: 256 * 2 ** 20, scratch: join(folder, 'sql') })
  await sql.view('input', [store.locate(name)])

  const result: Result = { kept: [], rejects: [], partitions: [] }
  const context = {
    options: exactDuplicates.options.parse(given),
    stage: 'duplicates',
    seed: '0',
    link: 0,
    now: Date.now,
    deadline: null,
    defer: () => undefined,
    partition: 0,
    signal: new AbortController().signal,
    network: NO_NETWORK,
    gate: openGate(),
    scratch: folder,
    memoryBytes,
    bytes: { append: () => Promise.reject(new Error('no')), read: () => Promise.reject(new Error('no')) },
    isTakenDown: () => false,
    drop: (row: Row, verdict: Verdict) => void result.rejects.push({ ...row, ...verdict }),
    count: () => undefined,
  }
  try {
    const input = {
      columns: COLUMNS,
      rows: rows.length,
      partitions: inputPartitions,
      sql: (statement: string) => sql.query(statement),
      table: (name: string, statement: string) => sql.table(name, statement),
    }
    for await (const batch of exactDuplicates.run(input, context)) {
      result.kept.push(...batch.rows)
      result.partitions.push(...batch.rows.map(() => batch.partition))
    }
  } finally {
    sql.close()
  }
  return result
}

function row(name: string, picture: string | null, more: Partial<Row> = {}): Row {
  const url = `http://example.com/${name}.jpg`
  const texts = [{ kind: 'alt', text: `caption of ${name}`, language: null, score: null, page: null }]
  return {
    uid: hash128(name),
    url,
    sha256: picture && sha256(picture),
    texts,
    merged_uids: ['b', 'a'],
    attempts: null,
    ...more,
  }
}

const smallest = (...names: string[]) => names.toSorted((a, b) => (hash128(a) < hash128(b) ? -1 : 1))

describe('filter/exact-duplicates', () => {
  it('keeps the smallest uid of equal pictures, and tells the others who it is', async () => {
    const { kept, rejects } = await deduplicate([
      row('a', 'cat'),
      row('b', 'cat'),
      row('c', 'dog'),
      row('d', 'cat'),
    ])
    const [keeper, ...others] = smallest('a', 'b', 'd')
    expect(new Set(kept.map((r) => r.uid))).toEqual(new Set([hash128(keeper!), hash128('c')]))
    expect(new Set(rejects.map((r) => r.uid))).toEqual(new Set(others.map((name) => hash128(name))))
    expect(rejects).toHaveLength(2)
    expect(
      rejects.map(({ status, rule, reason, value, limit }) => ({ status, rule, reason, value, limit })),
    ).toEqual(
      others.map(() => ({
        status: 'dropped',
        rule: 'filter/exact-duplicates',
        reason: 'duplicate',
        value: hash128(keeper!),
        limit: 'one row of a sha256',
      })),
    )
  })

  it('lets nothing that varies between two crawls decide which row of a uid stays', async () => {
    const twins = (attempts: [number, number]) =>
      ['one', 'two'].map((text, i) => ({
        ...row('a', 'cat'),
        texts: [{ kind: 'alt', text, language: null, score: null, page: null }],
        attempts: attempts[i]!,
      }))
    for (const attempts of [
      [1, 2],
      [2, 1],
    ] as [number, number][]) {
      const { kept } = await deduplicate(twins(attempts), { by: 'uid' })
      expect(kept.map((r) => (r.texts as { text: string }[])[0]!.text)).toEqual(['one'])
    }
  })

  it('gives rows as they came, with no column of its own', async () => {
    const rows = [row('a', 'cat'), row('b', 'cat')]
    const { kept, rejects } = await deduplicate(rows)
    const [keeper, other] = smallest('a', 'b')
    expect(kept).toEqual(rows.filter((r) => r.uid === hash128(keeper!)))
    expect(rejects).toMatchObject(rows.filter((r) => r.uid === hash128(other!)))
    expect(Object.keys(kept[0]!)).toEqual(Object.keys(COLUMNS))
  })

  it('keeps rows whose picture has no hash', async () => {
    const { kept, rejects } = await deduplicate([row('a', null), row('b', null), row('c', 'cat')])
    expect(kept).toHaveLength(3)
    expect(rejects).toEqual([])
  })

  it.each([
    { by: 'url', kept: 2 },
    { by: 'uid', kept: 3 },
    { by: 'sha256', kept: 1 },
  ])('compares by $by where told to', async ({ by, kept: expected }) => {
    const url = 'http://example.com/same.jpg'
    const rows = [row('a', 'cat', { url }), row('b', 'cat', { url }), row('c', 'cat')]
    const { kept, rejects } = await deduplicate(rows, { by })
    expect([kept.length, rejects.length]).toEqual([expected, 3 - expected])
  })

  it('keeps one of rows with the same uid, the same one in any order', async () => {
    const twins = ['x', 'y', 'z'].map((kind) =>
      row('a', 'cat', { texts: [{ kind, text: '', language: null, score: null, page: null }] }),
    )
    const [x, y, z] = twins
    for (const by of ['sha256', 'uid']) {
      for (const rows of [twins, [z!, x!, y!], [y!, z!, x!]]) {
        const { kept, rejects } = await deduplicate(rows, { by })
        expect(kept).toEqual([x])
        expect(rejects).toHaveLength(2)
      }
    }
    const changed = [row('a', 'cat'), row('a', 'dog')]
    expect((await deduplicate(changed)).kept).toHaveLength(2)
    expect((await deduplicate(changed, { by: 'uid' })).kept).toHaveLength(1)
  })

  it('accounts for every row, whatever their order, in partitions that never fall and are of one size', async () => {
    const random = seededRandom('duplicates')
    const rows = Array.from({ length: 10_000 }, (_, i) => row(`r${i}`, `picture ${random.below(9000)}`))
    const first = await deduplicate(rows, {}, 8)
    const pictures = new Set(rows.map((r) => r.sha256))
    expect(first.kept).toHaveLength(pictures.size)
    expect(first.kept.length + first.rejects.length).toBe(rows.length)
    expect(first.partitions).toEqual(first.partitions.toSorted((a, b) => a - b))
    const sizes = Array.from({ length: 8 }, (_, p) => first.partitions.filter((q) => q === p).length)
    expect(Math.min(...sizes)).toBeGreaterThan(0.8 * (first.kept.length / 8))

    const second = await deduplicate(random.shuffle(rows), {}, 8)
    expect(second).toEqual(first)
    const three = await deduplicate(rows, { partitions: 3 }, 8)
    expect(new Set(three.partitions)).toEqual(new Set([0, 1, 2]))
    expect(three.kept).toEqual(first.kept)
  })

  it.each([2, 3, 40])('gives the same in %d passes over its input', async (passes) => {
    const random = seededRandom('passes')
    const rows = Array.from({ length: 1000 }, (_, i) => row(`r${i}`, `picture ${random.below(500)}`))
    const memoryBytes = (8 * rows.length * 1024) / passes
    expect(await deduplicate(rows, {}, 7, memoryBytes)).toEqual(await deduplicate(rows, {}, 7))
  })

  it('gives nothing for nothing', async () => {
    expect(await deduplicate([])).toEqual({ kept: [], rejects: [], partitions: [] })
  })
})
