import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { PipelineInput } from '../../src/index.ts'
import { quarters } from '../media/pictures.ts'
import { pipelineBench, type Ran } from '../pipeline/harness.ts'
import { sendBytes, startServer } from '../servers/web.ts'
import { indexRow, makeCorpus, spreadOut, writeIndex, type CorpusPage } from './archive-corpus.ts'
import { startArchive } from './archive-server.ts'

const bench = pipelineBench()
const closing: (() => Promise<unknown>)[] = []
afterEach(() => Promise.all(closing.splice(0).map((close) => close())))

const isPage = ({ status, mime }: CorpusPage) => status === 200 && mime === 'text/html'
const counters = (ran: Ran, stage: string) => ran.tally(stage).counters

describe.each([1, 4])('an archive that is asked by %d workers', (workers) => {
  it('sees no more requests at once than it may, and patience from all of them', async () => {
    const far = spreadOut(makeCorpus(12), isPage, 60)
    const server = await startArchive(far.files, {
      together: 4,
      holdMs: 200,
      isBusy: (n) => [50, 51, 57].includes(n),
    })
    closing.push(() => server.close())
    await writeIndex(bench.folder, 'index.parquet', far.pages.map(indexRow))
    const pages = {
      use: 'crawl/cc-index',
      files: join(bench.folder, 'index.parquet'),
      base: 'http://archive.test/',
      requests: 3,
      pagesPerPartition: 5,
    }
    const network = { hosts: server.hosts, allow: ['127.0.0.1'] }
    const ran = await bench.run({ name: 'archive', network, stages: { pages } }, { workers })
    expect(ran.error).toBeNull()
    expect(ran.tally('pages').kept).toBe(2 * far.pages.length)
    expect(server.counts.atOnce).toBeLessThanOrEqual(3)
    expect(server.counts.busy).toBe(3)
    expect(server.counts.requests).toBe(far.pages.length + server.counts.busy)
    expect(counters(ran, 'pages')).toMatchObject({
      records: far.pages.length,
      'archive.paused': server.counts.busy,
      'archive.requests': server.counts.requests,
    })
  })

  it('whole files are read under the same cap', async () => {
    const { files } = makeCorpus(12)
    const several = Object.fromEntries(
      Array.from({ length: 8 }, (_, i) =>
        Object.entries(files).map(([name, bytes]) => [`${i}-${name.split('/').at(-1)}`, bytes]),
      ).flat(),
    ) as Record<string, Buffer>
    const server = await startArchive(several, { together: 3, holdMs: 200, isBusy: (n) => n === 17 })
    closing.push(() => server.close())
    const pages = {
      use: 'crawl/warc',
      files: Object.keys(several).map((name) => `http://archive.test/${name}`),
      requests: 2,
    }
    const network = { hosts: server.hosts, allow: ['127.0.0.1'] }
    const ran = await bench.run({ name: 'whole', network, stages: { pages } }, { workers })
    expect(ran.error).toBeNull()
    expect(server.counts.atOnce).toBeLessThanOrEqual(2)
    expect(server.counts.busy).toBe(1)
    expect(counters(ran, 'pages')).toMatchObject({ 'archive.paused': server.counts.busy })
    expect(counters(ran, 'pages').records).toBeGreaterThan(8 * 200)
  })
})

describe('Ctrl-C while a source looks for its partitions', () => {
  it.each(['crawl/cc-index', 'crawl/warc'])('ends %s, and leaves nothing behind', async (use) => {
    const before = await ownScratch()
    const controller = new AbortController()
    const busy = (n: number) => (n === 1 ? (controller.abort(), true) : true)
    const server = await startArchive(
      { list: Buffer.from('part.parquet') },
      { isBusy: busy, retryAfter: '250' },
    )
    closing.push(() => server.close())
    const place = 'http://archive.test/list'
    const pages = { use, ...(use === 'crawl/warc' ? { list: place } : { files: place }) }
    const network = { hosts: server.hosts, allow: ['127.0.0.1'] }
    const ran = await bench.run(
      { name: 'stopped', network, stages: { pages } },
      { signal: controller.signal },
    )
    expect(ran.error).toMatchObject({ code: 'PL_INTERRUPTED' })
    expect(server.counts.requests).toBe(1)
    expect(await ownScratch()).toEqual(before)
  })

  async function ownScratch(): Promise<string[]> {
    return (await readdir(tmpdir())).filter((name) => name.includes(`-${process.pid}-`))
  }
})

describe('pipelines/common-crawl.yaml', () => {
  it('makes shards of pages of an archive, the same with any number of workers', async () => {
    const corpus = makeCorpus(
      4,
      'crawl-data/CC-MAIN-2024-22',
      (n, host) => `A red fox number ${n} sleeps in the snow near ${host}`,
    )
    const index = 'cc-index/table/cc-main/warc/crawl=CC-MAIN-2024-22/subset=warc/part-00000.parquet'
    await writeIndex(bench.folder, index, corpus.pages.map(indexRow))
    const archive = await startArchive({
      ...corpus.files,
      [index]: await readFile(join(bench.folder, index)),
      'crawl-data/CC-MAIN-2024-22/cc-index-table.paths.gz': gzipSync(`${index}\n`),
    })
    closing.push(() => archive.close())
    const routes: Record<string, ReturnType<typeof sendBytes>> = {}
    for (const [h, host] of ['www.kettir.is', 'hundar.is'].entries()) {
      for (let n = 0; n < 4; n++)
        routes[`${host}/a/${n}.jpg`] = sendBytes(
          'image/jpeg',
          await quarters(300 + n, 240 + h)
            .jpeg()
            .toBuffer(),
        )
    }
    const web = await startServer(routes)
    closing.push(() => web.close())
    const file = parse(await readFile('pipelines/common-crawl.yaml', 'utf8')) as PipelineInput
    const { pages, ...stages } = file.stages
    const network = { ...file.network, hosts: { ...archive.hosts, ...web.hosts }, allow: ['127.0.0.1'] }
    const first = {
      ...pages,
      base: 'http://archive.test/',
      tlds: ['is'],
      languages: ['isl'],
      pagesPerPartition: 2,
    }
    const input = { ...file, network, stages: { pages: first, ...stages } } as PipelineInput

    const ran = await bench.run(input, { workers: 1 }, 'one')
    expect(ran.error).toBeNull()
    // Page 3 of each host is a PDF; the second picture of each page is not there.
    expect(ran.tally('pages')).toMatchObject({ kept: 12 })
    expect(ran.tally('images')).toMatchObject({ kept: 6, failed: 6 })
    expect(ran.tally('shards')).toMatchObject({ rowsIn: 6 })
    const again = await bench.run(input, { workers: 4 }, 'four')
    expect(again.error).toBeNull()
    expect(await bench.published('shards', 'four')).toEqual(await bench.published('shards', 'one'))
  })

  it('what was found is fixed: a run that goes on does not ask the index again', async () => {
    const corpus = makeCorpus(6)
    const server = await startArchive({ ...corpus.files, 'index.parquet': Buffer.alloc(0) })
    closing.push(() => server.close())
    await writeIndex(bench.folder, 'index.parquet', corpus.pages.map(indexRow))
    server.files.set('index.parquet', await readFile(join(bench.folder, 'index.parquet')))
    const stages = {
      pages: {
        use: 'crawl/cc-index',
        files: 'http://archive.test/index.parquet',
        base: 'http://archive.test/',
      },
    }
    const input = { name: 'fixed', network: { hosts: server.hosts, allow: ['127.0.0.1'] }, stages }
    const done = await bench.run(input, { workers: 1 })
    const asked = server.counts.ranges['index.parquet']!.length
    expect(counters(done, 'pages')).toMatchObject({ 'index.files': 1, 'index.rows-read': 48 })
    expect((await bench.run(input, { workers: 1 })).error).toBeNull()
    expect(server.counts.ranges['index.parquet']).toHaveLength(asked)
  })
})
