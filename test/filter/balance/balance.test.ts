import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  hash128,
  NO_NETWORK,
  openGate,
  seededRandom,
  type Columns,
  type Row,
  type Verdict,
} from '../../../src/core/index.ts'
import { digestOf, drawOf } from '../../../src/filter/balance/entry-draw.ts'
import { balance } from '../../../src/filter/index.ts'
import { fileStore } from '../../../src/store/file.ts'
import { openTableWriter } from '../../../src/table/parquet-write.ts'
import { openSql } from '../../../src/table/sql.ts'

const COLUMNS: Columns = {
  uid: { type: 'utf8', doc: 'id' },
  entries_list: { type: 'utf8', nullable: true, doc: 'list' },
  entries_matched: { type: 'list<utf8>', nullable: true, doc: 'entries' },
}

interface Balanced {
  kept: Row[]
  rejects: (Row & Verdict)[]
  counters: Record<string, number>
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-balance-'))
})
afterAll(() => rm(folder, { recursive: true }))

let runs = 0
async function balanced(
  parts: Row[][],
  given: Record<string, unknown>,
  { seed = '1', memoryBytes = 2 ** 30 } = {},
): Promise<Balanced> {
  const store = fileStore(folder)
  const run = runs++
  for (const [i, rows] of parts.entries()) {
    const writer = openTableWriter(COLUMNS, await store.writer(`${run}-${i}.parquet`))
    await writer.append(rows)
    await writer.close()
  }
  const sql = await openSql({ memoryBytes: 256 * 2 ** 20, scratch: join(folder, 'sql') })
  await sql.view(
    'input',
    parts.map((_, i) => store.locate(`${run}-${i}.parquet`)),
  )
  const result: Balanced = { kept: [], rejects: [], counters: {} }
  const context = {
    options: balance.options.parse(given),
    stage: 'balance',
    seed,
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
    count: (name: string, by = 1) => void (result.counters[name] = (result.counters[name] ?? 0) + by),
  }
  try {
    const input = {
      columns: COLUMNS,
      rows: parts.flat().length,
      partitions: parts.length,
      sql: (statement: string) => sql.query(statement),
      table: (name: string, statement: string) => sql.table(name, statement),
    }
    for await (const { rows } of balance.run(input, context)) result.kept.push(...rows)
  } finally {
    sql.close()
  }
  return result
}

function row(name: string, entries: string[] | null, list: string | null = 'all'): Row {
  return { uid: hash128(name), entries_list: list, entries_matched: entries }
}

const uids = (rows: readonly Row[]) => rows.map((r) => r.uid as string).sort()

/** n rows of entries of which each is half as common as the one before. */
function skewed(n: number, list = 'all'): Row[] {
  const random = seededRandom('skewed', list)
  const entry = () => `e${Math.floor(-Math.log2(random.next() || 1))}`
  return Array.from({ length: n }, (_, i) =>
    row(`${list} ${i}`, [...new Set(Array.from({ length: 1 + random.below(3) }, entry))], list),
  )
}

describe('filter/balance', () => {
  it('keeps what a calculation by hand keeps', async () => {
    // cat has 4 rows, dog 2, owl 1; at t = 2 a row of cats alone stays where its draw is below 2/4.
    const rows = [
      row('a', ['cat']),
      row('b', ['cat']),
      row('c', ['cat', 'dog']),
      row('d', ['cat', 'owl']),
      row('e', ['dog']),
    ]
    const draw = (uid: unknown, entry: string) =>
      drawOf(digestOf(`1\0${String(uid)}`), digestOf(`all\0${entry}`), 0)
    const { kept, rejects } = await balanced([rows], { t: 2 })
    const luck = [rows[0]!, rows[1]!].map((r) => draw(r.uid, 'cat') < 2 / 4)
    const stay = rows.filter((_, i) => i > 1 || luck[i])
    expect(luck).toContain(false)
    expect(uids(kept)).toEqual(uids(stay))
    expect(rejects).toHaveLength(rows.length - stay.length)
    for (const { reason, value, limit } of rejects)
      expect([reason, value, limit]).toEqual(['head', 'cat 4', 't = 2'])
    const owl = kept.find((r) => r.uid === hash128('d'))!
    expect(owl.balance_t).toBe(Math.min(4 * draw(owl.uid, 'cat'), draw(owl.uid, 'owl')))
  })

  it('names the commonest entries of a dropped row, and how many more it has', async () => {
    const entries = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    const rows = [
      ...Array.from({ length: 40 }, (_, i) => row(`r${i}`, entries)),
      ...Array.from({ length: 5 }, (_, i) => row(`g${i}`, ['g'])),
    ]
    const { rejects } = await balanced([rows], { t: 1 })
    const dropped = rejects.find((r) => (r.entries_matched as string[]).length === 7)
    expect(dropped).toMatchObject({ value: 'g 45, a 40, b 40, c 40, d 40, 2 more' })
  })

  it('keeps all rows where no entry has more than t, and about t of a common one', async () => {
    const rows = Array.from({ length: 2000 }, (_, i) => row(`r${i}`, ['cat']))
    expect((await balanced([rows], { t: 2000 })).kept).toHaveLength(2000)
    const some = (await balanced([rows], { t: 500 })).kept.length
    expect(Math.abs(some - 500)).toBeLessThan(4 * Math.sqrt((500 * 1500) / 2000)) // four standard deviations
  })

  it('gives the same whatever the order, the partitions and the passes', async () => {
    const rows = skewed(1500)
    const first = await balanced([rows], { t: 40 })
    expect(first.rejects.length).toBeGreaterThan(300)
    expect(first.kept.length + first.rejects.length).toBe(rows.length)
    const random = seededRandom('partitions')
    const shuffled = random.shuffle(rows)
    const cut = [0, 100, 100, 900, 1500]
    const parts = cut.slice(1).map((to, i) => shuffled.slice(cut[i], to))
    const second = await balanced(parts, { t: 40, partitions: 3 }, { memoryBytes: 3 * 2 ** 20 })
    expect(second).toEqual(first)
  })

  it('gives other rows for another seed, about as many', async () => {
    const rows = skewed(1500)
    const [one, two] = [await balanced([rows], { t: 40 }), await balanced([rows], { t: 40 }, { seed: '2' })]
    expect(uids(one.kept)).not.toEqual(uids(two.kept))
    expect(Math.abs(one.kept.length - two.kept.length)).toBeLessThan(80)
    expect(one.counters['before.rank.1']).toBe(two.counters['before.rank.1'])
  })

  it('keeps at a larger t all that it keeps at a smaller, as balance_t tells', async () => {
    const rows = skewed(1500)
    const small = await balanced([rows], { t: 20 })
    const large = await balanced([rows], { t: 60 })
    const all = [...small.kept, ...small.rejects]
    expect(uids(all.filter((r) => (r.balance_t as number) < 60))).toEqual(uids(large.kept))
    expect(small.kept.length).toBeLessThan(large.kept.length)
  })

  it('gives every list a t with a tail of the same share as the one that t is for', async () => {
    const rows = [...skewed(1200, 'en'), ...skewed(300, 'de')]
    const { counters, kept } = await balanced([rows], { t: 100, tailOf: 'en' })
    expect(counters['t.en']).toBe(100)
    // A quarter of the rows, each entry as common within them: the t is about a quarter.
    expect(counters['t.de']).toBeGreaterThan(10)
    expect(counters['t.de']).toBeLessThan(50)
    expect(new Set(kept.map((r) => r.balance_limit))).toEqual(new Set([100, counters['t.de']]))
    await expect(balanced([rows], { t: 100, tailOf: 'fr' })).rejects.toMatchObject({ code: 'PL_INPUT' })
  })

  it('counts an entry of two lists for each', async () => {
    const rows = ['en', 'de'].flatMap((list) =>
      Array.from({ length: 30 }, (_, i) => row(`${list}${i}`, ['Hand'], list)),
    )
    expect((await balanced([rows], { t: 30 })).rejects).toEqual([])
  })

  it('drops rows without entries, and takes no rows', async () => {
    const { rejects } = await balanced([[row('a', []), row('b', null, null)]], {})
    expect(rejects.map((r) => r.reason)).toEqual(['no-entry', 'no-entry'])
    expect(await balanced([[]], { tailOf: 'en' })).toEqual({ kept: [], rejects: [], counters: {} })
  })

  it('tells the curves before and after in a few numbers', async () => {
    const rows = [
      ...Array.from({ length: 7 }, (_, i) => row(`c${i}`, ['cat'])),
      row('x', ['owl']),
      row('y', ['dog']),
      row('z', ['dog']),
    ]
    const { counters } = await balanced([rows], { t: 7 })
    const before = {
      'before.rank.1': 7,
      'before.rank.2': 2,
      'before.rank.3': 1,
      'before.tail.1': 1,
      'before.tail.2': 3,
      'before.tail.5': 3,
      'before.tail.7': 10,
    }
    expect(counters).toMatchObject(before)
    expect(counters['after.tail.7']).toBe(10)
  })
})

describe('drawOf', () => {
  it('spreads evenly, and apart for every row and entry', () => {
    const entries = Array.from({ length: 50 }, (_, i) => digestOf(`entry ${i}`))
    const bins = new Float64Array(16)
    const both = [0, 0, 0, 0]
    for (let i = 0; i < 2000; i++) {
      const digest = digestOf(`row ${i}`)
      for (const entry of entries) bins[Math.floor(16 * drawOf(digest, entry, 0))]!++
      const [a, b] = [drawOf(digest, entries[0]!, 0), drawOf(digest, entries[1]!, 0)]
      both[2 * Number(a < 0.5) + Number(b < 0.5)]!++
    }
    const spread = bins.reduce((sum, n) => sum + (n - 6250) ** 2 / 6250, 0)
    expect(spread).toBeLessThan(44.3) // chi squared of 15: 1 in 10,000
    const pairs = both.reduce((sum, n) => sum + (n - 500) ** 2 / 500, 0)
    expect(pairs).toBeLessThan(21.1) // of 3
  })
})
