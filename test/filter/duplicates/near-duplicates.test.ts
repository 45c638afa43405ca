import { mkdtemp, mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  addCounters,
  hash128,
  NO_NETWORK,
  openGate,
  seededRandom,
  type Columns,
  type Counters,
  type Row,
  type Verdict,
} from '../../../src/core/index.ts'
import { nearDuplicates } from '../../../src/filter/index.ts'
import { fileStore } from '../../../src/store/file.ts'
import { openTableWriter } from '../../../src/table/parquet-write.ts'
import { openSql } from '../../../src/table/sql.ts'

const COLUMNS: Columns = {
  uid: { type: 'utf8', doc: 'id' },
  texts: { type: 'texts', doc: 'texts' },
  caption: { type: 'int32', doc: 'place of the caption' },
  merged_uids: { type: 'list<utf8>', doc: 'uids' },
  phash: { type: 'utf8', nullable: true, doc: 'hash' },
  thumb16: { type: 'binary', nullable: true, doc: 'thumb' },
  original_width: { type: 'int32', doc: 'px' },
  original_height: { type: 'int32', doc: 'px' },
  aesthetic: { type: 'float64', nullable: true, doc: 'a score' },
}

interface Result {
  kept: Row[]
  rejects: (Row & Verdict)[]
  counters: Counters
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-near-'))
})
afterAll(() => rm(folder, { recursive: true }))

let runs = 0
async function write(name: string, rows: Row[]): Promise<string> {
  const store = fileStore(folder)
  const writer = openTableWriter(COLUMNS, await store.writer(name))
  await writer.append(rows)
  await writer.close()
  return store.locate(name)
}

/** parts: the rows, as their partitions have them. */
async function deduplicate(parts: Row[][], given: Record<string, unknown> = {}): Promise<Result> {
  const run = runs++
  const files = await Promise.all(parts.map((rows, i) => write(`${run}-${i}.parquet`, rows)))
  const scratch = join(folder, `scratch-${run}`)
  await mkdir(scratch)
  const sql = await openSql({ memoryBytes: 256 * 2 ** 20, scratch: join(scratch, 'sql') })
  await sql.view('input', files)
  const result: Result = { kept: [], rejects: [], counters: {} }
  const context = {
    options: nearDuplicates.options.parse(given),
    stage: 'near',
    seed: '0',
    link: 0,
    now: Date.now,
    deadline: null,
    defer: () => undefined,
    partition: 0,
    signal: new AbortController().signal,
    network: NO_NETWORK,
    gate: openGate(),
    scratch,
    memoryBytes: 2 ** 30,
    bytes: { append: () => Promise.reject(new Error('no')), read: () => Promise.reject(new Error('no')) },
    isTakenDown: () => false,
    drop: (row: Row, verdict: Verdict) => void result.rejects.push({ ...row, ...verdict }),
    count: (name: string, by = 1) => addCounters(result.counters, { [name]: by }),
  }
  try {
    const input = {
      columns: COLUMNS,
      rows: parts.flat().length,
      partitions: parts.length,
      sql: (statement: string) => sql.query(statement),
      table: (name: string, statement: string) => sql.table(name, statement),
    }
    for await (const batch of nearDuplicates.run(input, context)) result.kept.push(...batch.rows)
  } finally {
    sql.close()
  }
  return result
}

type Colour = readonly [number, number, number]
const RED: Colour = [200, 40, 40]
/** Of the luma of RED, as JPEG has it. */
const GRAY: Colour = [88, 88, 88]
const BLUE: Colour = [60, 70, 257 - 5]

const thumbOf = (colour: Colour, shade = 0) =>
  Uint8Array.from({ length: 768 }, (_, i) => colour[i % 3]! + (Math.floor(i / 3) % 16 < 8 ? shade : 0))

function row(uid: string, hash: string | null, colour: Colour, more: Row = {}): Row {
  const text = { kind: 'alt', text: `caption of ${uid}`, language: null, score: null, page: null }
  return {
    uid,
    texts: [text],
    caption: 0,
    merged_uids: [],
    phash: hash,
    thumb16: thumbOf(colour),
    original_width: 100,
    original_height: 100,
    aesthetic: null,
    ...more,
  }
}

const HASH = '8f0f3c5a96e1d2b4'
const near = (bits: number) =>
  (BigInt(`0x${HASH}`) ^ ((1n << BigInt(bits)) - 1n)).toString(16).padStart(16, '0')
const uids = (rows: Row[]) => rows.map(({ uid }) => uid).sort()
const ends = ({ rejects }: Result): Record<string, string> =>
  Object.fromEntries(
    rejects.map(({ uid, reason, value, limit }) => [
      uid as string,
      `${reason} ${String(value)}, ${String(limit)}`,
    ]),
  )

describe('filter/near-duplicates', () => {
  it('drops what is within the radius of hash and thumb, and says whose and how far', async () => {
    const result = await deduplicate([
      [
        row('keeper', HASH, RED, { original_width: 101 }),
        row('at', near(8), RED, { thumb16: thumbOf(RED, 4) }),
        row('over', near(9), RED),
        row('recoloured', HASH, BLUE),
        row('other', '0123456789abcdef', RED),
      ],
    ])
    expect(ends(result)).toEqual({
      at: 'near-duplicate keeper, 8 <= 8 bits, 2.8 <= 20 levels',
      // One bit from `at`: a chain may be longer than the radius.
      over: 'near-duplicate keeper, 9 <= 8 bits, 0.0 <= 20 levels, by way of others',
    })
    expect(uids(result.kept)).toEqual(['keeper', 'other', 'recoloured'])
  })

  it.each([
    { radius: 4, bits: 4, dropped: 1 },
    { radius: 4, bits: 5, dropped: 0 },
    { radius: 0, bits: 0, dropped: 1 },
    { radius: 0, bits: 1, dropped: 0 },
  ])('at radius $radius takes $bits bits: $dropped dropped', async ({ radius, bits, dropped }) => {
    const { rejects } = await deduplicate([[row('a', HASH, RED), row('b', near(bits), RED)]], { radius })
    expect(rejects).toHaveLength(dropped)
  })

  it.each([
    { colours: 2.83, dropped: 1 },
    { colours: 2.82, dropped: 0 },
  ])('at $colours levels of 2.828: $dropped dropped', async ({ colours, dropped }) => {
    const shaded = row('b', HASH, RED, { thumb16: thumbOf(RED, 4) })
    const { rejects } = await deduplicate([[row('a', HASH, RED), shaded]], { colours })
    expect(rejects).toHaveLength(dropped)
  })

  it('takes a mirror image for the picture where it is asked to', async () => {
    const turned = (BigInt(`0x${HASH}`) ^ 0x5555555555555555n).toString(16)
    const shaded = thumbOf(RED, 60)
    const mirrored = Uint8Array.from(shaded, (_, i) => {
      const [part, channel] = [Math.floor(i / 3), i % 3]
      return shaded[(part - (part % 16) + 15 - (part % 16)) * 3 + channel]!
    })
    const rows = [row('a', HASH, RED, { thumb16: shaded }), row('b', turned, RED, { thumb16: mirrored })]
    expect(ends(await deduplicate([rows]))).toEqual({ b: 'near-duplicate a, 0 <= 8 bits, 0.0 <= 20 levels' })
    expect((await deduplicate([rows], { mirror: false })).rejects).toEqual([])
  })

  it('gives a grey copy to one of two recoloured twins, and joins them not', async () => {
    // Of the luma of RED, and blue.
    const twin: Colour = [40, 88, 212]
    const rows = [row('red', HASH, RED), row('blue', HASH, twin), row('the grey', near(2), GRAY)]
    const result = await deduplicate([rows])
    expect(uids(result.kept)).toEqual(['blue', 'red'])
    expect(Object.keys(ends(result))).toEqual(['the grey'])
  })

  it.each([
    ['the largest picture', { original_width: 101 }, {}],
    ['of pictures of one size the best score', { aesthetic: 5.1 }, { aesthetic: 5 }],
    ['a score before none', { aesthetic: -1 }, { aesthetic: null }],
    ['a score before NaN', { aesthetic: -1 }, { aesthetic: NaN }],
    ['size before score', { original_height: 101, aesthetic: 1 }, { aesthetic: 9 }],
  ])('keeps %s', async (_, winner, loser) => {
    const rows = [row('a', HASH, RED, loser), row('b', HASH, RED, winner)]
    expect(uids((await deduplicate([rows], { score: 'aesthetic' })).kept)).toEqual(['b'])
  })

  it('keeps the smallest uid of equals', async () => {
    const rows = ['c', 'b', 'd'].map((uid) => row(uid, HASH, RED))
    expect(uids((await deduplicate([rows], { score: 'aesthetic' })).kept)).toEqual(['b'])
  })

  it('gives the keeper all texts, each once, its own caption first, and the uids', async () => {
    const said = (text: string) => ({ kind: 'alt', text, language: null, score: null, page: null })
    const rows = [
      row('a', HASH, RED, { texts: [said('z'), said('mine')], caption: 1, merged_uids: ['m'] }),
      row('b', HASH, RED, { texts: [said('mine'), said('é \ud83d\ude00')], merged_uids: ['n'] }),
      row('c', near(1), RED, { texts: [said('x'.repeat(2 ** 20))] }),
    ]
    const [merged] = (await deduplicate([rows])).kept as [Row & { texts: { text: string }[] }]
    expect(merged.texts.map(({ text }) => text.slice(0, 9))).toEqual(['mine', 'xxxxxxxxx', 'z', 'é 😀'])
    expect(merged).toMatchObject({ caption: 0, merged_uids: ['b', 'c', 'm', 'n'] })
    const [alone] = (await deduplicate([rows], { mergeTexts: false })).kept
    expect(alone).toMatchObject({ uid: 'a', caption: 1, merged_uids: ['m'] })
    const [few] = (await deduplicate([rows], { maxTexts: 2 })).kept
    expect(few).toMatchObject({ texts: [{ text: 'mine' }, {}], merged_uids: ['b', 'c'] })
  })

  it('keeps and counts rows without a hash or a thumb, and those that have something else there', async () => {
    const rows = [
      row('a', null, RED),
      row('b', null, RED),
      row('c', HASH, RED, { thumb16: null }),
      row('d', HASH, RED, { thumb16: new Uint8Array(5) }),
      row('e', 'no hash', RED),
      row('f', HASH.toUpperCase(), RED),
      row('g', HASH, RED),
    ]
    const { kept, rejects, counters } = await deduplicate([rows])
    expect(uids(kept)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g'])
    expect([rejects, counters.unmeasured]).toEqual([[], 6])
  })

  it('drops what earlier data sets have, whatever its size, in favour of none here', async () => {
    const old = await write('earlier.parquet', [row('old', near(3), RED), row('a', '0123456789abcdef', BLUE)])
    const rows = [
      row('new', HASH, RED, { original_width: 500 }),
      row('copy', HASH, RED),
      row('a', '0123456789abcdef', BLUE),
      row('else', 'fedcba9876543210', RED),
    ]
    const result = await deduplicate([rows], { against: [old] })
    expect(uids(result.kept)).toEqual(['else'])
    expect(ends(result)).toEqual({
      new: 'earlier-duplicate old, 3 <= 8 bits, 0.0 <= 20 levels',
      copy: 'earlier-duplicate old, 3 <= 8 bits, 0.0 <= 20 levels',
      a: 'earlier-duplicate a, 0 <= 8 bits, 0.0 <= 20 levels',
    })
  })

  it('names hashes of which it compares no more, and still compares the first', async () => {
    const rows = Array.from({ length: 80 }, (_, i) =>
      row(`r${String(i).padStart(2, '0')}`, HASH, [(i * 3) % 255, 255 - i * 3, 0]),
    )
    const { counters } = await deduplicate([rows], { colours: 0 })
    expect(counters).toMatchObject({ hot: 1, [`hot ${HASH}`]: 16 })
  })

  it('gives the same whatever the order of rows and their partitions', async () => {
    const random = seededRandom('partitions')
    const rows = Array.from({ length: 400 }, (_, i) => {
      const colour = random.pick([RED, BLUE, GRAY])
      const hash = random.pick([
        near(random.below(5)),
        (BigInt(i) * 0x9e3779b97f4a7c15n).toString(16).slice(-16),
      ])
      const size = 100 + random.below(3)
      const score = random.pick([null, 1, 2])
      return row(hash128(`row ${i % 380}`), hash.padStart(16, '0'), colour, {
        thumb16: thumbOf(colour, random.below(40)),
        original_width: size,
        aesthetic: score,
      })
    })
    const options = { score: 'aesthetic', partitions: 4, colours: 4 }
    const first = await deduplicate([rows], options)
    expect(first.kept.length + first.rejects.length).toBe(rows.length)
    expect(first.rejects.length).toBeGreaterThan(100)
    expect(first.kept.length).toBeGreaterThan(100)
    for (const parts of [1, 3, 7]) {
      const shuffled = random.shuffle(rows)
      const cut = Array.from({ length: parts }, (_, p) => shuffled.filter((__, i) => i % parts === p))
      expect(await deduplicate(cut, options)).toEqual(first)
    }
  })

  it('gives nothing for nothing', async () => {
    expect(await deduplicate([[]])).toMatchObject({ kept: [], rejects: [] })
  })
})
