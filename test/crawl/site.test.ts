import { afterEach, describe, expect, it } from 'vitest'
import {
  NO_NETWORK,
  NO_START,
  openGate,
  type Counters,
  type LinkRow,
  type SourcePart,
  type StageContext,
} from '../../src/core/index.ts'
import { site } from '../../src/crawl/site.ts'
import { sendBytes, sendStatus, startServer, startWeb, type Answer, type TestServer } from '../servers/web.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(() => Promise.all(closing.splice(0).map((close) => close())))

type Served = Pick<TestServer, 'hosts' | 'requests' | 'stats' | 'resetCounts'>

interface Walked {
  rows: LinkRow[]
  counters: Counters
  /** `caption @ page path`, in order. */
  found: string[]
  /** Addresses asked for, in order of first asking, without `http://`. */
  asked: string[]
  server: Served
}

async function walk(
  routes: Record<string, Answer | string>,
  options: Record<string, unknown> = {},
): Promise<Walked> {
  const server = await startServer(routes)
  closing.push(() => server.close())
  return { ...(await walkAt(server, options)), server }
}

async function walkAt(server: Served, options: Record<string, unknown>): Promise<Walked> {
  const parsed = site.options.parse({
    start: ['http://a.test/'],
    sitemap: 'never',
    delayMs: 0,
    backoffMs: 1,
    ...options,
  })
  const counters: Counters = {}
  const rows: LinkRow[] = []
  const context = {
    options: parsed,
    signal: new AbortController().signal,
    stage: 'site',
    partition: 0,
    gate: openGate(),
    network: { ...NO_NETWORK, hosts: { 'dead.test': '127.0.0.1:1', ...server.hosts }, allow: ['127.0.0.1'] },
    count: (name: string, by = 1) => (counters[name] = (counters[name] ?? 0) + by),
  } as unknown as StageContext<Record<string, unknown>>
  server.resetCounts()
  for (const part of await site.partitions(parsed, NO_START)) {
    for await (const batch of site.read(part, context)) rows.push(...(batch as LinkRow[]))
  }
  const found = rows.map(({ texts }) => `${texts[0]!.text} @ ${new URL(texts[0]!.page!).pathname}`)
  const asked = [...server.requests().keys()].map((url) => url.replace('http://', ''))
  return { rows, counters, found, asked, server }
}

const links = (...hrefs: string[]) => hrefs.map((href) => `<a href="${href}">${href}</a>`).join('')
const img = (alt: string) => `<img src="/${alt}.png" alt="${alt}">`
const moved = (location: string) => sendStatus(302, { location })
const xml = (text: string) => sendBytes('application/xml', text)
const urlset = (...urls: string[]) =>
  xml(`<urlset>${urls.map((u) => `<url><loc>${u}</loc></url>`).join('')}</urlset>`)

describe('crawl/site: the walk', () => {
  it('goes breadth first in the order of the links, each page once, cycles and all', async () => {
    const { found, counters, rows } = await walk({
      'a.test/': img('root') + links('/1', '2', '/1#again', '/'),
      'a.test/1': img('one') + links('/3', '/'),
      'a.test/2': img('two') + links('/4', '/1'),
      'a.test/3': img('three') + links('/3', '/2'),
      'a.test/4': img('four'),
    })
    expect(found).toEqual(['root @ /', 'one @ /1', 'two @ /2', 'three @ /3', 'four @ /4'])
    expect(counters).toMatchObject({ 'pages.ok': 5 })
    expect(rows[0]).toEqual({
      uid: 'a622be09f6982270666618cbf467d67a',
      image_id: '443ebc7c5d2c910ed94002af287b5fbb',
      url: 'http://a.test/root.png',
      site: 'a.test',
      texts: [{ kind: 'alt', text: 'root', language: null, score: null, page: 'http://a.test/' }],
      caption: 0,
      merged_uids: [],
    })
  })

  it('stays in the origin, or in the registrable domain', async () => {
    const routes = {
      'a.test/': links('http://www.a.test/w', 'http://b.test/', 'http://a.test:81/x') + img('a'),
      'www.a.test/w': img('w'),
    }
    const origin = await walk(routes)
    expect(origin.found).toEqual(['a @ /'])
    expect(origin.counters['urls.out-of-scope']).toBe(3)
    const wide = await walk(routes, { scope: 'site' })
    expect(wide.found).toEqual(['a @ /', 'w @ /w'])
    expect(wide.counters).toMatchObject({ 'urls.out-of-scope': 1, 'pages.http-404': 1 })
  })

  it('ends a calendar without end at maxPages, a deep one at maxDepth', async () => {
    const calendar = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [
        `a.test/${i || ''}`,
        img(`day${i}`) + links(`/${i + 1}`, `/${i + 1}?v=2`),
      ]),
    )
    const few = await walk(calendar, { maxPages: 7 })
    // The links with ?v=2 are dead, and were asked for too.
    expect(few.counters).toMatchObject({ 'pages.ok': 4, 'pages.http-404': 3, 'sites.page-limit': 1 })
    expect((await walk(calendar, { maxDepth: 2 })).found).toEqual(['day0 @ /', 'day1 @ /1', 'day2 @ /2'])
  })

  it('counts redirects as pages asked for', async () => {
    const to = Array.from({ length: 30 }, (_, i) => `/${i}`)
    const routes = Object.fromEntries(to.map((path) => [`a.test${path}`, moved(`${path}/there`)]))
    const { counters, asked } = await walk({ 'a.test/': links(...to), ...routes }, { maxPages: 8 })
    // The start page, three links with where they lead to, and one more link.
    expect(asked.length - 1).toBe(8)
    expect(counters).toMatchObject({
      'pages.ok': 1,
      'pages.redirect': 4,
      'pages.http-404': 3,
      'sites.page-limit': 1,
    })
  })

  it('refuses links that grow by themselves', async () => {
    const { counters } = await walk({
      'a.test/': links(`/${'x/'.repeat(1200)}`, 'javascript:x', 'http://u:p@a.test/'),
    })
    expect(counters).toMatchObject({
      'pages.ok': 1,
      'links.long-url': 1,
      'links.not-http': 1,
      'links.credentials': 1,
    })
  })

  it('counts pages that fail by reason, and goes on', async () => {
    const flaky = (first: Answer, then: Answer): Answer => {
      let asked = 0
      return (request, response) => (asked++ === 0 ? first : then)(request, response)
    }
    const { found, counters, server } = await walk(
      {
        'a.test/': links(
          '/404',
          '/500',
          '/429',
          '/reset',
          '/big',
          '/pdf',
          '/loop',
          '/away',
          '/moved',
          '/flaky',
          '/end',
        ),
        'a.test/500': sendStatus(500),
        'a.test/429': sendStatus(429, { 'retry-after': '0' }),
        'a.test/reset': (_request, response) => void response.destroy(),
        'a.test/big': 'x'.repeat(5000),
        'a.test/pdf': sendBytes('application/pdf', img('pdf')),
        'a.test/loop': moved('/loop?1'),
        'a.test/loop?1': moved('/loop'),
        'a.test/away': moved('http://dead.test/'),
        'a.test/moved': moved('/target#x'),
        'a.test/target': img('target'),
        'a.test/flaky': flaky(sendStatus(503, { 'retry-after': '0' }), sendBytes('text/html', img('flaky'))),
        'a.test/end': img('end') + links('/target'),
      },
      { maxPageBytes: 4096, retries: 1 },
    )
    expect(found).toEqual(['target @ /target', 'flaky @ /flaky', 'end @ /end'])
    expect(counters).toEqual({
      'bytes.in': expect.any(Number),
      'pages.ok': 4,
      'pages.http-404': 1,
      'pages.http-500': 1,
      'pages.http-429': 1,
      'pages.connect-reset': 1,
      'pages.too-many-bytes': 1,
      'pages.not-html': 1,
      'pages.redirect': 4,
      'urls.out-of-scope': 1,
    })
    const tries = server.requests()
    expect(['500', '429', '404'].map((path) => tries.get(`http://a.test/${path}`))).toEqual([2, 2, 1])
  })

  it('asks a host no more that wants to be left alone for longer than it may wait', async () => {
    const { asked, counters } = await walk({
      'a.test/': links('/1', '/2', '/3'),
      'a.test/1': sendStatus(429, { 'retry-after': '3600' }),
      'a.test/2': img('two'),
      'a.test/3': img('three'),
    })
    expect(asked).toEqual(['a.test/robots.txt', 'a.test/', 'a.test/1'])
    expect(counters).toMatchObject({ 'pages.ok': 1, 'pages.http-429': 1, 'pages.host-given-up': 2 })
  })

  it('gives up a host whose pages only fail, tries of one page counted once', async () => {
    const { counters, asked, server } = await walk(
      { 'a.test/': links('/1', '/2', '/3', '/4'), 'a.test/1': sendStatus(500), 'a.test/2': sendStatus(502) },
      { giveUpAfter: 2, retries: 1 },
    )
    expect(asked).toEqual(['a.test/robots.txt', 'a.test/', 'a.test/1', 'a.test/2'])
    expect(server.stats().get('a.test')?.requests).toBe(6)
    expect(counters).toMatchObject({ 'pages.http-500': 1, 'pages.http-502': 1, 'pages.host-given-up': 2 })
  })

  it('takes the ports of a host for one host', async () => {
    const { counters } = await walk(
      {
        'a.test/': links('/1', 'http://a.test:81/2', 'http://a.test./3'),
        'a.test/1': sendStatus(429, { 'retry-after': '3600' }),
        'a.test/2': img('two'),
        'a.test./3': img('three'),
      },
      { scope: 'site' },
    )
    expect(counters).toMatchObject({ 'pages.ok': 1, 'pages.http-429': 1, 'pages.host-given-up': 2 })
  })

  it('follows five redirects, and takes the host that a start page moves to within its site', async () => {
    const hops = Object.fromEntries([1, 2, 3, 4].map((n) => [`www.a.test/${n}`, moved(`/${n + 1}`)]))
    const ok = await walk({
      'a.test/': moved('http://www.a.test/1'),
      ...hops,
      'www.a.test/5': img('x') + links('/6'),
      'www.a.test/6': img('y'),
    })
    expect(ok.found).toEqual(['x @ /5', 'y @ /6'])
    const long = await walk({
      'a.test/': moved('/0'),
      'a.test/0': moved('http://www.a.test/1'),
      ...hops,
      'www.a.test/5': img('x'),
    })
    expect(long.counters).toEqual({ 'pages.redirect': 6, 'pages.too-many-redirects': 1 })
  })

  it('holds 10 x maxPages + 10,000 links at most, and its sitemap none the less', async () => {
    const { found, counters } = await walk(
      {
        'a.test/': links(...Array.from({ length: 10_050 }, (_, i) => `/${i}`)),
        'a.test/sitemap.xml': urlset('http://a.test/s'),
        'a.test/s': img('s'),
      },
      { sitemap: 'auto', maxPages: 3 },
    )
    expect(found).toEqual(['s @ /s'])
    expect(counters).toMatchObject({ 'urls.over-limit': 20, 'sites.page-limit': 1 })
  })

  it('gives the same rows in the same order twice', async () => {
    const routes = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [
        `${i % 2 ? 'b' : 'a'}.test/${i < 2 ? '' : i}`,
        img(`p${i}`) + img('shared') + links(`/${(i * 7) % 40}`, `/${(i * 11 + 2) % 40}`, `/${i + 2}`),
      ]),
    )
    const options = { start: ['http://b.test/', 'http://a.test/'], sitemap: 'auto' }
    const first = await walk(routes, options)
    const second = await walkAt(first.server, options)
    expect(first.rows.length).toBe(80)
    expect(second).toEqual({ ...first, server: second.server, asked: second.asked })
    expect(second.asked).toEqual(first.asked)
  })
})

describe('crawl/site: sitemaps', () => {
  const routes = {
    'a.test/robots.txt': sendBytes(
      'text/plain',
      'Sitemap: http://a.test/index.xml\nSitemap: http://cdn.test/other.xml',
    ),
    'a.test/index.xml': xml(
      '<sitemapindex><sitemap><loc>http://a.test/s1.xml</loc></sitemap><sitemap><loc>http://a.test/gone.xml</loc></sitemap><sitemap><loc>http://evil.test/s.xml</loc></sitemap></sitemapindex>',
    ),
    'a.test/s1.xml': urlset('http://a.test/s1', 'http://b.test/no', 'http://a.test/'),
    'cdn.test/other.xml': urlset('http://a.test/s2'),
    'a.test/': img('root') + links('/l1'),
    'a.test/l1': img('l1'),
    'a.test/s1': img('s1') + links('/l2'),
    'a.test/l2': img('l2'),
    'a.test/s2': img('s2'),
  }

  it('auto: start pages, pages of the sitemaps, then links', async () => {
    const { found, counters } = await walk(routes, { sitemap: 'auto' })
    expect(found).toEqual(['root @ /', 's2 @ /s2', 's1 @ /s1', 'l1 @ /l1', 'l2 @ /l2'])
    expect(counters).toMatchObject({
      'sitemaps.ok': 3,
      'sitemaps.http-404': 1,
      'sitemaps.other-origin': 1,
      'urls.out-of-scope': 1,
    })
  })

  it('only: no links and no start page but where a sitemap lists it', async () => {
    expect((await walk(routes, { sitemap: 'only' })).found).toEqual(['s2 @ /s2', 's1 @ /s1', 'root @ /'])
  })

  it('never: asks for no sitemap', async () => {
    const { found, asked } = await walk(routes, { sitemap: 'never' })
    expect(found).toEqual(['root @ /', 'l1 @ /l1'])
    expect(asked.filter((url) => url.endsWith('.xml'))).toEqual([])
  })

  it('looks at /sitemap.xml where robots.txt names none', async () => {
    const moves = { 'a.test/sitemap.xml': moved('/real.xml'), 'a.test/real.xml': urlset('http://a.test/s') }
    expect((await walk({ ...moves, 'a.test/s': img('s') }, { sitemap: 'only' })).found).toEqual(['s @ /s'])
  })
})

describe('crawl/site: consent', () => {
  it('asks for no page that robots.txt forbids, also behind a redirect', async () => {
    const { found, counters, asked } = await walk({
      'a.test/robots.txt': sendBytes(
        'text/plain',
        'User-agent: *\nDisallow: /no\nUser-agent: pairloom\nDisallow: /private',
      ),
      'a.test/': links('/no', '/private', '/hop'),
      'a.test/no': img('no'),
      'a.test/private': img('private'),
      'a.test/hop': moved('/private/2'),
      'a.test/private/2': img('private2'),
    })
    expect(found).toEqual(['no @ /no'])
    expect(counters).toMatchObject({ 'pages.robots': 2, 'pages.ok': 2 })
    expect(asked.filter((url) => url.includes('private'))).toEqual([])
  })

  it('asks for nothing where robots.txt answers 500', async () => {
    const { counters, asked } = await walk(
      { 'a.test/robots.txt': sendStatus(500), 'a.test/': img('root') },
      { sitemap: 'auto' },
    )
    expect(counters).toEqual({ 'pages.robots-unreachable': 1, 'sitemaps.robots-unreachable': 1 })
    expect(asked).toEqual(['a.test/robots.txt'])
  })

  it('takes no picture of a page that says so, and follows its links unless it says nofollow', async () => {
    const { found, counters } = await walk({
      'a.test/': img('root') + links('/noai', '/noindex', '/header', '/nofollow'),
      'a.test/noai': `<meta name=robots content="noai, noimageai">${img('x')}${links('/1')}`,
      'a.test/noindex': `<meta name=robots content="noindex">${img('y')}${img('z')}`,
      'a.test/header': (_request, response) =>
        void response
          .writeHead(200, {
            'content-type': 'text/html',
            'x-robots-tag': ['otherbot: all', 'max-snippet:-1, noimageai'],
          })
          .end(img('h')),
      'a.test/nofollow': `<meta name=robots content="nofollow">${img('f')}${links('/2', '/3')}`,
      'a.test/1': img('one'),
      'a.test/2': img('two'),
    })
    expect(found).toEqual(['root @ /', 'f @ /nofollow', 'one @ /1'])
    expect(counters).toMatchObject({
      'images.opted-out': 4,
      'pages.noai': 1,
      'pages.noindex': 1,
      'pages.noimageai': 1,
      'links.nofollow': 2,
    })
  })

  it('takes no picture of a page whose TDMRep or Content-Usage reserves it', async () => {
    const { found, counters } = await walk({
      'a.test/': img('root') + links('/meta', '/header'),
      'a.test/meta': `<meta name="tdm-reservation" content="1">${img('x')}${links('/1')}`,
      'a.test/header': (_request, response) =>
        void response
          .writeHead(200, { 'content-type': 'text/html', 'content-usage': 'train-ai=n' })
          .end(img('h')),
      'a.test/1': img('one'),
    })
    expect(found).toEqual(['root @ /', 'one @ /1'])
    expect(counters).toMatchObject({
      'pages.tdm-reserved': 1,
      'pages.content-usage': 1,
      'images.opted-out': 2,
    })
  })

  it.each([
    { robots: '', options: { delayMs: 60 } },
    { robots: 'User-agent: *\nCrawl-delay: 0.06', options: { delayMs: 1 } },
    { robots: 'User-agent: *\nCrawl-delay: 86400', options: { delayMs: 1, maxCrawlDelayMs: 60 } },
  ])('pauses between requests: $robots $options', async ({ robots, options }) => {
    const times: number[] = []
    const page =
      (html: string): Answer =>
      (request, response) => {
        times.push(performance.now())
        return sendBytes('text/html', html)(request, response)
      }
    const routes = { 'a.test/': page(links('/1', '/2')), 'a.test/1': page(''), 'a.test/2': page('') }
    await walk({ 'a.test/robots.txt': sendBytes('text/plain', robots), ...routes }, options)
    expect(times).toHaveLength(3)
    // Timers may fire a millisecond early, never more.
    for (const i of [1, 2]) expect(times[i]! - times[i - 1]!).toBeGreaterThan(58)
  })

  it('has one request at a time open to a host, and none to a private address that is not allowed', async () => {
    const routes = { 'a.test/': links('/1', '/2', '/3'), 'a.test/1': '', 'a.test/2': '', 'a.test/3': '' }
    const { server } = await walk(routes)
    expect(server.stats().get('a.test')).toEqual({ requests: 5, maxConcurrent: 1 })
    const { counters } = await walkAt({ ...server, hosts: { 'a.test': '127.0.0.2' } }, {})
    expect(counters).toEqual({ 'pages.address-refused': 1 })
  })
})

describe('crawl/site: the demo web', () => {
  it('finds every link of the truth but empty alts and what robots.txt closes, and nothing else', async () => {
    const web = await startWeb()
    closing.push(() => web.close())
    const { rows, counters } = await walkAt(web, { start: [...web.starts], sitemap: 'auto' })
    const keyOf = (page: string | null, url: string, text: string) => `${page} ${url} ${text}`
    const expected = web.truth.links.filter(({ text, trouble }) => text !== '' && trouble !== 'robots-page')
    expect(expected.length).toBeGreaterThan(50)
    expect(
      rows.map(({ url, texts: [first] }) => keyOf(first!.page, url, first!.text.normalize('NFC'))).sort(),
    ).toEqual(expected.map(({ page, url, text }) => keyOf(page, url, text)).sort())
    expect(counters).toMatchObject({
      'images.empty-alt': web.truth.links.filter(({ text }) => text === '').length,
    })
  })
})

describe('crawl/site: options', () => {
  it.each(['ftp://a.test/', 'a.test', 'http://u:p@a.test/', '', `http://a.test/${'x'.repeat(2000)}`])(
    'refuses %.30j as a start page',
    (url) => {
      expect(site.options.safeParse({ start: [url] }).success).toBe(false)
    },
  )

  it('makes one partition of each site, in order', async () => {
    const start = [
      'http://www.b.test/',
      'http://x.github.io/',
      'http://a.test/2',
      'http://b.test/',
      'http://y.github.io/',
      'http://a.test/1',
      'http://a.test/2#again',
    ]
    const parts = await site.partitions(site.options.parse({ start }), NO_START)
    expect(parts).toEqual<SourcePart[]>([
      { site: 'a.test', start: ['http://a.test/2', 'http://a.test/1'] },
      { site: 'b.test', start: ['http://www.b.test/', 'http://b.test/'] },
      { site: 'x.github.io', start: ['http://x.github.io/'] },
      { site: 'y.github.io', start: ['http://y.github.io/'] },
    ])
  })
})
