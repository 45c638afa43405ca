import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { PipelineInput } from '../../src/index.ts'
import { runStatus } from '../../src/pipeline/status.ts'
import { quarters } from '../media/pictures.ts'
import { sendBytes, sendStatus, startServer, type Answer, type TestServer } from '../servers/web.ts'
import { pipelineBench } from './harness.ts'

const bench = pipelineBench()
/** Each lies in a partition of its own, where there are four. */
const SITES = ['a', 'b', 'c', 'd']
const EACH = 12

let server: TestServer | undefined
afterEach(() => server?.close())

/**
 * Sites whose pictures all lie on one more host, as a CDN's do; and what the server saw. None of them answers before all
 * four are asked for their robots.txt: four workers then fetch at the same time.
 */
async function serveShared() {
  const picture = sendBytes('image/png', await quarters().png().toBuffer())
  const seen = { cdnTimes: [] as number[], atOnce: 0, maxAtOnce: 0 }
  /** It takes a moment, so that requests meet. */
  const counted =
    (answer: Answer): Answer =>
    (request, response) => {
      seen.maxAtOnce = Math.max(seen.maxAtOnce, ++seen.atOnce)
      response.once('close', () => seen.atOnce--)
      if (request.headers.host!.startsWith('cdn')) seen.cdnTimes.push(performance.now())
      setTimeout(() => void answer(request, response), 15)
    }
  const held: (() => void)[] = []
  const together: Answer = (request, response) => {
    held.push(() => void sendStatus(404)(request, response))
    if (held.length >= SITES.length) for (const answer of held.splice(0)) answer()
  }
  const routes: Record<string, Answer> = { 'cdn.test/robots.txt': counted(sendStatus(404)) }
  const urls: string[] = []
  for (const site of SITES) {
    routes[`${site}.test/robots.txt`] = together
    for (let i = 0; i < EACH; i++) {
      routes[`${site}.test/${i}`] = counted(sendStatus(302, { location: `http://cdn.test/${site}${i}` }))
      routes[`cdn.test/${site}${i}`] = counted(picture)
      urls.push(`http://${site}.test/${i}`)
    }
  }
  server = await startServer(routes)
  await mkdir(bench.folder, { recursive: true })
  const list = join(bench.folder, 'list.csv')
  await writeFile(list, ['url,caption', ...urls.map((url) => `${url},${url}`)].join('\n'))
  return { seen, list, hosts: server.hosts, urls }
}

function pipelineOf(
  { list, hosts }: { list: string; hosts: Record<string, string> },
  network: object,
  options: object,
): PipelineInput {
  return {
    name: 'gate',
    network: { hosts, allow: ['127.0.0.0/8'], ...network },
    stages: {
      list: { use: 'crawl/list', path: list },
      links: { use: 'crawl/merge-links', partitions: SITES.length },
      images: { use: 'crawl/fetch', resize: 'none', firstByteMs: 110_000, totalMs: 110_000, ...options },
    },
  }
}

describe('limits over four workers', () => {
  it('are kept at a host that pictures of all partitions redirect to, and at an address', async () => {
    const web = await serveShared()
    const pipeline = pipelineOf(web, { perAddress: 5 }, { perHost: 2 })
    const ran = await bench.run(pipeline, { workers: 4 })
    expect(ran.error).toBeNull()
    expect(ran.tally('images')).toMatchObject({ kept: web.urls.length })
    const stats = server!.stats()
    expect(stats.get('cdn.test')!.requests).toBeGreaterThanOrEqual(web.urls.length)
    for (const [host, { maxConcurrent }] of stats) expect(maxConcurrent, host).toBeLessThanOrEqual(2)
    // The address is that of all five hosts.
    expect(web.seen.maxAtOnce).toBeLessThanOrEqual(5)
    expect(web.seen.maxAtOnce).toBeGreaterThan(2)
  })

  it('are kept where a table gives a host its rate', async () => {
    const web = await serveShared()
    const rates = { 'cdn.test': { atOnce: 4, perSecond: 25 }, '*.test': { atOnce: 1 } }
    const ran = await bench.run(pipelineOf(web, {}, { rates }), { workers: 4 })
    expect(ran.error).toBeNull()
    const times = web.seen.cdnTimes
    // robots.txt of the host is asked by each task, in the same turns.
    expect(times.length).toBeGreaterThan(web.urls.length)
    for (const [i, at] of times.entries()) expect(at - times[0]!).toBeGreaterThanOrEqual((i - 1) * 40)
    const others = [...server!.stats()].filter(([host]) => host !== 'cdn.test')
    for (const [host, { maxConcurrent }] of others) expect(maxConcurrent, host).toBe(1)
    // What slowed the crawl is told by its name, and with the limit that it is.
    const { waits } = await runStatus(bench.runFolder())
    expect(waits!.waits.find(({ name }) => name === 'host cdn.test')).toMatchObject({ most: 4, limitMs: 40 })
  })
})
