import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { planPipeline, type PipelineInput, type PlanOptions } from '../../src/index.ts'
import { checkCost } from '../../src/pipeline/cost/check-cost.ts'
import { estimateCost, type CostEstimate } from '../../src/pipeline/cost/estimate.ts'
import { DEFAULT_PRICES } from '../../src/pipeline/cost/prices.ts'
import { openRunFolder } from '../../src/pipeline/run-folder.ts'
import { pipelineBench } from '../pipeline/harness.ts'

const bench = pipelineBench()

async function estimate(input: PipelineInput, options: PlanOptions = {}): Promise<CostEstimate> {
  const plan = await planPipeline(input, {
    base: join(import.meta.dirname, '../pipeline'),
    run: join(bench.folder, 'a', 'run'),
    out: join(bench.folder, 'a', 'out'),
    ...options,
  })
  return estimateCost(plan, openRunFolder(plan.run), { workers: 2 })
}

const stageOf = (found: CostEstimate, id: string) => found.stages.find((s) => s.stage === id)!

/** A list of 900 pictures, 600 of them at one host, and what makes shards of it. */
async function listPipeline(name = 'urls.txt', fetch: object = {}): Promise<PipelineInput> {
  const urls = Array.from({ length: 900 }, (_, i) =>
    i % 3 < 2 ? `http://big.test/${i}.jpg` : `http://h${i}.test/${i}.jpg`,
  )
  const text = Buffer.from(urls.map((url) => `${url}\n`).join(''))
  const path = join(bench.folder, name)
  await writeFile(path, name.endsWith('.gz') ? gzipSync(text) : text)
  return {
    name: 'list',
    stages: {
      list: { use: 'crawl/list', path },
      links: { use: 'crawl/merge-links', partitions: 4 },
      images: { use: 'crawl/fetch', size: 256, ...fetch },
      pack: { use: 'shard/pack', shardRows: 100 },
      shards: { use: 'shard/webdataset' },
    },
  }
}

describe('the estimate of a list', () => {
  it.each(['urls.txt', 'urls.txt.gz'])(
    'counts %s, and takes the rest for granted, saying so',
    async (name) => {
      const found = await estimate(await listPipeline(name))
      expect(stageOf(found, 'list')).toMatchObject({ rows: 900, kept: 900, basis: { rows: 'source' } })
      // 0.95 stay after merging, 0.7 of those come.
      expect(stageOf(found, 'links')).toMatchObject({ rows: 900, kept: 855, partitions: 4, objects: 12 })
      expect(stageOf(found, 'images')).toMatchObject({
        rows: 855,
        kept: 599,
        requests: 941,
        objects: 16,
        basis: { rows: 'source', perRow: 'assumed' },
      })
      expect(stageOf(found, 'shards')).toMatchObject({ partitions: 6, objects: 24 })
      expect(found.assumed.map((a) => a.name)).toEqual(expect.arrayContaining(['fetchKept', 'pictureBytes']))
      expect(found.total.bytesIn).toBeCloseTo(855 * 0.7 * 150_000, -3)
      for (const key of ['requests', 'bytesIn', 'bytesOut', 'cpuSeconds', 'objects'] as const)
        expect(found.total[key]).toBeCloseTo(found.stages.reduce((sum, s) => sum + s[key], 0))
    },
  )

  it('names the hosts that bound the time: their pictures at the pace that they allow', async () => {
    const found = await estimate(await listPipeline('urls.txt', { perHost: 1 }))
    const [fetch] = found.fetches
    expect(fetch).toMatchObject({ hosts: 301, basis: { hosts: 'source', requestSeconds: 'assumed' } })
    expect(fetch!.top).toHaveLength(20)
    // Two thirds of the 855 that are left, half a second each, one after another.
    expect(fetch!.top[0]).toEqual({ host: 'big.test', rows: 570, seconds: 285 })
    expect(fetch!.top[1]).toMatchObject({ rows: 1, seconds: 0.5 })
    expect(found.wall).toMatchObject({ seconds: 285, boundBy: 'hosts' })
    const machines = found.money.find((m) => m.item === 'machines')!
    expect(machines.amount).toBeCloseTo((2 * 285) / 3600)
    expect(found.cost).toBeCloseTo(found.money.reduce((sum, m) => sum + m.amount * m.price, 0))
  })

  it('knows the rate that a table gives a host', async () => {
    const rates = { 'big.test': { perSecond: 10 }, '*.test': { atOnce: 1 }, 'h2.test': { perSecond: 0.001 } }
    const [fetch] = (await estimate(await listPipeline('urls.txt', { rates }))).fetches
    expect(fetch!.top[0]).toEqual({ host: 'h2.test', rows: 1, seconds: 1000 })
    expect(fetch!.top[1]).toEqual({ host: 'big.test', rows: 570, seconds: 142.5 })
    expect(fetch!.top[2]).toMatchObject({ rows: 1, seconds: 0.5 })
  })

  it('knows what an address and the run may be asked at once, of hosts that the pipeline names', async () => {
    const named = Array.from({ length: 100 }, (_, i) => [`h${3 * i + 2}.test`, '192.0.2.1:80'])
    const network = { perAddress: 1, atOnce: 4, hosts: Object.fromEntries(named) as Record<string, string> }
    const found = await estimate({ ...(await listPipeline('urls.txt', { perHost: 3 })), network })
    const [fetch] = found.fetches
    // One at once to an address, so to a host too: as if perHost were 1.
    expect(fetch!.top[0]).toEqual({ host: 'big.test', rows: 570, seconds: 285 })
    expect(fetch!.addresses).toEqual([{ address: '192.0.2.1', hosts: 100, rows: 100, seconds: 50 }])
    // 855 of half a second, four at once.
    expect(fetch!.requestSeconds).toBeCloseTo(855 / 8)
    expect(found.wall).toMatchObject({ seconds: 285, boundBy: 'hosts', addressSeconds: 50 })
  })

  it('takes the slowest address for the bound where it is', async () => {
    const everyone = Array.from({ length: 900 }, (_, i) => [`h${i}.test`, '192.0.2.1'])
    const hosts = Object.fromEntries([...everyone, ['big.test', '192.0.2.1']]) as Record<string, string>
    const input = await listPipeline('urls.txt', { rates: { 'big.test': { atOnce: 64 } } })
    const found = await estimate({ ...input, network: { perAddress: 2, hosts } })
    expect(found.wall.boundBy).toBe('addresses')
    // 570 of big.test, and 300 hosts with one at least.
    expect(found.wall.seconds).toBeCloseTo((570 + 300) / 4)
  })

  it('knows how many pictures of a host are let through', async () => {
    const input = await listPipeline()
    Object.assign(input.stages.links!, { maxUrlsPerHost: 50 })
    const [fetch] = (await estimate(input)).fetches
    expect(fetch!.top[0]).toMatchObject({ host: 'big.test', rows: 50 })
  })

  it('is the same each time, and writes nothing', async () => {
    const input = await listPipeline()
    expect(await estimate(input)).toEqual(await estimate(input))
    expect(await readdir(bench.folder)).toEqual(['urls.txt'])
  })

  it('samples large files evenly and scales what it saw', async () => {
    const lines = Array.from(
      { length: 40_000 },
      (_, i) => `{"url":"http://h${i % 40}.test/${i}","text":"${'x'.repeat(500)}"}\n`,
    )
    await mkdir(join(bench.folder, 'lists'))
    for (const part of [0, 1]) await writeFile(join(bench.folder, `lists/${part}.jsonl`), lines.join(''))
    const found = await estimate({
      name: 'big',
      stages: {
        list: { use: 'crawl/list', path: join(bench.folder, 'lists') },
        links: { use: 'crawl/merge-links' },
        images: { use: 'crawl/fetch' },
      },
    })
    const list = stageOf(found, 'list')
    expect(list.basis.rows).toBe('sampled')
    expect(Math.abs(list.rows! - 80_000)).toBeLessThan(8000)
    expect(found.fetches[0]).toMatchObject({ hosts: 40, basis: { hosts: 'sampled' } })
  })
})

describe('the estimate of an archive', () => {
  const archive = (source: object): PipelineInput => ({
    name: 'archive',
    stages: { source: source as never, links: { use: 'crawl/merge-links' }, images: { use: 'crawl/fetch' } },
  })

  it('takes files on the web for as large as usual, and asks nobody', async () => {
    const list = join(bench.folder, 'wat.paths')
    await writeFile(list, 'crawl-data/0.wat.gz\ncrawl-data/1.wat.gz\n')
    const found = await estimate(archive({ use: 'crawl/wat', list }))
    // 20 MiB a file, 1500 pictures a MiB.
    expect(stageOf(found, 'source')).toMatchObject({
      rows: 60_000,
      partitions: 2,
      basis: { rows: 'assumed' },
    })
    expect(found.fetches[0]).toMatchObject({ hosts: 0, top: [], basis: { hosts: 'unknown' } })
  })

  it.each([
    ['crawl/cc-index', { crawl: 'CC-MAIN-2024-22', maxPages: 500 }, 5000],
    ['crawl/cc-index', { crawl: 'CC-MAIN-2024-22' }, null],
    ['crawl/warc', { crawl: 'CC-MAIN-2024-22', maxFiles: 2 }, 300_000],
    ['crawl/warc', { crawl: 'CC-MAIN-2024-22' }, null],
  ])('of %s with %j is of %s rows', async (use, options, rows) => {
    const found = await estimate(archive({ use, ...options }))
    expect(stageOf(found, 'source').rows).toBe(rows)
    expect(found.cost === null).toBe(rows === null)
  })
})

const memory = (change: { min?: number; repeat?: number } = {}): PipelineInput => ({
  name: 'memory',
  plugins: ['./fixtures/memory.ts'],
  stages: {
    rows: { use: 'memory/rows', rows: 1000, partitions: 4 },
    clean: { filters: { length: { min: change.min ?? 2 } } },
    store: { use: 'memory/store', repeat: change.repeat ?? 3 },
    order: { use: 'memory/order', rows: 300 },
    lines: { use: 'memory/lines' },
  },
})

describe('the estimate of a run folder', () => {
  it('of a source that nothing is known of says so, and cannot be held to a bound', async () => {
    const found = await estimate(memory())
    expect(found).toMatchObject({ cost: null, unknown: ['rows', 'clean', 'store', 'order', 'lines'] })
    expect(() => checkCost(found, 1e9)).toThrow(/nothing tells the rows of rows: run with --to rows first/)
  })

  it('rests on what the run has measured, of the whole and of a part', async () => {
    expect((await bench.run(memory(), { to: 'clean' })).error).toBe(null)
    const found = await estimate(memory())
    expect(stageOf(found, 'clean')).toMatchObject({ rows: 1000, kept: 900, left: 0, objects: 0, bytesOut: 0 })
    expect(stageOf(found, 'store')).toMatchObject({
      rows: 900,
      left: 900,
      basis: { rows: 'measured', perRow: 'assumed' },
    })
    expect(found.fetches[0]).toMatchObject({ rows: 900, hosts: 7, basis: { hosts: 'measured' } })

    expect((await bench.run(memory())).error).toBe(null)
    const done = await estimate(memory())
    expect(done.stages.map((s) => s.left)).toEqual([0, 0, 0, 0, 0])
    expect(done.total).toMatchObject({ requests: 0, bytesOut: 0, objects: 0 })
    expect(done.total.storedBytes).toBeGreaterThan(10_000)
    expect(done.wall.seconds).toBe(0)
    expect(done.assumed).toEqual([])
  })

  it('uses what other options have measured, and fetches nothing twice', async () => {
    expect((await bench.run(memory())).error).toBe(null)
    const before = await estimate(memory())
    // Another filter above the fetch: its rows are taken over.
    const filtered = await estimate(memory({ min: 3 }))
    expect(stageOf(filtered, 'store')).toMatchObject({ rows: 900, left: 0, basis: { perRow: 'earlier' } })
    expect(stageOf(filtered, 'order')).toMatchObject({ left: 800, basis: { perRow: 'earlier' } })
    expect(stageOf(filtered, 'order').cpuSeconds).toBeGreaterThan(0)
    // Another option of the fetch: all anew.
    const refetched = await estimate(memory({ repeat: 4 }))
    expect(stageOf(refetched, 'store')).toMatchObject({ rows: 900, left: 900, kept: 800 })
    expect(stageOf(refetched, 'store').bytesOut).toBeGreaterThan(before.total.storedBytes / 10)
  })
})

describe('checkCost', () => {
  const of = (cost: number | null) =>
    ({ name: 'p', cost, unknown: ['list'], prices: DEFAULT_PRICES }) as CostEstimate

  it('refuses what costs more, with both figures', () => {
    expect(() => checkCost(of(25), 25)).not.toThrow()
    expect(() => checkCost(of(25.5), 25)).toThrow(
      'Expected p to cost at most 25 USD (--max-cost), got an estimate of 25.50',
    )
  })
})

describe('the estimate of a walk', () => {
  const pipeline = (options: object): PipelineInput => ({
    name: 'site',
    stages: {
      pages: { use: 'crawl/site', start: ['http://a.test/', 'http://b.test/', 'http://c.test/'], ...options },
      links: { use: 'crawl/merge-links' },
    },
  })

  it('counts its requests, bytes and pauses: a site at a time a worker', async () => {
    const found = await estimate(pipeline({ maxPages: 100, delayMs: 1500 }))
    expect(stageOf(found, 'pages')).toMatchObject({ requests: 300, bytesIn: 300 * 18_000 })
    // 100 pages of 1.5 s pause and half a second; three sites on two workers.
    expect(found.wall).toMatchObject({ boundBy: 'walk', walkSeconds: 300 })
    expect(found.wall.seconds).toBeCloseTo(300 + found.wall.cpuSeconds)
    expect(found.money.find((m) => m.item === 'machines')!.amount).toBeGreaterThan((2 * 300) / 3600)
  })

  it('leaves nothing out where more pages are allowed than a site has', async () => {
    const found = await estimate(pipeline({ maxPages: 1_000_000, delayMs: 0 }))
    expect(stageOf(found, 'pages').requests).toBe(600)
    expect(found.assumed.map((a) => a.name)).toEqual(expect.arrayContaining(['pagesPerSite', 'pageBytes']))
  })

  it('names what it does not count: archives on the web', async () => {
    const index = { use: 'crawl/cc-index', crawl: 'CC-MAIN-2025-05', domains: ['a.test'], maxPages: 10 }
    const found = await estimate({ name: 'cc', stages: { pages: index } })
    expect(found.uncounted).toEqual(['pages'])
    expect((await estimate(await listPipeline())).uncounted).toEqual([])
  })

  it('--to leaves out what comes after', async () => {
    const input = await listPipeline()
    const plan = await planPipeline(input, { run: join(bench.folder, 'r'), out: join(bench.folder, 'o') })
    const folder = openRunFolder(plan.run)
    const found = await estimateCost(plan, folder, { workers: 2, to: 'links' })
    expect(found.stages.map((s) => s.stage)).toEqual(['list', 'links'])
    expect(found.fetches).toEqual([])
    expect(found.total.requests).toBe(0)
    expect(() => checkCost(found, 0)).toThrow(/got an estimate of 0\.0*[1-9]/)
  })
})
