import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { planPipeline, runPlan, type PipelineInput, type RunSummary } from '../../src/index.ts'
import { PICTURE } from '../servers/hostile/bytes.ts'
import { sendBytes, sendStatus, startServer, type Answer, type TestServer } from '../servers/web.ts'

/** What the server saw of one host, or of all. */
interface Seen {
  requests: number
  most: number
  /** From the first request to the last, ms. */
  spanMs: number
}

const SITES = 8
const EACH = 6

/**
 * Sites whose pictures lie on them, and lead to one host of pictures that belongs to none of them.
 *
 * Every answer takes a while, so that requests which come too early are there together.
 */
function openSites() {
  const open = new Map<string, number>()
  const seen = new Map<string, Seen & { first: number }>()
  const counted =
    (answer: Answer): Answer =>
    async (request, response) => {
      const now = performance.now()
      const ends = ['all', request.headers.host!].map((name) => {
        const running = (open.get(name) ?? 0) + 1
        open.set(name, running)
        const known = seen.get(name) ?? { requests: 0, most: 0, spanMs: 0, first: now }
        const [requests, most] = [known.requests + 1, Math.max(known.most, running)]
        seen.set(name, { ...known, requests, most, spanMs: now - known.first })
        return () => open.set(name, open.get(name)! - 1)
      })
      response.once('close', () => ends.forEach((end) => end()))
      await sleep(20)
      return answer(request, response)
    }
  const routes: Record<string, Answer> = {}
  const urls: string[] = []
  for (let site = 0; site < SITES; site++) {
    for (let i = 0; i < EACH; i++) {
      const [own, moved] = [`site-${site}.test/${i}.jpg`, `site-${site}.test/moved/${i}.jpg`]
      const target = `cdn.test/${site}/${i}.jpg`
      routes[own] = counted(sendBytes('image/jpeg', PICTURE))
      routes[moved] = counted(sendStatus(302, { location: `http://${target}` }))
      routes[target] = counted(sendBytes('image/jpeg', PICTURE))
      urls.push(`http://${own}`, `http://${moved}`)
    }
  }
  return { routes, urls, seen: (name: string) => seen.get(name)! }
}

async function run(
  { hosts }: TestServer,
  urls: string[],
  { network = {}, ...options }: { network?: object } & Record<string, unknown> = {},
): Promise<RunSummary> {
  const folder = await mkdtemp(join(tmpdir(), 'pairloom-rates-'))
  try {
    const list = urls.map((url) => JSON.stringify({ url, text: `a picture at ${url}` }))
    await writeFile(join(folder, 'list.jsonl'), list.join('\n'))
    const pipeline: PipelineInput = {
      name: 'rates',
      network: { hosts, allow: ['127.0.0.1'], ...network },
      stages: {
        list: { use: 'crawl/list', path: join(folder, 'list.jsonl') },
        links: { use: 'crawl/merge-links', partitions: 4 },
        images: { use: 'crawl/fetch', resize: 'none', ...options },
      },
    }
    const places = { run: join(folder, 'run'), out: join(folder, 'out') }
    return await runPlan(await planPipeline(pipeline, places), { workers: 4 })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function seenBy(options: Parameters<typeof run>[2], more: Record<string, Answer | string> = {}) {
  const { routes, urls, seen } = openSites()
  const server = await startServer({ ...routes, ...more })
  try {
    const summary = await run(server, urls, options)
    const { tally, partitions } = summary.stages.find(({ stage }) => stage === 'images')!
    // Four tasks at a time, and all of them lead to the one host.
    expect({ kept: tally.kept, partitions }).toEqual({ kept: urls.length, partitions: 4 })
    const sites = Array.from({ length: SITES }, (_, i) => seen(`site-${i}.test`))
    return { sites, cdn: seen('cdn.test'), all: seen('all') }
  } finally {
    await server.close()
  }
}

describe('four workers', { timeout: 300_000 }, () => {
  it('ask no host for more at once than one may, wherever redirects come from', async () => {
    const { sites, cdn } = await seenBy({ perHost: 2 })
    expect(cdn.requests).toBe(SITES * EACH)
    expect(cdn.most).toBeLessThanOrEqual(2)
    expect(Math.max(...sites.map(({ most }) => most))).toBeLessThanOrEqual(2)
  })

  it('ask no address for more at once than it may, whatever hosts are on it', async () => {
    const { all } = await seenBy({ perHost: 4, network: { perAddress: 3 } })
    expect(all.requests).toBe(SITES * EACH * 3)
    expect(all.most).toBeLessThanOrEqual(3)
  })

  it('ask no more at once of all hosts than the network section allows', async () => {
    const { all } = await seenBy({ perHost: 4, network: { atOnce: 2 } })
    expect(all.most).toBeLessThanOrEqual(2)
  })

  it('keep to the rate of a host in the table, and to the Crawl-delay in a robots.txt', async () => {
    const [perSecond, delayMs] = [20, 200]
    const robots = sendBytes('text/plain', `User-agent: *\nCrawl-delay: ${delayMs / 1000}\n`)
    const { sites, cdn } = await seenBy(
      { rates: { 'cdn.test': { atOnce: 4, perSecond } } },
      { 'site-0.test/robots.txt': robots },
    )
    // The server may see the first request late, which is what the one that is not counted is for.
    expect(cdn.spanMs).toBeGreaterThanOrEqual(((cdn.requests - 2) * 1000) / perSecond)
    expect(sites[0]!.requests).toBe(EACH * 2)
    expect(sites[0]!.spanMs).toBeGreaterThanOrEqual((sites[0]!.requests - 2) * delayMs)
  })
})
