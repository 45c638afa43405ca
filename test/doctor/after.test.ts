import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { diagnoseRun } from '../../src/pipeline/doctor/after.ts'
import { readLedger } from '../../src/pipeline/ledger.ts'
import { newestPlan, runStatus } from '../../src/pipeline/status.ts'
import { eventsOf, pipelineBench } from '../pipeline/harness.ts'
import { noise } from '../media/pictures.ts'
import { sendBytes, sendStatus, startServer, type TestServer } from '../servers/web.ts'

const bench = pipelineBench()
let server: TestServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

/** Fetches pictures of a loopback web whose hosts fail, each in its own way. */
async function fetchTroubles(options: object = {}) {
  const jpeg = await noise(40, 40).jpeg().toBuffer()
  const ids = Array.from({ length: 6 }, (_, i) => i)
  server = await startServer({
    ...Object.fromEntries(ids.map((i) => [`good.test/${i}.jpg`, sendBytes('image/jpeg', jpeg)])),
    ...Object.fromEntries(ids.map((i) => [`sick.test/${i}.jpg`, sendStatus(503)])),
    ...Object.fromEntries(ids.slice(3).map((i) => [`login.test/${i}.jpg`, sendStatus(403)])),
    'page.test/0.jpg': '<html>this picture is gone</html>',
    'closed.test/robots.txt': 'User-agent: *\nDisallow: /\n',
    'empty.test/robots.txt': '',
  })
  const urls = [
    ...ids.flatMap((i) => [`http://good.test/${i}.jpg`, `http://sick.test/${i}.jpg`]),
    ...ids.slice(3).map((i) => `http://login.test/${i}.jpg`),
    'http://page.test/0.jpg',
    'http://closed.test/0.jpg',
    ...ids.slice(0, 4).map((i) => `http://empty.test/${i}.jpg`),
  ]
  const list = join(bench.folder, 'urls.txt')
  await writeFile(list, urls.map((url) => `${url}\n`).join(''))
  return bench.run(
    {
      name: 'troubles',
      network: { hosts: server.hosts, allow: ['127.0.0.1'] },
      stages: {
        list: { use: 'crawl/list', path: list },
        links: { use: 'crawl/merge-links', partitions: 1 },
        images: { use: 'crawl/fetch', resize: 'none', retries: 0, backoffMs: 1, perHost: 1, giveUpAfter: 2 },
      },
    },
    { workers: 1, ...options },
  )
}

describe('a fetch, diagnosed', () => {
  it('counts causes, reasons and hosts; a host given up counts by what it was given up for', async () => {
    expect((await fetchTroubles()).error).toBe(null)
    const [fetch, ...more] = await diagnoseRun(bench.runFolder())
    expect(more).toEqual([])
    expect(fetch).toMatchObject({ stage: 'images', rows: 21, kept: 6 })
    expect(fetch!.causes).toEqual([
      {
        cause: 'other',
        rows: 6,
        reasons: [{ reason: 'http-503', rows: 6 }],
        hosts: [{ host: 'sick.test', rows: 6 }],
      },
      {
        cause: 'gone',
        rows: 4,
        reasons: [{ reason: 'http-404', rows: 4 }],
        hosts: [{ host: 'empty.test', rows: 4 }],
      },
      {
        cause: 'blocked',
        rows: 3,
        reasons: [{ reason: 'http-403', rows: 3 }],
        hosts: [{ host: 'login.test', rows: 3 }],
      },
      {
        cause: 'opt-out',
        rows: 1,
        reasons: [{ reason: 'robots', rows: 1 }],
        hosts: [{ host: 'closed.test', rows: 1 }],
      },
      {
        cause: 'not-an-image',
        rows: 1,
        reasons: [{ reason: 'not-an-image', rows: 1 }],
        hosts: [{ host: 'page.test', rows: 1 }],
      },
    ])
    expect(fetch!.findings.map((f) => f.cause)).toEqual(fetch!.causes.map((c) => c.cause))
    expect(fetch!.judgement).toMatch(/less than old lists/)
    const { stages } = await runStatus(bench.runFolder())
    const grouped = fetch!.causes.map(({ cause, rows }) => ({ cause, rows }))
    const byCause = (a: { cause: string }, b: { cause: string }) => (a.cause < b.cause ? -1 : 1)
    expect(stages.at(-1)!.causes!.sort(byCause)).toEqual(grouped.sort(byCause))
    const ledger = new Map<string, number>()
    for (const { cause, rows } of await readLedger(bench.runFolder(), await newestPlan(bench.runFolder())))
      ledger.set(cause, (ledger.get(cause) ?? 0) + rows)
    expect([...ledger].map(([cause, rows]) => ({ cause, rows })).sort(byCause)).toEqual(grouped)
  })

  it('stops a run that fails more than it may, keeps what is committed, and goes on with a higher bound', async () => {
    const ran = await fetchTroubles({ failureBound: { maxFailureRate: 0.5, failureRateAfter: 20 } })
    expect(ran.error?.code).toBe('PL_FAILURE_RATE')
    expect(ran.error?.message).toMatch(
      /^Expected at most 50 % of images to fail .*, got 66\.7 % of 21 rows \(.*http-404 4.*\): pairloom doctor says why/,
    )
    expect(ran.error?.data).toMatchObject({ stage: 'images', rows: 21, failed: 14 })
    expect((await diagnoseRun(bench.runFolder()))[0]).toMatchObject({ rows: 21, kept: 6 })
    expect(eventsOf(ran, 'end')).toEqual([])
  })

  it.each([
    { maxFailureRate: 0.7, failureRateAfter: 1 },
    { maxFailureRate: 0, failureRateAfter: 22 },
  ])('a run within %j is none to stop', async (failureBound) => {
    expect((await fetchTroubles({ failureBound })).error).toBe(null)
  })
})
