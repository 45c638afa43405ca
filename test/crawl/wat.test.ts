import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  NO_NETWORK,
  NO_START,
  openGate,
  seededRandom,
  type Counters,
  type LinkRow,
  type Random,
  type StageContext,
} from '../../src/core/index.ts'
import { parseWat } from '../../src/crawl/wat-parse.ts'
import { scanWat } from '../../src/crawl/wat-scan.ts'
import { wat } from '../../src/crawl/wat.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-wat-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface Html {
  Head?: Record<string, unknown>
  Links?: unknown[]
}

/** A record's JSON as ia-web-commons writes it. */
function envelope(
  html: Html | null,
  headers: Record<string, unknown> = {},
  status = '200',
): Record<string, unknown> {
  return {
    Container: {
      Filename: 'x.warc.gz',
      Compressed: true,
      Offset: '1',
      'Gzip-Metadata': { 'Deflate-Length': '423' },
    },
    Envelope: {
      'Payload-Metadata': {
        'Actual-Content-Type': 'application/http; msgtype=response',
        'HTTP-Response-Metadata': {
          'Response-Message': { Status: status, Version: 'HTTP/1.1', Reason: 'OK' },
          'Headers-Length': '317',
          Headers: { 'Content-Type': 'text/html', ...headers },
          ...(html === null ? {} : { 'HTML-Metadata': html }),
        },
      },
      Format: 'WARC/1.0',
    },
  }
}

const img = (url: string, texts: Record<string, string> = {}) => ({ path: 'IMG@/src', url, ...texts })

function record(page: string, json: unknown): Buffer {
  const block = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json))
  const head = `WARC/1.0\r\nWARC-Type: metadata\r\nWARC-Target-URI: ${page}\r\nContent-Type: application/json\r\n`
  return gzipSync(
    Buffer.concat([
      Buffer.from(`${head}Content-Length: ${block.length}\r\n\r\n`),
      block,
      Buffer.from('\r\n\r\n'),
    ]),
  )
}

let serial = 0
async function take(
  records: Buffer[],
  options: Record<string, unknown> = {},
): Promise<{ rows: LinkRow[]; counters: Counters }> {
  const path = join(folder, `${serial++}.wat.gz`)
  await writeFile(path, Buffer.concat(records))
  const chosen = wat.options.parse({ files: path, ...options })
  const counters: Counters = {}
  const rows: LinkRow[] = []
  const context = {
    options: chosen,
    network: NO_NETWORK,
    gate: openGate(),
    signal: new AbortController().signal,
    count: (name: string, by = 1) => (counters[name] = (counters[name] ?? 0) + by),
  } as unknown as StageContext<Record<string, unknown>>
  for (const part of await wat.partitions(chosen, NO_START)) {
    for await (const batch of wat.read(part, context)) rows.push(...(batch as LinkRow[]))
  }
  return { rows, counters }
}

describe('crawl/wat', () => {
  it('says of a WARC which stage reads it', async () => {
    const text = 'HTTP/1.1 200 OK\r\n\r\n'
    const head = `WARC/1.0\r\nWARC-Type: response\r\nContent-Length: ${text.length}\r\n\r\n`
    const read = take([gzipSync(`${head}${text}\r\n\r\n`)])
    await expect(read).rejects.toMatchObject({ code: 'PL_INPUT' })
    await expect(read).rejects.toThrow(/Expected a WAT file, got a WARC in .*: read it with crawl\/warc/)
  })

  const html: Html = {
    Head: {
      Base: '/base/',
      Title: 'A title',
      Metas: [
        { name: 'HTML@/lang', content: 'de' },
        { property: 'og:title', content: 'T &' },
        { property: 'og:image', content: 'o.jpg' },
        { property: 'og:image:alt', content: 'Bild' },
        { name: 'robots', content: 'max-image-preview:large' },
        { 'http-equiv': 'content-language', content: 'fr' },
        { name: 'description', content: 'none' },
      ],
      Link: [{ path: 'LINK@/href', url: '//cc.test/by', rel: 'license', type: 'text/html' }],
      Scripts: [{ path: 'SCRIPT@/src', url: 'x.js' }],
    },
    Links: [
      { path: 'A@/href', url: '/a', text: 'IMG@/src' },
      img('a.jpg', { alt: 'Ein „Hund“', title: 't' }),
      { path: 'IMG@/longdesc', url: 'desc.html' },
      img('b.jpg', { alt: ' ' }),
      img('c.jpg'),
      img('data:image/gif;base64,', { alt: 'x' }),
      img('./a.jpg#2', { alt: 'Ein Hund' }),
      { path: 'SOURCE@/src', url: 'd.mp4' },
    ],
  }

  it('gives the pictures of a page with all that a WAT says of them', async () => {
    const page = 'http://p.test/x/y'
    const { rows, counters } = await take([record(page, envelope(html))])
    const kinds = rows.map(({ url, texts, caption }) => [
      url,
      texts.map(({ kind, text }) => `${kind}: ${text}`),
      caption,
    ])
    expect(kinds).toEqual([
      ['http://p.test/base/o.jpg', ['og:image:alt: Bild', 'og:title: T &'], 0],
      [
        'http://p.test/base/a.jpg',
        ['alt: Ein „Hund“', 'title: t', 'longdesc: desc.html', 'alt: Ein Hund'],
        0,
      ],
    ])
    expect(rows[1]).toMatchObject({
      site: 'p.test',
      merged_uids: [],
      page_language: 'de',
      page_license: 'http://cc.test/by',
      page_robots: 'max-image-preview:large',
    })
    expect(rows[1]!.texts[0]!.page).toBe(page)
    expect(counters).toEqual({
      records: 1,
      'pages.ok': 1,
      'images.empty-alt': 1,
      'images.no-alt': 1,
      'images.data-url': 1,
    })
  })

  it('takes the metadata of HTML responses that were found, and counts what is broken', async () => {
    const one = (alt: string): Html => ({ Links: [img('i.jpg', { alt })] })
    const { rows, counters } = await take([
      record('http://a.test/1', {
        Container: {},
        Envelope: { 'Payload-Metadata': { 'HTTP-Request-Metadata': {} } },
      }),
      record('http://a.test/2', envelope(null)),
      record('http://a.test/3', envelope(one('three'))),
      record('http://a.test/4', envelope(one('four'), {}, '404')),
      record('http://a.test/5', JSON.stringify(envelope(one('five')), null, 1)),
      record('http://a.test/6', JSON.stringify(envelope(one('six')), null, 1).slice(0, -9)),
      record('mailto:x', envelope(one('seven'))),
      record('http://a.test/8', 'HTML-Metadata'),
    ])
    expect(rows.map(({ texts }) => texts[0]!.text)).toEqual(['three', 'five'])
    expect(counters).toEqual({
      records: 8,
      'pages.ok': 2,
      'pages.http-404': 1,
      'pages.bad-json': 1,
      'pages.bad-url': 1,
    })
  })

  it('obeys X-Robots-Tag headers and robots metas', async () => {
    const page = (content: string): Html => ({
      Head: { Metas: [{ name: 'Robots', content }] },
      Links: [img('i', { alt: 'x' })],
    })
    const { rows, counters } = await take([
      record('http://a.test/1', envelope(page('NoImageIndex'))),
      record('http://a.test/2', envelope(page('all'), { 'x-robots-tag': 'noai' })),
      record('http://a.test/3', envelope(page('all'), { 'X-Robots-Tag': ['otherbot: noindex', 'none'] })),
      record('http://a.test/4', envelope(page('all'), { 'X-ROBOTS-TAG': 'otherbot: noindex' })),
    ])
    expect(rows.map(({ page_robots }) => page_robots)).toEqual(['otherbot: noindex, all'])
    expect(counters).toMatchObject({
      'pages.noimageindex': 1,
      'pages.noai': 1,
      'pages.none': 1,
      'images.opted-out': 3,
    })
  })

  it('obeys TDMRep and Content-Usage of a page, at its level', async () => {
    const page = (name: string, content: string): Html => ({
      Head: { Metas: [{ name, content }] },
      Links: [img('i', { alt: 'x' })],
    })
    const records = [
      record('http://a.test/1', envelope(page('TDM-Reservation', '1'))),
      record('http://a.test/2', envelope(page('tdm-reservation', '0'), { 'TDM-Reservation': '1' })),
      record('http://a.test/3', envelope(page('tdm-reservation', '0'), { 'content-usage': 'train-ai=n' })),
      record('http://a.test/4', envelope(page('tdm-reservation', '0'))),
    ]
    const { rows, counters } = await take(records)
    expect(rows.map(({ texts, page_robots }) => [texts[0]?.page, page_robots])).toEqual([
      ['http://a.test/4', null],
    ])
    expect(counters).toMatchObject({
      'pages.tdm-reserved': 2,
      'pages.content-usage': 1,
      'images.opted-out': 3,
    })
    expect((await take(records, { consent: 'basic' })).rows).toHaveLength(4)
  })

  it('keeps the texts that are asked for, and gives equal rows twice', async () => {
    const records = [record('http://p.test/', envelope(html))]
    const all = await take(records)
    expect(await take(records)).toEqual(all)
    const alt = await take(records, { texts: ['alt'] })
    expect(alt.rows.map(({ texts }) => texts.map(({ kind }) => kind))).toEqual([['alt', 'alt']])
    expect((await take(records, { captions: ['title'] })).rows.map(({ caption }) => caption)).toEqual([1])
  })
})

describe('scanWat', () => {
  const scan = (json: string) => scanWat(Buffer.from(json), 'pairloom')

  it.each<[string, unknown]>([
    ['an empty page', {}],
    ['no links', { Head: { Title: 'x' } }],
    ['no head', { Links: [img('a', { alt: 'b' })] }],
    ['empty parts', { Head: { Metas: [{}], Link: [], Base: '' }, Links: [] }],
    [
      'quotes and braces in texts',
      { Links: [img('a', { alt: '{"' }), img('b', { alt: '"},{"path":"IMG@/src' })] },
    ],
    ['a text that ends in a brace', { Links: [{ alt: 'x{', path: 'IMG@/src', url: '{' }] }],
    ['backslashes', { Links: [img('a', { alt: '\\' }), img('\\"', { alt: '\\\\"', title: '\\u0041' })] }],
    [
      'names of keys in texts',
      { Head: { Title: '"Head":{ "Links":[' }, Links: [img('"path":"IMG@/src"', { alt: '"Links":[{"' })] },
    ],
    ['other scripts and halves of characters', { Links: [img('é', { alt: '猫 😀 \ud800' })] }],
    [
      'numbers and lists in the head',
      { Head: { n: -1.5e3, t: true, z: null, l: [[1], {}], Base: 'b' }, Links: [img('a')] },
    ],
    ['control characters', { Links: [img('a\n', { alt: '\u0000\u001f\u2028' })] }],
  ])('finds what JSON.parse finds: %s', (_, html) => {
    const json = JSON.stringify(envelope(html as Html))
    expect(scan(json)).toEqual(parseWat(json, 'pairloom'))
    const escaped = json.replaceAll('/', '\\/')
    expect(scan(escaped)).toEqual(parseWat(escaped, 'pairloom'))
  })

  it('is not sure of JSON that is laid out otherwise, or nested otherwise', () => {
    const page = envelope({ Head: {}, Links: [img('a', { alt: 'b' })] })
    const json = JSON.stringify(page)
    for (const other of [JSON.stringify(page, null, 1), json.replaceAll('":', '": '), ` ${json}`])
      expect(scan(other)).toBe('unsure')
    expect(scan(json.replace('"alt":"b"', '"alt":{"b":"c"}'))).toBe('unsure')
    expect(scan(json.replace('"alt":"b"', '"alt":1'))).toBe('unsure')
    expect(scan(json.slice(0, -20))).not.toBeNull()
    expect(scan('{"Container":{}}')).toBeNull()
  })

  it('does not depend on the order of keys, nor on what the texts are', () => {
    const random = seededRandom('wat')
    let images = 0
    for (let i = 0; i < 3000; i++) {
      const json = JSON.stringify(shuffled(random, envelope(randomHtml(random))))
      const found = scan(json)
      expect({ json, found }).toEqual({ json, found: parseWat(json, 'pairloom') })
      images += (found as { images: unknown[] }).images.length
    }
    expect(images).toBeGreaterThan(500)
  })
})

const TEXTS = [
  'a',
  'b c',
  '{',
  '}',
  '{"',
  '"',
  '\\',
  '/',
  'é',
  '猫',
  '"path":"IMG@/src"',
  'IMG@/src',
  '"Links":[',
  ',',
  ':',
  '[',
  ']',
  'license',
  '\n',
  '\u0001',
  '<b>',
  '&amp;',
]
const URLS = [
  'i.jpg',
  '/i?x="y"',
  'https://creativecommons.org/licenses/by/4.0/',
  '//www.creativecommons.org/publicdomain/zero/1.0/',
  'https://x.test/creativecommons.org/licenses/',
]
const PATHS = ['IMG@/src', 'IMG@/src', 'IMG@/longdesc', 'A@/href', 'SOURCE@/src', 'LINK@/href']

function randomHtml(random: Random): Html {
  const one = <T>(of: readonly T[]) => of[random.below(of.length)]!
  const text = () => Array.from({ length: random.below(4) }, () => one(TEXTS)).join('')
  const some = <T>(most: number, make: () => T) => Array.from({ length: random.below(most + 1) }, make)
  const maybe = (name: string, make: () => string) => (random.below(2) === 0 ? {} : { [name]: make() })
  const link = () => ({
    path: one(PATHS),
    ...maybe('url', () => (random.below(3) === 0 ? text() : one(URLS))),
    ...maybe('alt', text),
    ...maybe('title', text),
    ...maybe('rel', () => one(['license', 'license nofollow', 'nofollow', 'licensee', text()])),
  })
  const meta = () => ({
    ...maybe('name', () => one(['robots', 'HTML@/lang', 'pairloom', 'description', ' OG:Title', text()])),
    ...maybe('property', () => one(['og:image', 'og:title', text()])),
    ...maybe('http-equiv', () => one(['Content-Language', 'X-Robots-Tag', text()])),
    ...maybe('content', text),
  })
  const head = {
    Metas: some(4, meta),
    Link: some(2, link),
    Scripts: some(1, () => ({ path: 'SCRIPT@/src', url: text() })),
    ...maybe('Base', text),
    ...maybe('Title', text),
  }
  return {
    ...(random.below(5) === 0 ? {} : { Head: head }),
    ...(random.below(6) === 0 ? {} : { Links: some(5, link) }),
  }
}

/** The same value with the keys of each object in any order. */
function shuffled(random: Random, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(random, item))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => [key, shuffled(random, item)] as const)
  return Object.fromEntries(random.shuffle(entries))
}
