import { afterEach, describe, expect, it } from 'vitest'
import { NO_NETWORK } from '../../src/core/index.ts'
import { openOriginConsent } from '../../src/crawl/consent-origin.ts'
import type { ConsentLevel } from '../../src/crawl/consent.ts'
import { ORIGIN_FILE_MS } from '../../src/crawl/origin-cache.ts'
import { robotsRequest } from '../../src/crawl/http-robots.ts'
import { openHttp } from '../../src/crawl/http.ts'
import { openRobots } from '../../src/crawl/robots.ts'
import { sendBytes, sendStatus, startServer, type Answer } from '../servers/web.ts'

const text = (body: string) => sendBytes('text/plain', body)
const reserved = text('[{"location":"/no","tdm-reservation":1}]')

const closing: (() => Promise<unknown>)[] = []
afterEach(() => Promise.all(closing.splice(0).map((close) => close())))

async function open(
  routes: Record<string, Answer | string>,
  level: ConsentLevel = 'standard',
  now?: () => number,
) {
  const server = await startServer({ 'a.test/robots.txt': sendStatus(404), ...routes })
  const network = { ...NO_NETWORK, hosts: server.hosts, allow: ['127.0.0.1'] }
  const http = openHttp(network)
  closing.push(
    () => http.close(),
    () => server.close(),
  )
  const request = robotsRequest(http)
  const robots = openRobots(request, network, now)
  const consent = openOriginConsent(robots, request, network.agent, level, now)
  return { server, verdict: async (path: string) => await consent.verdict(`http://a.test${path}`) }
}

describe('files of an origin', () => {
  it('are asked for once, however many ask at once; none of them means that nothing is reserved', async () => {
    const { verdict, server } = await open({})
    expect(await Promise.all(Array.from({ length: 20 }, () => verdict('/x')))).toEqual(Array(20).fill(null))
    expect([...server.requests()]).toEqual([
      ['http://a.test/robots.txt', 1],
      ['http://a.test/.well-known/tdmrep.json', 1],
      ['http://a.test/ai.txt', 1],
    ])
  })

  it('are not asked for at the level basic', async () => {
    const { verdict, server } = await open({ 'a.test/.well-known/tdmrep.json': reserved }, 'basic')
    expect(await verdict('/no')).toBe(null)
    expect([...server.requests()]).toEqual([])
  })

  it('reserve with their place as evidence', async () => {
    const { verdict } = await open({
      'a.test/robots.txt': text('User-agent: *\nContent-Usage: /usage train-ai=n\n'),
      'a.test/.well-known/tdmrep.json': sendStatus(302, { location: '/tdm' }),
      'a.test/tdm': reserved,
      'a.test/ai.txt': text('User-agent: *\nDisallow: *.jpg\n'),
    })
    expect(await Promise.all(['/no', '/x.jpg', '/usage', '/x.png'].map(verdict))).toEqual([
      {
        reserves: true,
        rule: 'tdm-reserved',
        source: 'http://a.test/.well-known/tdmrep.json location /no tdm-reservation: 1',
      },
      { reserves: true, rule: 'ai-txt', source: 'http://a.test/ai.txt:2 Disallow: *.jpg' },
      {
        reserves: true,
        rule: 'content-usage',
        source: 'http://a.test/robots.txt:2 Content-Usage: train-ai=n',
      },
      null,
    ])
  })

  it.each<[string, Record<string, Answer | string>, RegExp]>([
    ['a 500', { 'a.test/ai.txt': sendStatus(500) }, /ai\.txt: status 500/],
    ['broken JSON', { 'a.test/.well-known/tdmrep.json': text('{') }, /tdmrep\.json: no JSON array/],
    [
      'a redirect loop',
      { 'a.test/ai.txt': sendStatus(301, { location: '/ai.txt' }) },
      /more than 5 redirects/,
    ],
    [
      'a redirect to a file',
      { 'a.test/ai.txt': sendStatus(301, { location: 'file:///x' }) },
      /redirect to file/,
    ],
    [
      'a robots.txt that forbids it',
      { 'a.test/robots.txt': text('User-agent: *\nDisallow: /ai.txt') },
      /ai\.txt: http:\/\/a\.test\/robots\.txt:2/,
    ],
  ])('%s is read as nothing, and as a reservation at the level strict', async (_, routes, source) => {
    expect(await (await open(routes)).verdict('/x')).toBe(null)
    const strict = await (await open(routes, 'strict')).verdict('/x')
    expect(strict).toMatchObject({ reserves: true, rule: 'consent-unreadable' })
    expect(strict!.source).toMatch(source)
  })

  it('a page that stands for a file is no file, at any level', async () => {
    const page = '<!doctype html><title>Not found</title>'
    const { verdict } = await open(
      { 'a.test/ai.txt': page, 'a.test/.well-known/tdmrep.json': ` \n${page}` },
      'strict',
    )
    expect(await verdict('/x')).toBe(null)
  })

  it('groups of AI crawlers count at the level strict only, and their `*` not', async () => {
    const robots = text('User-agent: GPTBot\nDisallow: /art\n\nUser-agent: Otherbot\nDisallow: /\n')
    const routes = { 'a.test/robots.txt': robots }
    expect(await (await open(routes)).verdict('/art/1')).toBe(null)
    const { verdict } = await open(routes, 'strict')
    expect(await verdict('/art/1')).toEqual({
      reserves: true,
      rule: 'ai-crawlers',
      source: 'http://a.test/robots.txt:2 Disallow: /art (GPTBot)',
    })
    expect(await verdict('/other')).toBe(null)
  })

  it('are asked for again after a day', async () => {
    let now = 0
    const { verdict, server } = await open({}, 'standard', () => now)
    await verdict('/x')
    now = 24 * 3600_000
    await verdict('/x')
    expect([...server.requests()].map(([, times]) => times)).toEqual([2, 2, 2])
  })

  it('are heard each for itself when asked for again: one that is lost hides no new word of the other', async () => {
    let now = 0
    let isDay2 = false
    const { verdict } = await open(
      {
        'a.test/.well-known/tdmrep.json': (request, response) =>
          (isDay2 ? sendStatus(500) : reserved)(request, response),
        'a.test/ai.txt': (request, response) =>
          text(isDay2 ? 'User-agent: *\nDisallow: /new\n' : '')(request, response),
      },
      'standard',
      () => now,
    )
    expect(await Promise.all(['/no', '/new'].map(verdict))).toMatchObject([{ rule: 'tdm-reserved' }, null])
    isDay2 = true
    now = ORIGIN_FILE_MS
    expect(await Promise.all(['/no', '/new'].map(verdict))).toMatchObject([
      { rule: 'tdm-reserved' },
      { rule: 'ai-txt' },
    ])
  })
})
