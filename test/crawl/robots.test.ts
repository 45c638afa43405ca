import { afterEach, describe, expect, it } from 'vitest'
import { NO_NETWORK } from '../../src/core/collect.ts'
import { robotsRequest } from '../../src/crawl/http-robots.ts'
import { openHttp } from '../../src/crawl/http.ts'
import { openRobots } from '../../src/crawl/robots.ts'
import { sendBytes, sendStatus, startServer, type Answer, type TestServer } from '../servers/web.ts'

const RULES =
  'Sitemap: http://a.test/s.xml\nSitemap: /relative.xml\nUser-agent: *\nCrawl-delay: 2\nDisallow: /no\n'
const text = (body: string) => sendBytes('text/plain', body)
const moved = (location: string) => sendStatus(301, { location })

const closing: (() => Promise<unknown>)[] = []
afterEach(() => Promise.all(closing.splice(0).map((close) => close())))

async function open(routes: Record<string, Answer | string>, agent = 'pairloom/1.0') {
  const server: TestServer = await startServer(routes)
  const network = {
    ...NO_NETWORK,
    agent,
    hosts: { 'dead.test': '127.0.0.1:1', ...server.hosts },
    allow: ['127.0.0.1'],
  }
  const http = openHttp(network)
  closing.push(
    () => http.close(),
    () => server.close(),
  )
  return { server, robots: openRobots(robotsRequest(http), network) }
}

describe('robots of an origin', () => {
  const allowed = { allowed: true, reason: null, evidence: null }
  const forbidden = { allowed: false, reason: 'robots', evidence: 'http://a.test/robots.txt:5 Disallow: /no' }

  it.each<[string, Record<string, Answer>, object]>([
    ['200', { 'a.test/robots.txt': text(RULES) }, forbidden],
    ['404', { 'a.test/robots.txt': sendStatus(404) }, allowed],
    ['403', { 'a.test/robots.txt': sendStatus(403) }, allowed],
    [
      '200 with an HTML page',
      { 'a.test/robots.txt': sendBytes('text/html', '<html>User-agent: *') },
      allowed,
    ],
    ['a redirect', { 'a.test/robots.txt': moved('/r'), 'a.test/r': text(RULES) }, forbidden],
    [
      'a redirect to another host',
      { 'a.test/robots.txt': moved('http://b.test/r'), 'b.test/r': text(RULES) },
      forbidden,
    ],
    ['a redirect to 404', { 'a.test/robots.txt': moved('/r') }, allowed],
  ])('%s', async (_, routes, verdict) => {
    const { robots } = await open(routes)
    expect(await robots.verdict('http://a.test/no?x#y')).toEqual(verdict)
    expect(await robots.verdict('http://a.test/yes')).toEqual(allowed)
  })

  it.each<[string, Record<string, Answer>, RegExp]>([
    ['500', { 'a.test/robots.txt': sendStatus(500) }, /robots\.txt: status 500$/],
    ['429', { 'a.test/robots.txt': sendStatus(429) }, /status 429$/],
    ['a redirect loop', { 'a.test/robots.txt': moved('/robots.txt') }, /more than 5 redirects$/],
    ['a redirect to a broken host', { 'a.test/robots.txt': moved('http://dead.test/') }, /connect-refused/],
    ['a redirect to another scheme', { 'a.test/robots.txt': moved('ftp://a.test/') }, /bad-url/],
  ])('%s forbids all as unreachable', async (_, routes, evidence) => {
    const { robots } = await open(routes)
    const verdict = await robots.verdict('http://a.test/yes')
    expect(verdict).toMatchObject({ allowed: false, reason: 'robots-unreachable' })
    expect(verdict.evidence).toMatch(evidence)
    expect(await robots.sitemaps('http://a.test')).toEqual([])
  })

  it('follows five redirects', async () => {
    const hops = Object.fromEntries([1, 2, 3, 4].map((n) => [`a.test/${n}`, moved(`/${n + 1}`)]))
    const { robots } = await open({ 'a.test/robots.txt': moved('/1'), ...hops, 'a.test/5': text(RULES) })
    expect(await robots.verdict('http://a.test/no')).toEqual(forbidden)
  })

  it('asks once an origin, however many ask at once', async () => {
    const { robots, server } = await open({ 'a.test/robots.txt': text(RULES), 'b.test/robots.txt': text('') })
    const urls = Array.from({ length: 20 }, (_, i) => `http://${i % 2 ? 'a' : 'b'}.test/no`)
    const verdicts = await Promise.all(urls.map((url) => robots.verdict(url)))
    expect(verdicts.filter((v) => v.allowed)).toHaveLength(10)
    expect([...server.requests()]).toEqual([
      ['http://b.test/robots.txt', 1],
      ['http://a.test/robots.txt', 1],
    ])
  })

  it('gives sitemaps and the delay that is asked', async () => {
    const { robots } = await open({ 'a.test/robots.txt': text(RULES), 'b.test/robots.txt': text('') })
    expect(await robots.sitemaps('http://a.test')).toEqual(['http://a.test/s.xml'])
    expect(await robots.crawlDelayMs('http://a.test')).toBe(2000)
    expect(await robots.crawlDelayMs('http://b.test')).toBe(null)
  })

  it('obeys the group of its own product token', async () => {
    const file = text('User-agent: *\nDisallow: /\n\nUser-agent: MyBot\nAllow: /\n')
    expect(
      await (await open({ 'a.test/robots.txt': file }, 'mybot/2.0')).robots.verdict('http://a.test/'),
    ).toEqual(allowed)
  })

  it('reads the first 500 KiB of a larger file', async () => {
    const file = text(`${RULES}${'# filler\n'.repeat(100_000)}`)
    const { robots } = await open({ 'a.test/robots.txt': file })
    expect(await robots.verdict('http://a.test/no')).toEqual(forbidden)
  })

  it('is asked for again after a day, and its copy goes on where it cannot be had then', async () => {
    const hour = 3600_000
    let now = 0
    const answers = [
      { status: 200, body: 'User-agent: *\nDisallow: /no' },
      { status: 200, body: 'User-agent: *\nDisallow: /' },
      { status: 503, body: '' },
      { status: 404, body: '' },
    ]
    let asked = 0
    const robots = openRobots(
      () => {
        const { status, body } = answers[asked++]!
        return Promise.resolve({ status, location: null, body: Buffer.from(body) })
      },
      { agent: 'pairloom' },
      () => now,
    )
    const seen = async () => [asked, (await robots.verdict('http://a.test/yes')).allowed]
    expect(await seen()).toEqual([0, true])
    now = 24 * hour - 1
    expect(await seen()).toEqual([1, true])
    now = 24 * hour
    expect([await seen(), await seen()]).toEqual([
      [1, false],
      [2, false],
    ])
    now = 49 * hour
    expect([await seen(), asked]).toEqual([[2, false], 3])
    now = 74 * hour
    expect([await seen(), asked]).toEqual([[3, true], 4])
  })

  it('gives a first answer of 503 another chance only a day later', async () => {
    let now = 0
    let status = 503
    const robots = openRobots(
      () => Promise.resolve({ status, location: null, body: Buffer.alloc(0) }),
      { agent: 'p' },
      () => now,
    )
    expect((await robots.verdict('http://a.test/')).reason).toBe('robots-unreachable')
    status = 404
    now = 3600_000
    expect((await robots.verdict('http://a.test/')).reason).toBe('robots-unreachable')
    now = 25 * 3600_000
    expect((await robots.verdict('http://a.test/')).reason).toBe(null)
  })

  it('forgets a request that was aborted: nothing is known then', async () => {
    let asked = 0
    const robots = openRobots(
      () =>
        asked++ === 0
          ? Promise.reject(new DOMException('aborted', 'AbortError'))
          : Promise.resolve({ status: 200, location: null, body: Buffer.from(RULES) }),
      { agent: 'pairloom' },
    )
    await expect(robots.verdict('http://a.test/no')).rejects.toThrow('aborted')
    expect(await robots.verdict('http://a.test/no')).toEqual(forbidden)
  })
})
