import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NO_NETWORK, openGate, type Columns, type Row, type Verdict } from '../../../src/core/index.ts'
import { hash128, sha256 } from '../../../src/core/hash.ts'
import type { GlobalStage } from '../../../src/core/stage.ts'
import { placeholders } from '../../../src/filter/index.ts'
import { fileStore } from '../../../src/store/file.ts'
import { openTableWriter } from '../../../src/table/parquet-write.ts'
import { openSql } from '../../../src/table/sql.ts'

const COLUMNS: Columns = {
  uid: { type: 'utf8', doc: 'id' },
  url: { type: 'utf8', doc: 'address' },
  site: { type: 'utf8', doc: 'site' },
  sha256: { type: 'utf8', doc: 'hash', nullable: true },
  original_width: { type: 'int32', doc: 'px', nullable: true },
  original_height: { type: 'int32', doc: 'px', nullable: true },
}

let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'pairloom-placeholders-'))))
afterAll(() => rm(folder, { recursive: true }))

let files = 0
async function filtered(
  rows: Row[],
  given: Record<string, unknown> = {},
  partitions = 1,
  memoryBytes = 2 ** 30,
) {
  const stage = placeholders as GlobalStage
  const store = fileStore(folder)
  const name = `${files++}.parquet`
  const writer = openTableWriter(COLUMNS, await store.writer(name))
  await writer.append(rows)
  await writer.close()
  const sql = await openSql({ memoryBytes: 256 * 2 ** 20, scratch: join(folder, 'sql') })
  await sql.view('input', [store.locate(name)])
  const kept: Row[] = []
  const rejects: (Row & Verdict)[] = []
  const order: number[] = []
  const context = {
    options: stage.options.parse(given),
    stage: 'placeholders',
    seed: '0',
    partition: 0,
    signal: new AbortController().signal,
    network: NO_NETWORK,
    gate: openGate(),
    scratch: folder,
    memoryBytes,
    bytes: { append: () => Promise.reject(new Error('no')), read: () => Promise.reject(new Error('no')) },
    drop: (row: Row, verdict: Verdict) => void rejects.push({ ...row, ...verdict }),
    count: () => undefined,
  }
  const input = {
    columns: COLUMNS,
    rows: rows.length,
    partitions,
    sql: (text: string) => sql.query(text),
    table: (name: string, text: string) => sql.table(name, text),
  }
  try {
    for await (const batch of stage.run(input, context as never)) {
      kept.push(...batch.rows)
      order.push(batch.partition)
    }
  } finally {
    sql.close()
  }
  return { kept, rejects, order }
}

function row(
  site: string,
  name: string,
  picture: string | null,
  width: number | null = 300,
  height = 200,
): Row {
  const url = `http://www.${site}/${name}`
  const hash = picture === null ? null : sha256(picture)
  return { uid: hash128(url), url, site, sha256: hash, original_width: width, original_height: height }
}

const at = (sites: number, picture: string) =>
  Array.from({ length: sites }, (_, i) => row(`s${i}.test`, `${picture}.jpg`, picture))

describe('filter/placeholders', () => {
  it('drops the same bytes of more sites than it may have, and no other', async () => {
    const rows = [...at(4, 'logo'), ...at(3, 'news'), row('s0.test', 'own.jpg', 'own')]
    const { kept, rejects } = await filtered(rows, { sites: 3 })
    expect(kept.map((r) => r.url).toSorted()).toEqual(rows.slice(4).map((r) => r.url as string).toSorted()) // prettier-ignore
    expect(rejects).toHaveLength(4)
    for (const { status, rule, reason, value, limit } of rejects)
      expect({ status, rule, reason, value, limit }).toEqual({
        status: 'dropped',
        rule: 'filter/placeholders',
        reason: 'placeholder-shared',
        value: '4 sites, 4 addresses',
        limit: '<= 3, 100',
      })
    expect(Object.keys(kept[0]!)).toEqual(Object.keys(COLUMNS))
  })

  it('drops the same bytes of more addresses than they may have, of one site too', async () => {
    const rows = Array.from({ length: 6 }, (_, i) => row('shop.test', `${i}.jpg`, i < 5 ? 'none' : 'other'))
    const { kept, rejects } = await filtered(rows, { urls: 4 })
    expect(kept.map((r) => r.url)).toEqual(['http://www.shop.test/5.jpg'])
    expect(new Set(rejects.map((r) => r.value))).toEqual(new Set(['1 sites, 5 addresses']))
  })

  it('counts an address once, however many rows have it', async () => {
    const rows = Array.from({ length: 9 }, (_, i) => ({
      ...row('a.test', 'x.jpg', 'x'),
      uid: hash128(`${i}`),
    }))
    expect((await filtered(rows, { urls: 1, sites: 1 })).kept).toHaveLength(9)
  })

  it.each([
    [1, 1, 'placeholder-tiny'],
    [4, 600, 'placeholder-tiny'],
    [600, 4, 'placeholder-tiny'],
    [5, 5, null],
  ])('%i x %i px: %s', async (width, height, reason) => {
    const { rejects } = await filtered([row('a.test', 'x.gif', 'x', width, height)])
    expect(rejects.map((r) => [r.reason, r.value])).toEqual(
      reason ? [[reason, `${width} x ${height} px`]] : [],
    )
    expect((await filtered([row('a.test', 'x.gif', 'x', width, height)], { tinySide: 0 })).rejects).toEqual(
      [],
    )
  })

  it('keeps rows without a hash or a size', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => row(`s${i}.test`, 'x.jpg', null, null))
    expect((await filtered(rows)).kept).toHaveLength(20)
  })

  it('gives the same rows in the same order whatever their order and the memory', async () => {
    const rows = [
      ...at(12, 'logo'),
      ...Array.from({ length: 500 }, (_, i) => row('a.test', `${i}.jpg`, `p${i}`)),
    ]
    const one = await filtered(rows, {}, 4)
    const other = await filtered(rows.toReversed(), {}, 4, 2 ** 20)
    expect(one.kept).toHaveLength(500)
    expect(other).toEqual(one)
    expect(one.order).toEqual(one.order.toSorted((a, b) => a - b))
    expect(new Set(one.order).size).toBe(4)
  })

  it('refuses limits that would drop every picture', () => {
    for (const wrong of [{ sites: 0 }, { urls: 0 }, { tinySide: -1 }, { site: 3 }])
      expect((placeholders as GlobalStage).options.safeParse(wrong).success).toBe(false)
  })
})
