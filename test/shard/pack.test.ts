import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { NO_NETWORK } from '../../src/core/collect.ts'
import { openGate } from '../../src/core/gate.ts'
import type { Row } from '../../src/core/column.ts'
import { hash128 } from '../../src/core/hash.ts'
import { seededRandom } from '../../src/core/random.ts'
import type { GlobalStage } from '../../src/core/stage.ts'
import { planFile } from '../../src/pipeline/plan.ts'
import { pack } from '../../src/shard/index.ts'
import { fileStore } from '../../src/store/file.ts'
import { openTableWriter } from '../../src/table/parquet-write.ts'
import { openSql } from '../../src/table/sql.ts'
import { COLUMNS, samples } from './harness.ts'

const stage = pack as GlobalStage
const folder = mkdtempSync(join(tmpdir(), 'pairloom-pack-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('shard/pack', () => {
  it('orders by md5 of seed and uid, whatever partitions the rows came in', async () => {
    const { rows } = await samples(300)
    const key = (row: Row, seed: string) =>
      createHash('md5')
        .update(hash128(seed) + String(row.uid))
        .digest('hex')
    for (const seed of ['7', "o'clock\\"]) {
      const wanted = [...rows].sort((a, b) => (key(a, seed) < key(b, seed) ? -1 : 1)).map((r) => r.uid)
      const whole = await packed([rows], {}, seed)
      const cut = await packed(permuted(rows), {}, seed)
      expect(whole.flat().map((r) => r.uid)).toEqual(wanted)
      expect(cut).toEqual(whole)
    }
    expect(uids(await packed([rows], {}, '8'))).not.toEqual(uids(await packed([rows], {}, '7')))
  })

  it('is given the seed of the pipeline: another seed is another data set, and changes nothing before', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map((value) => planFile('pipelines/demo.yaml', { overrides: [{ path: ['seed'], value }] })),
    )
    const changed = one!.stages.filter((s, i) => s.fingerprint !== two!.stages[i]!.fingerprint)
    expect(changed.map((s) => s.id)).toEqual(['pack', 'webdataset', 'parquet'])
  })

  it.each(['exact', 'none'])('stops at a uid that comes twice, shuffle %s', async (shuffle) => {
    const { rows } = await samples(20)
    const twice = [rows, [{ ...rows[7]!, url: 'http://other.test/' }]]
    await expect(packed(twice, { shuffle })).rejects.toMatchObject({
      code: 'PL_UID',
      data: { uid: rows[7]!.uid },
    })
  })

  it('orders by uid without a shuffle, and gives every row on as it came', async () => {
    const { rows } = await samples(40)
    const [only] = await packed(permuted(rows), { shuffle: 'none' })
    const texts = rows.map((r) => ({ ...r, texts: r.texts.map((t) => ({ ...t })) }))
    expect(only).toEqual(texts.sort((a, b) => (a.uid < b.uid ? -1 : 1)))
  })

  it.each([
    { lengths: [10, 10, 10, 10], options: { shardRows: 2 }, shards: [2, 2] },
    { lengths: [10, 10, 10, 10, 10], options: { shardRows: 2 }, shards: [2, 2, 1] },
    { lengths: [10, 10, 10], options: { shardBytes: 20 }, shards: [2, 1] }, // the limit itself fits
    { lengths: [10, 11, 10], options: { shardBytes: 20 }, shards: [1, 1, 1] },
    { lengths: [5, 90, 5, 5], options: { shardBytes: 20 }, shards: [1, 1, 2] }, // one too large: a shard of its own
    { lengths: [90, 90], options: { shardBytes: 20 }, shards: [1, 1] },
    { lengths: [10, 10, 10, 1, 1, 1], options: { shardBytes: 20, shardRows: 3 }, shards: [2, 3, 1] }, // whichever first
    { lengths: [0, 0, 0], options: { shardBytes: 1 }, shards: [3] },
    { lengths: [10, 10, 10], options: { shardRows: null, shardBytes: 1000 }, shards: [3] },
    { lengths: [], options: {}, shards: [] },
  ])('cuts $lengths bytes by $options into shards of $shards rows', async ({ lengths, options, shards }) => {
    const rows = lengths.map((bytes_length, i) => ({ uid: hash128(String(i)), bytes_length }))
    rows.sort((a, b) => (a.uid < b.uid ? -1 : 1)).forEach((row, i) => (row.bytes_length = lengths[i]!))
    const batches = await all(rows, { shuffle: 'none', ...options })
    expect(batches.map((b) => b.length)).toEqual(shards)
  })

  it('cuts across batches as within them', async () => {
    const { rows } = await samples(50)
    const sorted = [...rows].sort((a, b) => (a.uid < b.uid ? -1 : 1))
    for (const batchRows of [1, 3, 50]) {
      const shards = await all(sorted, { shuffle: 'none', shardRows: 7 }, batchRows)
      expect(shards.map((s) => s.length)).toEqual([7, 7, 7, 7, 7, 7, 7, 1])
      expect(shards.flat()).toEqual(sorted)
    }
  })

  it('asks for one limit at least', () => {
    const check = (options: object) => stage.check!(stage.options.parse(options))
    expect(check({ shardRows: null, shardBytes: null })).toHaveLength(1)
    expect(check({ shardRows: null })).toEqual([])
    expect(stage.options.safeParse({ shardRows: 0 }).success).toBe(false)
  })
})

/** Shards that DuckDB and the stage make of Parquet partitions. */
async function packed(partitions: Row[][], options: object, seed = '7'): Promise<Row[][]> {
  const store = fileStore(mkdtempSync(join(folder, 'in-')))
  for (const [i, rows] of partitions.entries()) {
    const table = openTableWriter(COLUMNS, await store.writer(`${i}.parquet`))
    await table.append(rows)
    await table.close()
  }
  const sql = await openSql({ memoryBytes: 2 ** 28, scratch: join(store.root, 'spill') })
  await sql.view(
    'input',
    partitions.map((_, i) => store.locate(`${i}.parquet`)),
  )
  try {
    return await run((statement) => sql.query(statement), options, seed)
  } finally {
    sql.close()
  }
}

/** Shards of rows that come already in order. */
function all(rows: Row[], options: object, batchRows = 2): Promise<Row[][]> {
  return run(
    async function* () {
      for (let i = 0; i < rows.length; i += batchRows)
        yield await Promise.resolve(rows.slice(i, i + batchRows))
    },
    options,
    '7',
  )
}

async function run(
  sql: (statement: string) => AsyncIterable<Row[]>,
  options: object,
  seed: string,
): Promise<Row[][]> {
  const shards: Row[][] = []
  const unused = () => Promise.reject(new Error('not for a global stage'))
  const batches = stage.run(
    { columns: {}, rows: 0, partitions: 0, sql, table: () => Promise.resolve() },
    {
      options: stage.options.parse(options),
      seed,
      stage: 'pack',
      link: 0,
      now: Date.now,
      deadline: null,
      defer: () => undefined,
      partition: 0,
      signal: new AbortController().signal,
      network: NO_NETWORK,
      gate: openGate(),
      scratch: '',
      memoryBytes: 2 ** 28,
      bytes: { append: unused, read: unused },
      isTakenDown: () => false,
      drop: () => undefined,
      count: () => undefined,
    },
  )
  for await (const { partition, rows } of batches) {
    expect([shards.length - 1, shards.length]).toContain(partition)
    ;(shards[partition] ??= []).push(...rows)
  }
  return shards
}

function permuted(rows: Row[]): Row[][] {
  const mixed = seededRandom('permuted').shuffle(rows)
  return [mixed.slice(0, 7), mixed.slice(7, 8), mixed.slice(8)]
}

function uids(shards: Row[][]): unknown[] {
  return shards.flat().map((r) => r.uid)
}
