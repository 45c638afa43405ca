import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NO_NETWORK } from '../../src/core/index.ts'
import { collect } from '../../src/core/collect.ts'
import { recheckConsent } from '../../src/crawl/recheck-consent.ts'
import { planPipeline, runPlan, type PipelineInput, type PlanOptions } from '../../src/index.ts'
import { noise } from '../media/pictures.ts'
import { sendBytes, sendStatus, startServer, type Answer, type TestServer } from '../servers/web.ts'

let folder: string
let server: TestServer | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-recheck-'))
})
afterEach(async () => {
  await server?.close()
  server = undefined
  await rm(folder, { recursive: true, force: true })
})

const text = (body: string) => sendBytes('text/plain', body)
const OLD = '2020-01-01T00:00:00.000Z'

describe('crawl/consent', () => {
  async function recheck(rows: Record<string, unknown>[], options: Record<string, unknown> = {}) {
    server = await startServer({
      'a.test/robots.txt': text('User-agent: *\nDisallow: /no'),
      'a.test/.well-known/tdmrep.json': text('[{"location":"/tdm","tdm-reservation":1}]'),
      'ill.test/robots.txt': sendStatus(503),
    })
    const network = { ...NO_NETWORK, hosts: server.hosts, allow: ['127.0.0.1'] }
    const full = rows.map((row) => ({
      consent: 'allowed',
      consent_rule: null,
      consent_source: null,
      consent_at: OLD,
      ...row,
    }))
    return collect(recheckConsent, full, { retries: 0, ...options }, { network } as never)
  }

  it('drops what is reserved by now, in order, with the evidence', async () => {
    const urls = ['/1', '/no/2', '/3', '/tdm/4'].map((path) => ({ url: `http://a.test${path}` }))
    const { kept, rejects } = await recheck(urls)
    expect(kept.map(({ url, consent }) => [url, consent])).toEqual([
      ['http://a.test/1', 'allowed'],
      ['http://a.test/3', 'allowed'],
    ])
    expect(kept[0]!.consent_at).not.toBe(OLD)
    expect(rejects.map(({ rule, reason, consent, value }) => [rule, reason, consent, value])).toEqual([
      ['crawl/consent', 'robots', 'reserved', 'http://a.test/robots.txt:2 Disallow: /no'],
      [
        'crawl/consent',
        'tdm-reserved',
        'reserved',
        'http://a.test/.well-known/tdmrep.json location /tdm tdm-reservation: 1',
      ],
    ])
  })

  it('asks nothing for a verdict that is young enough', async () => {
    const row = { url: 'http://a.test/no/1', consent_at: new Date().toISOString() }
    expect((await recheck([row])).kept).toHaveLength(1)
    expect([...server!.requests()]).toEqual([])
    expect((await recheck([row], { olderThanHours: 0 })).rejects).toHaveLength(1)
  })

  it('keeps what a picture itself permitted, and rows of an origin that is gone', async () => {
    const said = {
      consent_rule: 'data-mining-prohibited',
      consent_source: 'XMP plus:DataMining: DMI-ALLOWED',
    }
    const rows = [{ url: 'http://a.test/1', ...said }, { url: 'http://ill.test/1' }]
    const { kept, counters } = await recheck(rows)
    expect(kept).toMatchObject([{ ...said, consent: 'allowed' }, { consent_at: OLD }])
    expect(counters).toMatchObject({ unreachable: 1, asked: 2 })
    const strict = await recheck(rows, { consent: 'strict' })
    expect(strict.rejects.map(({ reason }) => reason)).toEqual(['consent-unreadable'])
  })

  it('asks lists again, for URLs and hashes', async () => {
    const path = join(folder, 'block.txt')
    await writeFile(path, `b.test\nsha256:${'ab'.repeat(32)}\npdq:${'cd'.repeat(32)}\n`)
    const rows = [
      { url: 'http://a.test/1' },
      { url: 'http://b.test/1' },
      { url: 'http://a.test/2', sha256: 'ab'.repeat(32) },
      { url: 'http://a.test/3', sha256: '00'.repeat(32), pdq: 'cd'.repeat(32) },
    ]
    const { kept, rejects } = await recheck(rows, { block: [path] })
    expect(kept.map(({ url }) => url)).toEqual(['http://a.test/1'])
    expect(rejects.map(({ reason }) => reason)).toEqual(Array(3).fill('blocklisted'))
  })
})

describe('run --refresh-consent', () => {
  it('starts the stage anew and packs what is left, without fetching', async () => {
    let reserved = '[]'
    const tdmrep: Answer = (request, response) => void text(reserved)(request, response)
    const jpeg = sendBytes('image/jpeg', await noise(20, 20).jpeg().toBuffer())
    server = await startServer({
      'a.test/.well-known/tdmrep.json': tdmrep,
      'a.test/1.jpg': jpeg,
      'a.test/2.jpg': jpeg,
    })
    const path = join(folder, 'list.csv')
    await writeFile(path, 'url,text\nhttp://a.test/1.jpg,one\nhttp://a.test/2.jpg,two\n')
    const pipeline: PipelineInput = {
      name: 'recheck',
      network: { contact: 'mailto:x@a.test', hosts: server.hosts, allow: ['127.0.0.1'] },
      stages: {
        list: { use: 'crawl/list', path },
        links: { use: 'crawl/merge-links', partitions: 1 },
        images: { use: 'crawl/fetch' },
        consent: { use: 'crawl/consent', olderThanHours: 0 },
        pack: { use: 'shard/pack', shardRows: 10 },
        shards: { use: 'shard/webdataset' },
      },
    }
    const run = async (options: PlanOptions = {}) => {
      const plan = await planPipeline(pipeline, {
        run: join(folder, 'run'),
        out: join(folder, 'out'),
        ...options,
      })
      const { stages } = await runPlan(plan, { workers: 1 })
      return Object.fromEntries(stages.map(({ stage, tally }) => [stage, tally]))
    }
    const pictures = () =>
      [...server!.requests()].filter(([url]) => url.endsWith('.jpg')).map(([, times]) => times)

    expect((await run()).shards!.kept).toBe(2)
    reserved = '[{"location":"/2.jpg","tdm-reservation":1}]'
    expect((await run()).shards!.kept).toBe(2)
    const refreshed = await run({ refreshConsent: true })
    expect(refreshed.consent!.reasons).toEqual({ 'dropped.crawl/consent.tdm-reserved': 1 })
    expect([refreshed.images!.kept, refreshed.shards!.kept]).toEqual([2, 1])
    // And without the flag the run goes on with that.
    expect((await run()).shards!.kept).toBe(1)
    expect(pictures()).toEqual([1, 1])
  })

  it('of a pipeline without such a stage is refused', async () => {
    const pipeline: PipelineInput = {
      name: 'none',
      stages: { site: { use: 'crawl/site', start: ['http://a.test/'] } },
    }
    await expect(
      planPipeline(pipeline, { run: join(folder, 'run'), refreshConsent: true }),
    ).rejects.toMatchObject({
      code: 'PL_USAGE',
      message: expect.stringContaining('use: crawl/consent') as string,
    })
  })
})
