import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PipelineInput } from '../../src/index.ts'
import { collectGarbage } from '../../src/pipeline/gc.ts'
import { diagnoseRun } from '../../src/pipeline/doctor/after.ts'
import { dueLines, readLedger } from '../../src/pipeline/ledger.ts'
import { retriedBy } from '../../src/pipeline/retry.ts'
import { newestPlan } from '../../src/pipeline/status.ts'
import { quarters } from '../media/pictures.ts'
import { sendBytes, sendStatus, startServer, type Answer, type TestServer } from '../servers/web.ts'
import { eventsOf, pipelineBench } from './harness.ts'

const bench = pipelineBench()
/** As far as the fetch. */
const FETCH = { workers: 1, to: 'images' }
const PATHS = ['ok', 'busy', 'broken', 'gone', 'cut']
const url = (path: string) => `http://a.test/${path}.jpg`

let server: TestServer
/** What the paths answer now. */
let answers: Record<string, Answer>
let picture: Buffer
beforeEach(async () => {
  picture = await quarters(60, 40).jpeg().toBuffer()
  answers = {
    ok: sendBytes('image/jpeg', picture),
    busy: sendStatus(503),
    broken: sendStatus(500),
    gone: sendStatus(404),
    cut: sendBytes('image/jpeg', picture.subarray(0, 300)),
  }
  server = await startServer({
    'a.test/robots.txt': sendBytes('text/plain', 'User-agent: *\nCrawl-delay: 1\n'),
    ...Object.fromEntries(
      PATHS.map((path): [string, Answer] => [`a.test/${path}.jpg`, (q, r) => answers[path]!(q, r)]),
    ),
  })
})
afterEach(() => server.close())

async function pipeline(): Promise<PipelineInput> {
  const list = join(bench.folder, 'list.csv')
  await writeFile(list, ['url,text', ...PATHS.map((path) => `${url(path)},a ${path}`)].join('\n'))
  return {
    name: 'retried',
    network: { hosts: server.hosts, allow: ['127.0.0.1'] },
    stages: {
      list: { use: 'crawl/list', path: list },
      links: { use: 'crawl/merge-links', partitions: 2 },
      images: { use: 'crawl/fetch', retries: 0, resize: 'none', maxCrawlDelayMs: 0 },
      pack: { use: 'shard/pack' },
      lines: { use: 'shard/webdataset' },
    },
  }
}

/** Paths asked for since the last look. */
function asked(): string[] {
  const paths = [...server.requests().keys()].map((address) => /\/([^/]*)$/.exec(address)![1]!)
  server.resetCounts()
  return paths.filter((path) => path.endsWith('.jpg')).map((path) => path.replace('.jpg', ''))
}

describe('run --retry', () => {
  it('requests exactly the rows that ended so, keeps all else, and loses no bytes to gc', async () => {
    const input = await pipeline()
    const first = await bench.run(input, { workers: 1 })
    expect(first.error).toBeNull()
    expect(asked().sort()).toEqual([...PATHS].sort())
    expect(first.tally('lines').kept).toBe(1)

    answers.busy = sendBytes('image/jpeg', await quarters(64, 40).jpeg().toBuffer())
    const second = await bench.run(input, { workers: 1, retry: { words: ['5xx'], before: null } })
    expect(second.error).toBeNull()
    expect(asked().sort()).toEqual(['broken', 'busy'])
    expect(second.tally('images')).toMatchObject({
      rowsIn: 5,
      kept: 2,
      failed: 3,
      counters: { reused: 3, requests: 2 },
      reasons: {
        'failed.crawl/fetch.http-500': 1,
        'failed.crawl/fetch.http-404': 1,
        'failed.crawl/fetch.image-truncated': 1,
      },
    })
    expect(second.tally('lines').kept).toBe(2)

    // The picture that was kept first lies in the first round's tar, which gc therefore leaves.
    await collectGarbage(bench.runFolder(), { keep: 1, dryRun: false })
    expect(await bench.runFolder().datasets('images')).toHaveLength(2)
    const elsewhere = await bench.run(input, { workers: 1, out: join(bench.folder, 'b', 'out') })
    expect(elsewhere.error).toBeNull()
    expect(elsewhere.tally('lines').kept).toBe(2)
    expect(asked()).toEqual([])
    expect(await bench.published('lines', 'b')).toEqual(await bench.published())
  })

  it('is one more round each time, and a plain run goes on with the newest', async () => {
    const input = await pipeline()
    await bench.run(input, FETCH)
    asked()
    for (const words of [['404'], ['truncated'], ['404', 'truncated']]) {
      await bench.run(input, { ...FETCH, retry: { words, before: null } })
      const paths = words.map((word) => (word === '404' ? 'gone' : 'cut'))
      expect(asked().sort()).toEqual(paths.sort())
    }
    const { rounds } = (await bench.runFolder().readRunFile())!
    expect(rounds.map(({ round, words }) => [round, words])).toEqual([
      [1, ['404']],
      [2, ['truncated']],
      [3, ['404', 'truncated']],
    ])
    const again = await bench.run(input, FETCH)
    expect(eventsOf(again, 'task')).toEqual([])
    expect(asked()).toEqual([])
    // Another snapshot starts from nothing, its rounds too.
    await bench.run(input, { ...FETCH, refresh: true })
    expect(asked()).toHaveLength(PATHS.length)
    expect((await bench.runFolder().readRunFile())!.rounds).toEqual([])
  })

  it('goes on with a round that was stopped, and does not try its rows twice', async () => {
    const input = await pipeline()
    await bench.run(input, FETCH)
    asked()
    const stop = new AbortController()
    answers.busy = (q, r) => {
      stop.abort()
      return sendStatus(503)(q, r)
    }
    const stopped = await bench.run(input, {
      ...FETCH,
      signal: stop.signal,
      retry: { words: ['503'], before: null },
    })
    expect(stopped.error).toMatchObject({ code: 'PL_INTERRUPTED' })
    expect(asked()).toEqual(['busy'])
    answers.busy = sendBytes('image/jpeg', picture)
    const resumed = await bench.run(input, FETCH)
    expect(resumed.error).toBeNull()
    expect(asked()).toEqual(['busy'])
    expect(resumed.tally('images').kept).toBe(2)
  })

  it('leaves alone what is younger than --older-than says', async () => {
    const input = await pipeline()
    await bench.run(input, FETCH)
    asked()
    const before = new Date(Date.now() - 3_600_000).toISOString()
    const ran = await bench.run(input, { ...FETCH, retry: { words: ['4xx', '5xx'], before } })
    expect(ran.tally('images').counters).toMatchObject({ reused: 5 })
    expect(asked()).toEqual([])
  })
})

describe('a run with too little time', () => {
  it('asks nothing after its deadline, ends well, and --retry deferred fetches the rest', async () => {
    const input = await pipeline()
    const late = await bench.run(input, { workers: 1, deadlineMs: 0 })
    expect(late.error).toBeNull()
    expect([...server.requests()]).toEqual([])
    expect(late.tally('images')).toMatchObject({
      failed: 5,
      reasons: { 'failed.crawl/fetch.deferred': 5 },
    })
    // Nobody was asked: nothing is blamed.
    const [told] = await diagnoseRun(bench.runFolder())
    expect(told).toMatchObject({ rows: 0, deferred: 5, causes: [], findings: [] })
    expect(told!.judgement).toBe('as none was asked for yet')
    const before = '2001-01-01T00:00:00.000Z'
    const retried = await bench.run(input, { workers: 1, retry: { words: ['deferred'], before } })
    expect(asked().sort()).toEqual([...PATHS].sort())
    expect(retried.tally('lines').kept).toBe(1)
  })

  it('gives the same shards in one partition of its own and in a chain of continuations', async () => {
    for (const [i, path] of PATHS.entries())
      answers[path] = sendBytes(
        'image/jpeg',
        await quarters(60 + i, 40)
          .jpeg()
          .toBuffer(),
      )
    const input = await pipeline()
    const images = { ...input.stages.images, perHost: 1, maxCrawlDelayMs: 200 }
    const timed = (partitionMs: number) => ({
      ...input,
      stages: { ...input.stages, images: { ...images, partitionMs } },
    })
    await bench.run(timed(900_000), { workers: 1 }, 'whole')
    asked()
    const ran = await bench.run(timed(1), { workers: 1 })
    expect(ran.error).toBeNull()
    expect(asked().sort()).toEqual([...PATHS].sort())
    expect(ran.tally('images')).toMatchObject({ rowsIn: 5, kept: 5, failed: 0 })
    expect(
      eventsOf(ran, 'task').filter((e) => e.stage === 'images' && e.deferred > 0).length,
    ).toBeGreaterThan(0)
    expect(await bench.published()).toEqual(await bench.published('lines', 'whole'))
  })
})

describe('the ledger', () => {
  it('counts by reason what a retry would try again, picture or not, in whatever round it ended', async () => {
    const input = await pipeline()
    await bench.run(input, FETCH)
    const folder = bench.runFolder()
    const ledger = async (before: string | null = null) =>
      readLedger(folder, await newestPlan(folder), before)
    const brief = (lines: Awaited<ReturnType<typeof ledger>>) =>
      Object.fromEntries(lines.map(({ reason, rows, old }) => [reason, [rows, old]]))
    expect(brief(await ledger())).toEqual({
      'http-404': [1, 1],
      'http-500': [1, 1],
      'http-503': [1, 1],
      'image-truncated': [1, 1],
    })
    const [line] = await ledger()
    expect(line).toMatchObject({ stage: 'images', status: 'failed' })
    expect(line!.oldest).toBe(line!.newest)
    expect(brief(dueLines(await ledger(), { words: ['5xx'] }))).toEqual({
      'http-500': [1, 1],
      'http-503': [1, 1],
    })
    expect(dueLines(await ledger('2001-01-01T00:00:00.000Z'), { words: ['5xx'] })).toEqual([])

    answers.busy = sendBytes('image/jpeg', picture)
    answers.broken = sendStatus(410)
    await bench.run(input, { ...FETCH, retry: { words: ['5xx'], before: null } })
    expect(brief(await ledger())).toEqual({
      'http-404': [1, 1],
      'http-410': [1, 1],
      'image-truncated': [1, 1],
    })
  })

  it('is empty where there is no run', async () => {
    const input = await pipeline()
    await bench.run(input, { workers: 1, to: 'list' })
    const folder = bench.runFolder()
    expect(await readLedger(folder, await newestPlan(folder))).toEqual([])
  })
})

describe('rounds', () => {
  const round = (n: number, words: string[], before: string | null = null) => ({ round: n, words, before })
  it.each([
    { rounds: [], end: ['http-503', null, 0], tried: false },
    { rounds: [round(1, ['5xx'])], end: ['http-503', null, 0], tried: true },
    { rounds: [round(1, ['5xx'])], end: ['http-503', null, 1], tried: false }, // it was tried in that round
    { rounds: [round(1, ['5xx']), round(2, ['dns'])], end: ['http-503', null, 1], tried: false },
    { rounds: [round(1, ['5xx']), round(2, ['dns'])], end: ['http-503', null, 0], tried: true },
    { rounds: [round(1, ['dns'], '2026-01-02')], end: ['dns-failed', '2026-01-01', 0], tried: true },
    { rounds: [round(1, ['dns'], '2026-01-02')], end: ['dns-failed', '2026-01-02', 0], tried: false },
    { rounds: [round(1, ['deferred'], '2026-01-02')], end: ['deferred', null, 0], tried: true },
  ] as const)('$rounds try again $end: $tried', ({ rounds, end: [reason, at, of], tried }) => {
    expect(retriedBy(rounds as never)({ reason, at, round: of })).toBe(tried)
  })
})
