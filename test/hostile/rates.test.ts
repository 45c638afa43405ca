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
  /** Requests at once at most. */
  most: number
  /** When each request came, ms. */
  times: number[]
}

const SITES = 8
const EACH = 6
const CDN = 'cdn.test'

/**
 * Sites whose pictures lie on them, and lead to one host of pictures that belongs to none of them.
 *
 * Every answer takes a while, so that requests which come too early are there together. together: that host answers
 * nobody before every site was asked, when all tasks are under way.
 */
function openSites(together: boolean) {
  const open = new Map<string, number>()
  const seen = new Map<string, Seen>()
  let release = (): void => {}
  const released = new Promise<number>((resolve) => (release = () => resolve(performance.now())))
  if (!together) release()

  const counted =
    (answer: Answer): Answer =>
    async (request, response) => {
      const host = request.headers.host!
      const ends = ['all', host].map((name) => {
        const running = (open.get(name) ?? 0) + 1
        open.set(name, running)
        const { most, times } = seen.get(name) ?? { most: 0, times: [] }
        seen.set(name, { most: Math.max(most, running), times: [...times, performance.now()] })
        return () => open.set(name, open.get(name)! - 1)
      })
      response.once('close', () => ends.forEach((end) => end()))
      // All sites, the host of pictures, and "all".
      if (seen.size === SITES + 2) release()
      if (host === CDN) await released
      await sleep(20)
      return answer(request, response)
    }
  const routes: Record<string, Answer> = {}
  const urls: string[] = []
  for (let site = 0; site < SITES; site++) {
    for (let i = 0; i < EACH; i++) {
      const [own, moved] = [`site-${site}.test/${i}.jpg`, `site-${site}.test/moved/${i}.jpg`]
      const target = `${CDN}/${site}/${i}.jpg`
      routes[own] = counted(sendBytes('image/jpeg', PICTURE))
      routes[moved] = counted(sendStatus(302, { location: `http://${target}` }))
      routes[target] = counted(sendBytes('image/jpeg', PICTURE))
      urls.push(`http://${own}`, `http://${moved}`)
    }
  }
  return { routes, urls, released, seen: (name: string) => seen.get(name)! }
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

async function seenBy(
  options: Parameters<typeof run>[2],
  { together = false, more = {} }: { together?: boolean; more?: Record<string, Answer> } = {},
) {
  const { routes, urls, released, seen } = openSites(together)
  const server = await startServer({ ...routes, ...more })
  try {
    const summary = await run(server, urls, options)
    const { tally, partitions } = summary.stages.find(({ stage }) => stage === 'images')!
    expect({ kept: tally.kept, partitions }).toEqual({ kept: urls.length, partitions: 4 })
    const sites = Array.from({ length: SITES }, (_, i) => seen(`site-${i}.test`))
    return { sites, cdn: seen(CDN), all: seen('all'), released: await released }
  } finally {
    await server.close()
  }
}

/** Least time from the first of these requests to the last: the server may see the first one late. */
const leastMs = (times: readonly number[], intervalMs: number) => (times.length - 2) * intervalMs
const spanMs = (times: readonly number[]) => times.at(-1)! - times[0]!

describe('four workers', { timeout: 300_000 }, () => {
  it('ask no host for more at once than one may, wherever redirects come from', async () => {
    const { sites, cdn } = await seenBy({ perHost: 2 }, { together: true })
    expect(cdn.times).toHaveLength(SITES * EACH)
    expect(cdn.most).toBeLessThanOrEqual(2)
    expect(Math.max(...sites.map(({ most }) => most))).toBeLessThanOrEqual(2)
  })

  it('ask no address for more at once than it may, whatever hosts are on it', async () => {
    const { all } = await seenBy({ perHost: 4, network: { perAddress: 3 } })
    expect(all.times).toHaveLength(SITES * EACH * 3)
    expect(all.most).toBeLessThanOrEqual(3)
  })

  it('ask no more at once of all hosts than the network section allows', async () => {
    const { all } = await seenBy({ perHost: 4, network: { atOnce: 2 } })
    expect(all.most).toBeLessThanOrEqual(2)
  })

  it('keep to the rate of a host in the table, and to the Crawl-delay in a robots.txt', async () => {
    const [intervalMs, delayMs] = [50, 200]
    const robots = sendBytes('text/plain', `User-agent: *\nCrawl-delay: ${delayMs / 1000}\n`)
    const { sites, cdn, released } = await seenBy(
      { rates: { [CDN]: { atOnce: 4, perSecond: 1000 / intervalMs } } },
      { together: true, more: { 'site-0.test/robots.txt': robots } },
    )
    expect(cdn.most).toBeLessThanOrEqual(4)
    const after = cdn.times.filter((time) => time > released)
    expect(after.length).toBeGreaterThan(SITES * EACH - 8)
    expect(spanMs(after)).toBeGreaterThanOrEqual(leastMs(after, intervalMs))
    expect(sites[0]!.times).toHaveLength(EACH * 2)
    expect(spanMs(sites[0]!.times)).toBeGreaterThanOrEqual(leastMs(sites[0]!.times, delayMs))
  })
})
