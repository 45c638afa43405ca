import { afterEach, expect, it } from 'vitest'
import { collect, NO_NETWORK } from '../../src/core/collect.ts'
import { openGate } from '../../src/core/gate.ts'
import type { StageContext } from '../../src/core/stage.ts'
import { fetchImages } from '../../src/crawl/fetch-images.ts'
import { imageId } from '../../src/core/row.ts'
import { quarters } from '../media/pictures.ts'
import { sendBytes, sendStatus, startServer, type Answer, type TestServer } from '../servers/web.ts'

let server: TestServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

const picture = await quarters(60, 40).jpeg().toBuffer()
const image = sendBytes('image/jpeg', picture)
const SLOW = 'User-agent: *\nCrawl-delay: 1\n'

const urls = (host: string, n: number) => Array.from({ length: n }, (_, i) => `http://${host}/${i}.jpg`)

async function fetchAll(
  addresses: string[],
  options: Record<string, unknown>,
  context: Partial<StageContext> = {},
  answers: Record<string, Answer | string> = {},
) {
  server = await startServer({
    ...Object.fromEntries(addresses.map((url) => [url.slice('http://'.length), image])),
    ...answers,
  })
  const network = { ...NO_NETWORK, hosts: server.hosts, allow: ['127.0.0.1'] }
  const bytes = {
    append: () => Promise.resolve({ bytes_dataset: 'test', bytes_part: 0, bytes_offset: 0, bytes_length: 1 }),
    read: () => Promise.reject(new Error('not asked')),
  }
  const rows = addresses.map((url) => ({ image_id: imageId(url), url, site: new URL(url).hostname }))
  return collect(
    fetchImages,
    rows,
    { resize: 'none', retries: 0, ...options },
    { network, bytes, ...context },
  )
}

/** Pictures that the server was asked for. */
const asked = () => [...server!.requests().keys()].filter((url) => url.endsWith('.jpg'))

it('leaves the tail of a slow host when the time of the partition is over, all of the quick ones done', async () => {
  const quick = ['a', 'b', 'c', 'd'].flatMap((name) => urls(`${name}.test`, 5))
  const slow = urls('slow.test', 30)
  const { kept, rejects, deferred } = await fetchAll(
    [...slow, ...quick],
    { partitionMs: 1, perHost: 2, concurrency: 4 },
    {},
    { 'slow.test/robots.txt': SLOW },
  )
  expect(rejects).toEqual([])
  const left = deferred.map(({ url }) => url as string)
  expect(left.length).toBeGreaterThan(20)
  expect(left.filter((url) => !url.includes('slow'))).toEqual([])
  expect(kept.length + left.length).toBe(50)
  // What was left was not asked for, and goes as it came in.
  expect(asked().filter((url) => left.includes(url))).toEqual([])
  expect(Object.keys(deferred[0]!)).toEqual(['image_id', 'url', 'site'])
})

it('leaves nothing while its hosts can keep all requests busy, nor before a row is done', async () => {
  const hosts = ['a', 'b', 'c', 'd', 'e'].flatMap((name) => urls(`${name}.test`, 2))
  const busy = await fetchAll(hosts, { partitionMs: 1, perHost: 4, concurrency: 4 })
  // One host alone keeps 4 of 4 busy.
  expect([busy.kept.length, busy.deferred.length]).toEqual([10, 0])
})

it('does not hold a partition for a host that takes up the whole window', async () => {
  const slow = urls('slow.test', 20)
  const quick = urls('a.test', 10)
  const { kept, deferred } = await fetchAll(
    [...slow, ...quick],
    { partitionMs: 1, perHost: 2, concurrency: 64, window: 5 },
    {},
    { 'slow.test/robots.txt': SLOW },
  )
  expect(kept.length + deferred.length).toBe(30)
  expect(deferred.length).toBeGreaterThan(10)
})

it('wakes rows that wait for their next try, and does not take them for failed', async () => {
  const { kept, rejects, deferred } = await fetchAll(
    ['http://a.test/ok.jpg', 'http://b.test/busy.jpg'],
    { partitionMs: 1, retries: 2, backoffMs: 3_600_000, maxWaitMs: 3_600_000 },
    {},
    { 'b.test/busy.jpg': sendStatus(503) },
  )
  expect([kept.length, rejects.length, deferred.length]).toEqual([1, 0, 1])
})

it.each([
  { what: 'its robots.txt', from: '0.jpg', takenAt: null },
  { what: 'its picture', from: '0.jpg', takenAt: 'b.test/ai.txt' },
  { what: 'a robots.txt that moved there', from: 'robots.txt', takenAt: null },
])('leaves a tail that waits for $what at a host where others are', async ({ from, takenAt }) => {
  const gate = openGate()
  // Another partition of the run, for as long as the test takes.
  const take = async () => {
    const key = { name: 'host b.test', atOnce: 2 }
    for (let i = 0; i < 2; i++) await gate.enter([key], new AbortController().signal)
  }
  const taking: Answer = async (q, r) => {
    await sendStatus(404)(q, r)
    await take()
  }
  if (takenAt === null) await take()
  const { kept, rejects, deferred } = await fetchAll(
    ['http://a.test/0.jpg', 'http://c.test/ok.jpg'],
    { partitionMs: 1 },
    { gate },
    {
      [`a.test/${from}`]: sendStatus(302, { location: `http://b.test/${from}` }),
      'b.test/0.jpg': image,
      ...(takenAt !== null && { [takenAt]: taking }),
    },
  )
  expect(kept.map(({ url }) => url)).toEqual(['http://c.test/ok.jpg'])
  expect(rejects).toEqual([])
  expect(deferred.map(({ url }) => url)).toEqual(['http://a.test/0.jpg'])
  expect(asked().filter((url) => url.includes('b.test'))).toEqual([])
})

it('starts no request after the deadline of the run, robots.txt neither', async () => {
  const { rejects, tally } = await fetchAll(urls('a.test', 3), {}, { deadline: 1000, now: () => 1000 })
  expect([...server!.requests()]).toEqual([])
  expect(tally.reasons).toEqual({ 'failed.crawl/fetch.deferred': 3 })
  expect(rejects[0]).toMatchObject({
    fetched_at: null,
    value: "the run's deadline, 1970-01-01T00:00:01.000Z",
  })
})

it('finishes what is under way at the deadline, and fails the rest as deferred', async () => {
  let clock = 0
  const { kept, tally } = await fetchAll(
    urls('a.test', 10),
    { perHost: 1 },
    { deadline: 1000, now: () => clock },
    {
      'a.test/0.jpg': (q, r) => {
        clock = 1000
        return image(q, r)
      },
    },
  )
  expect(kept.map(({ url }) => url)).toEqual(['http://a.test/0.jpg'])
  expect(tally.reasons).toEqual({ 'failed.crawl/fetch.deferred': 9 })
  expect(asked()).toEqual(['http://a.test/0.jpg'])
})
