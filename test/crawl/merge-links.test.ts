import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  imageId,
  LINK_COLUMNS,
  NO_NETWORK,
  uid,
  type LinkRow,
  type Row,
  type StageContext,
  type Text,
  type Verdict,
} from '../../src/core/index.ts'
import { mergeLinks } from '../../src/crawl/merge-links.ts'
import { PAGE_COLUMNS } from '../../src/crawl/links.ts'
import { siteOf } from '../../src/crawl/url.ts'
import { fileStore } from '../../src/store/file.ts'
import { openTableWriter } from '../../src/table/parquet-write.ts'
import { openSql } from '../../src/table/sql.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-merge-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const NO_PAGE = { page_language: null, page_license: null, page_robots: null }

const alt = (text: string, page: string | null = 'http://p.test/'): Text => ({
  kind: 'alt',
  text,
  language: null,
  score: null,
  page,
})

function link(url: string, ...texts: Text[]): LinkRow {
  return {
    uid: uid(url, texts[0]!.text),
    image_id: imageId(url),
    url,
    site: siteOf(url),
    texts,
    caption: 0,
    merged_uids: [],
  }
}

interface Merged {
  kept: (LinkRow & { partition: number })[]
  rejects: (Row & Verdict)[]
}

/** Runs the stage over DuckDB, one Parquet file for each list of rows. */
async function merge(
  files: LinkRow[][],
  options: Record<string, unknown> = {},
  memoryBytes = 2 ** 30,
): Promise<Merged> {
  const store = fileStore(folder).at(`run-${Math.floor(performance.now() * 1000)}`)
  for (const [i, rows] of files.entries()) {
    const writer = openTableWriter({ ...LINK_COLUMNS, ...PAGE_COLUMNS }, await store.writer(`${i}.parquet`))
    await writer.append(rows.map((row) => ({ ...NO_PAGE, ...row })))
    await writer.close()
  }
  const sql = await openSql({ memoryBytes: 128 * 2 ** 20, scratch: join(folder, 'sql') })
  try {
    await sql.view(
      'input',
      files.map((_, i) => store.locate(`${i}.parquet`)),
    )
    const rejects: Merged['rejects'] = []
    const kept: Merged['kept'] = []
    const context = {
      options: mergeLinks.options.parse(options),
      network: NO_NETWORK,
      memoryBytes,
      drop: (row: Row, verdict: Verdict) => rejects.push({ ...row, ...verdict }),
    } as unknown as StageContext<Record<string, unknown>>
    let last = 0
    for await (const { partition, rows } of mergeLinks.run(
      {
        columns: { ...LINK_COLUMNS, ...PAGE_COLUMNS },
        rows: files.flat().length,
        partitions: 1,
        sql: (s) => sql.query(s),
        table: (name, s) => sql.table(name, s),
      },
      context,
    )) {
      expect(partition).toBeGreaterThanOrEqual(last)
      last = partition
      kept.push(...rows.map((row) => ({ ...(row as LinkRow), partition })))
    }
    return { kept, rejects }
  } finally {
    sql.close()
  }
}

describe('crawl/merge-links', () => {
  const a = 'http://i.a.test/1.png'
  const rows = [
    link(a, alt('a cat', 'http://p.test/2')),
    link(a, alt('a cat', 'http://p.test/1')),
    link(a, alt('一只猫', 'http://p.test/1'), alt('a cat', 'http://p.test/1')),
    link(a, alt('chat', null)),
    link('http://i.a.test/2.png', alt('a cat', 'http://p.test/1')),
  ]

  it('keeps the row with the smallest uid and joins the texts, its caption first', async () => {
    const { kept, rejects } = await merge([rows])
    const uids = [...new Set(rows.slice(0, 4).map((row) => row.uid))].sort()
    const keeper = kept.find((row) => row.image_id === imageId(a))!
    expect(kept).toHaveLength(2)
    expect(keeper).toMatchObject({
      uid: uids[0],
      url: a,
      site: 'a.test',
      caption: 0,
      merged_uids: uids.slice(1),
    })

    const captions = {
      [uid(a, 'a cat')]: alt('a cat', 'http://p.test/1'),
      [uid(a, '一只猫')]: rows[2]!.texts[0]!,
      [uid(a, 'chat')]: alt('chat', null),
    }
    const inOrder = [
      alt('chat', null),
      alt('a cat', 'http://p.test/1'),
      alt('一只猫', 'http://p.test/1'),
      alt('a cat', 'http://p.test/2'),
    ]
    const first = captions[keeper.uid]!
    expect(keeper.texts).toEqual([
      first,
      ...inOrder.filter((text) => JSON.stringify(text) !== JSON.stringify(first)),
    ])

    expect(rejects.map(({ status, rule, reason, value }) => ({ status, rule, reason, value }))).toEqual(
      Array(3).fill({ status: 'dropped', rule: 'crawl/merge-links', reason: 'merged', value: uids[0] }),
    )
  })

  it('keeps at most so many images a host, the same whatever the order of its input', async () => {
    const many = ['one.a.test', 'two.a.test', 'b.test'].flatMap((host) =>
      Array.from({ length: 30 }, (_, i) => link(`http://${host}/${i}.png`, alt(`picture ${i}`))),
    )
    const twice = [...many, link('http://b.test/1.png', alt('another text'))]
    const ends = async (input: LinkRow[], maxUrlsPerHost: number, memoryBytes?: number) => {
      const { kept, rejects } = await merge([input], { partitions: 2, maxUrlsPerHost }, memoryBytes)
      const over = rejects.filter(({ reason }) => reason === 'over-host-limit')
      expect(kept.length + over.length).toBe(90)
      return { kept: kept.map(({ url }) => url).sort(), over }
    }
    const ten = await ends(twice, 10)
    const hosts = ten.kept.map((url) => new URL(url).host)
    expect(hosts).toEqual(['b.test', 'one.a.test', 'two.a.test'].flatMap((host) => Array(10).fill(host)))
    expect(ten.over[0]).toMatchObject({
      status: 'dropped',
      rule: 'crawl/merge-links',
      value: '11',
      limit: '<= 10',
    })
    expect((await ends(twice.toReversed(), 10)).kept).toEqual(ten.kept)
    // Also in several passes over the input; and a larger sample holds the smaller one.
    expect((await ends(twice, 10, 10_000)).kept).toEqual(ten.kept)
    expect((await ends(twice, 12)).kept).toEqual(expect.arrayContaining(ten.kept))
    expect((await ends(twice, 30)).over).toEqual([])
  })

  it('leaves a row without others as it is', async () => {
    const { kept } = await merge([rows])
    const { partition: _, ...row } = kept.find(({ url }) => url.endsWith('2.png'))!
    expect(row).toEqual({ ...NO_PAGE, ...rows[4] })
  })

  it('keeps what the keeper’s page says of it, and rejects the others with what theirs say', async () => {
    const saying = rows.slice(0, 4).map((row, i) => ({ ...row, page_language: `l${i}`, page_license: null }))
    const { kept, rejects } = await merge([saying])
    const said = new Map(saying.map((row) => [JSON.stringify(row.texts), row.page_language]))
    for (const row of rejects) expect(row.page_language).toBe(said.get(JSON.stringify(row.texts)))
    const smallest = saying.filter(({ uid: id }) => id === kept[0]!.uid).map((row) => row.page_language)
    expect(smallest).toContain(kept[0]!.page_language)
    expect([kept[0]!.page_language, ...rejects.map((row) => row.page_language)].sort()).toEqual([
      'l0',
      'l1',
      'l2',
      'l3',
    ])
  })

  it('gives the same rows, kept and dropped, whatever the order and files of its input', async () => {
    const expected = await merge([rows])
    expect(await merge([[...rows].reverse()])).toEqual(expected)
    expect(await merge([rows.slice(3), rows.slice(0, 1), [], rows.slice(1, 3)])).toEqual(expected)
  })

  it('keeps the uids of rows that were merged before', async () => {
    const before = { ...rows[0]!, merged_uids: ['0'.repeat(32), uid(a, 'chat')] }
    const { kept } = await merge([[before, rows[3]!]])
    const all = [uid(a, 'a cat'), uid(a, 'chat')].sort()
    expect(kept[0]!.merged_uids).toEqual(['0'.repeat(32), all[1]])
  })

  it('keeps the smallest texts by page where there are more than maxTexts', async () => {
    const many = Array.from({ length: 50 }, (_, i) =>
      link(a, alt(`t${i}`, `http://p.test/${String(i).padStart(2, '0')}`)),
    )
    const { kept, rejects } = await merge([many], { maxTexts: 5 })
    const { texts, merged_uids, uid: keeper } = kept[0]!
    expect(uid(a, texts[0]!.text)).toBe(keeper)
    const others = many.map((row) => row.texts[0]!).filter(({ text }) => text !== texts[0]!.text)
    expect(texts.slice(1)).toEqual(others.slice(0, 4))
    expect(merged_uids).toEqual(
      many
        .map((row) => row.uid)
        .sort()
        .slice(1, 6),
    )
    expect(rejects).toHaveLength(49)
  })

  it('gives a site to one partition, partitions about equal shares, and mixes the hosts in each', async () => {
    const spread = Array.from({ length: 6000 }, (_, i) =>
      link(`http://h${i % 3}.s${i % 600}.test/${i}.png`, alt('x')),
    )
    const { kept } = await merge([spread], { partitions: 7 })
    expect(kept).toHaveLength(6000)
    const partitionOf = new Map(kept.map(({ site, partition }) => [site, partition]))
    expect(kept.every(({ site, partition }) => partitionOf.get(site) === partition)).toBe(true)
    const sizes = Array.from({ length: 7 }, (_, p) => kept.filter(({ partition }) => partition === p).length)
    expect(Math.min(...sizes)).toBeGreaterThan(500)
    const ids = kept.filter(({ partition }) => partition === 3).map((row) => row.image_id)
    expect(ids).toEqual([...ids].sort())
  })

  it.each([2, 3, 7, 40])('gives the same in %d passes', async (passes) => {
    const many = Array.from({ length: 800 }, (_, i) =>
      link(`http://s${i % 50}.test/${i % 500}.png`, alt(`t${i % 3}`)),
    )
    const expected = await merge([many], { partitions: 7 })
    expect(expected.kept.length).toBeLessThan(800)
    expect(await merge([many], { partitions: 7 }, (800 * 1024) / passes)).toEqual(expected)
  })

  it('gives no row for no row', async () => {
    expect(await merge([[]])).toEqual({ kept: [], rejects: [] })
  })
})
