import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  imageId,
  NO_NETWORK,
  NO_START,
  openGate,
  type Counters,
  type LinkRow,
  type Network,
  type StageContext,
  uid,
} from '../../src/core/index.ts'
import { readResponse } from '../../src/crawl/warc-http.ts'
import { warc } from '../../src/crawl/warc.ts'
import { startServer, type Answer } from '../servers/web.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-warc-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const closing: (() => Promise<unknown>)[] = []
afterEach(() => Promise.all(closing.splice(0).map((close) => close())))

const HTML = 'Content-Type: text/html; charset=utf-8'
const page = (alt: string) =>
  `<!doctype html><html lang=en><h1>Heading</h1><img src=/${alt}.jpg alt="${alt}">`

function record(url: string, block: Uint8Array | string, type = 'response', headers: string[] = []): Buffer {
  const bytes = Buffer.from(block as string)
  const head = ['WARC/1.0', `WARC-Type: ${type}`, `WARC-Target-URI: ${url}`, ...headers]
  return Buffer.concat([
    Buffer.from(`${[...head, `Content-Length: ${bytes.length}`].join('\r\n')}\r\n\r\n`),
    bytes,
    Buffer.from('\r\n\r\n'),
  ])
}

function response(body: Uint8Array | string, headers = [HTML], status = '200 OK'): Buffer {
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status}\r\n${headers.join('\r\n')}\r\n\r\n`),
    Buffer.from(body as string),
  ])
}

interface Taken {
  rows: LinkRow[]
  counters: Counters
}

async function take(options: Record<string, unknown>, network: Partial<Network> = {}): Promise<Taken> {
  const chosen = warc.options.parse(options)
  const full = { ...NO_NETWORK, ...network }
  const counters: Counters = {}
  const rows: LinkRow[] = []
  const context = {
    options: chosen,
    network: full,
    gate: openGate(),
    signal: new AbortController().signal,
    count: (name: string, by = 1) => (counters[name] = (counters[name] ?? 0) + by),
  } as unknown as StageContext<Record<string, unknown>>
  for (const part of await warc.partitions(chosen, { ...NO_START, network: full })) {
    for await (const batch of warc.read(part, context)) rows.push(...(batch as LinkRow[]))
  }
  return { rows, counters }
}

async function file(name: string, ...parts: Uint8Array[]): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, Buffer.concat(parts))
  return path
}

const captions = ({ rows }: Taken) => rows.map(({ texts, caption }) => texts[caption]!.text)
let serial = 0
const fromRecords = async (...records: Buffer[]) =>
  take({ files: await file(`${serial++}.warc`, ...records) })

describe('crawl/warc', () => {
  it.each([
    ['WAT', 'metadata', '{"Envelope":{"WARC-Header-Metadata":{}}}', 'application/json', 'crawl/wat'],
    ['WET', 'conversion', 'Words alone', 'text/plain', 'it holds text without pictures'],
  ])('says of a %s which stage reads it', async (kind, type, block, contentType, advice) => {
    const info = record('x', 'software: y', 'warcinfo')
    const read = fromRecords(info, record('http://p.test/', block, type, [`Content-Type: ${contentType}`]))
    await expect(read).rejects.toMatchObject({ code: 'PL_INPUT' })
    await expect(read).rejects.toThrow(new RegExp(`Expected a WARC file, got a ${kind} in .*${advice}`))
  })

  it("reads on behind a crawler's own metadata", async () => {
    const own = record('http://p.test/', '{"via":"x"}', 'metadata')
    const page = record('http://p.test/', response('<img src=a.jpg alt="A dog">', [HTML]))
    expect(captions(await fromRecords(own, page))).toEqual(['A dog'])
  })

  it('gives the pictures of its pages with their texts and what their page says', async () => {
    const html = `<html lang=de><meta name=robots content="max-image-preview:large"><a rel=license href=/cc></a>
      <h1>Tiere</h1><a href=p><img src=a.jpg alt="Ein Hund" title=Hund>mehr</a>`
    const { rows, counters } = await fromRecords(
      record('http://p.test/x/', 'GET', 'request'),
      record('http://p.test/x/', response(html, [HTML, 'X-Robots-Tag: otherbot: noai'])),
      record('http://p.test/x/', 'fetchTimeMs: 1', 'metadata'),
    )
    const text = (kind: string, value: string) => ({
      kind,
      text: value,
      language: null,
      score: null,
      page: 'http://p.test/x/',
    })
    expect(rows).toEqual([
      {
        uid: uid('http://p.test/x/a.jpg', 'Ein Hund'),
        image_id: imageId('http://p.test/x/a.jpg'),
        url: 'http://p.test/x/a.jpg',
        site: 'p.test',
        texts: [
          text('alt', 'Ein Hund'),
          text('title', 'Hund'),
          text('link', 'mehr'),
          text('heading', 'Tiere'),
        ],
        caption: 0,
        merged_uids: [],
        page_language: 'de',
        page_license: 'http://p.test/cc',
        page_robots: 'otherbot: noai, max-image-preview:large',
      },
    ])
    expect(counters).toEqual({ records: 3, 'pages.ok': 1 })
  })

  it('takes HTML by the response, then by the archive, then by how it looks; and resources', async () => {
    const taken = await fromRecords(
      record('http://a.test/1', response(page('one'), ['content-type: application/xhtml+xml'])),
      record('http://a.test/2', response(page('two'), []), 'response', [
        'WARC-Identified-Payload-Type: text/html',
      ]),
      record('http://a.test/3', response(page('three'), [])),
      record('http://a.test/4', page('four'), 'resource', ['Content-Type: text/html']),
      record('http://a.test/5', response(page('no'), ['Content-Type: text/plain'])),
      record('http://a.test/6', response('{}', [])),
      record('http://a.test/7', response('%PDF'), 'response', ['Content-Type: application/pdf']),
      record('http://a.test/8', response(page('no'), [HTML], '404 Not Found')),
      record('http://a.test/9', response(page('no'), [HTML, 'Location: /'], '301 Moved')),
      record('dns:a.test', 'a.test. IN A', 'response', ['Content-Type: text/dns']),
      record('dns:a.test', response(page('no'))),
      record('http://a.test/10', page('no')),
      record('http://a.test/11', 'a text', 'conversion'),
      record('http://a.test/12', response(page('no')), 'revisit'),
    )
    expect(captions(taken)).toEqual(['one', 'two', 'three', 'four'])
    expect(taken.counters).toEqual({
      records: 14,
      'pages.ok': 4,
      'pages.not-html': 2,
      'pages.http-404': 1,
      'pages.http-301': 1,
      'pages.bad-url': 1,
      'pages.bad-response': 1,
    })
  })

  it('takes no picture of a page that said so when it was archived', async () => {
    const taken = await fromRecords(
      record('http://a.test/1', response(`<meta name=robots content=noai>${page('x')}${page('y')}`)),
      record(
        'http://a.test/2',
        response(page('z'), [HTML, 'X-Robots-Tag: unavailable_after: 1 Jan 2020, noimageindex']),
      ),
      record('http://a.test/3', response(page('mine'), [HTML, 'X-Robots-Tag: otherbot: noindex'])),
    )
    expect(captions(taken)).toEqual(['mine'])
    expect(taken.counters).toMatchObject({ 'pages.noai': 1, 'pages.noimageindex': 1, 'images.opted-out': 3 })
  })

  it('obeys TDMRep and Content-Usage of a page, at its level', async () => {
    const path = await file(
      'use.warc',
      record('http://a.test/1', response(`<meta name=tdm-reservation content=1>${page('x')}`)),
      record('http://a.test/2', response(page('y'), [HTML, 'TDM-Reservation: 1'])),
      record('http://a.test/3', response(page('z'), [HTML, 'Content-Usage: train-ai=n, search=y'])),
      record('http://a.test/4', response(page('mine'), [HTML, 'Content-Usage: train-ai=y'])),
      record('http://a.test/5', response(page('odd'), [HTML, 'TDM-Reservation: maybe'])),
    )
    const taken = await take({ files: path })
    expect(captions(taken)).toEqual(['mine', 'odd'])
    expect(taken.counters).toMatchObject({ 'pages.tdm-reserved': 2, 'pages.content-usage': 1 })
    expect(captions(await take({ files: path, consent: 'basic' }))).toEqual(['x', 'y', 'z', 'mine', 'odd'])
    const strict = await take({ files: path, consent: 'strict' })
    expect(captions(strict)).toEqual(['mine'])
    expect(strict.counters).toMatchObject({ 'pages.consent-unreadable': 1 })
  })

  it('gives equal rows twice, whatever the file is packed with', async () => {
    const records = Array.from({ length: 50 }, (_, i) =>
      record(`http://a.test/${i}`, response(page(`p${i}`))),
    )
    const path = await file('all.warc', ...records)
    const expected = await take({ files: path })
    expect(expected.rows).toHaveLength(50)
    expect(await take({ files: path })).toEqual(expected)
    expect(await take({ files: await file('all.warc.gz', ...records.map((r) => gzipSync(r))) })).toEqual(
      expected,
    )
    expect(
      await take({ files: await file('all.warc.zst', ...records.map((r) => zstdCompressSync(r))) }),
    ).toEqual(expected)
  })

  it('loses the damaged record and counts it', async () => {
    const parts = ['a', 'b', 'c'].map((alt) => gzipSync(record(`http://a.test/${alt}`, response(page(alt)))))
    parts[1]![60]! ^= 0xff
    const taken = await fromRecords(...parts)
    expect(captions(taken)).toEqual(['a', 'c'])
    expect(taken.counters).toEqual({ records: 2, 'pages.ok': 2, 'records.damaged-gzip': 1 })
  })

  it('reads what there is of a page that is too large, and none that grows too large', async () => {
    const path = await file(
      'large.warc',
      record('http://a.test/1', response(page('kept') + ' '.repeat(600_000) + page('lost'))),
      record(
        'http://a.test/2',
        response(gzipSync(page('bomb') + ' '.repeat(3_000_000)), [HTML, 'Content-Encoding: gzip']),
      ),
      record('http://a.test/3', response(page('next'))),
    )
    const taken = await take({ files: path, maxPageBytes: 200_000 })
    expect(captions(taken)).toEqual(['kept', 'next'])
    expect(taken.counters).toMatchObject({ 'pages.cut': 1, 'pages.too-many-bytes': 1, 'pages.ok': 1 })
  })

  it('keeps the texts and the src that are asked for', async () => {
    const html = '<h1>H</h1><img src=s srcset="l 2000w" alt=a title=t><img src=u title=t>'
    const files = await file('kinds.warc', record('http://a.test/', response(html)))
    const alt = await take({ files, texts: ['alt'], targetWidth: 0 })
    expect(alt.rows.map(({ url, texts }) => [url, texts.length])).toEqual([['http://a.test/s', 1]])
    const title = await take({ files, captions: ['title', 'alt'] })
    expect(title.rows.map(({ url, caption }) => [url, caption])).toEqual([
      ['http://a.test/l', 1],
      ['http://a.test/u', 0],
    ])
  })
})

describe('crawl/warc: which files', () => {
  const one = (name: string) => gzipSync(record(`http://a.test/${name}`, response(page(name))))

  it('reads a folder, a list of paths, and a fair sample of it', async () => {
    for (const name of ['f1', 'f2', 'f3', 'f4']) await file(`folder-${name}.warc.gz`, one(name))
    const names = ['f4', 'f1', 'f3', 'f2'].map((name) => `folder-${name}.warc.gz`)
    const list = await file('list.txt', Buffer.from(`\n${names.join('\r\n')}\n\n${names[0]}`))
    expect(captions(await take({ list, base: folder }))).toEqual(['f1', 'f2', 'f3', 'f4'])
    expect(captions(await take({ files: join(folder, 'folder-*.warc.gz') }))).toEqual([
      'f1',
      'f2',
      'f3',
      'f4',
    ])
    const sample = captions(await take({ list, base: folder, maxFiles: 2 }))
    expect(sample).toHaveLength(2)
    expect(captions(await take({ list, base: folder, maxFiles: 2 }))).toEqual(sample)
    expect(captions(await take({ list, base: folder, maxFiles: 3 }))).toEqual(expect.arrayContaining(sample))
  })

  it('changes its identity with the files and the list, not with what it cannot see', async () => {
    const path = await file('identity.warc.gz', one('x'))
    const list = await file('identity.txt', Buffer.from(path))
    const identity = (options: Record<string, unknown>) => warc.identity!(warc.options.parse(options))
    const before = [await identity({ files: path }), await identity({ list })]
    expect([await identity({ files: path }), await identity({ list })]).toEqual(before)
    await file('identity.warc.gz', one('longer'))
    const after = [await identity({ files: path }), await identity({ list })]
    expect(after[0]).not.toEqual(before[0])
    expect(after[1]).not.toEqual(before[1])
    expect(await identity({ crawl: 'CC-MAIN-2024-22' })).toBeNull()
  })

  it.each([
    [{}, 0],
    [{ files: 'a', list: 'b' }, 2],
    [{ list: 'b', crawl: 'c' }, 2],
  ])('wants one of files, list and crawl: %j', (options, given) => {
    expect(warc.check!(warc.options.parse(options))).toEqual([
      `Expected one of files, list and crawl, got ${given} of them`,
    ])
  })

  it('says what is not there', async () => {
    await expect(take({ files: join(folder, 'none.warc') })).rejects.toMatchObject({ code: 'PL_INPUT' })
    await expect(take({ list: join(folder, 'none.txt') })).rejects.toMatchObject({ code: 'PL_INPUT' })
    const empty = await file('empty.txt', Buffer.from('\n'))
    await expect(take({ list: empty })).rejects.toThrow('got none')
  })
})

describe('crawl/warc: over HTTP', () => {
  /** A file that is served by ranges. */
  function ranged(bytes: Buffer, first: Answer[] = []): Answer & { asked: string[] } {
    const asked: string[] = []
    const answer: Answer = (request, res) => {
      const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
      asked.push(request.headers.range ?? 'all')
      const trouble = first.shift()
      if (trouble) return trouble(request, res)
      const [from, to] = range
        ? [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)]
        : [0, bytes.length - 1]
      const body = bytes.subarray(from, to + 1)
      res.writeHead(206, {
        'content-range': `bytes ${from}-${to}/${bytes.length}`,
        'content-length': body.length,
        etag: '"1"',
      })
      res.end(body)
    }
    return Object.assign(answer, { asked })
  }

  async function serve(routes: Record<string, Answer | string>): Promise<Partial<Network>> {
    const server = await startServer(routes)
    closing.push(() => server.close())
    return { hosts: server.hosts, allow: ['127.0.0.1'] }
  }

  const noise = Buffer.from(
    Uint8Array.from({ length: 9_000_000 }, (_, i) => (Math.imul(i, 2654435761) >>> 13) & 255),
  )
  const large = Buffer.concat([
    record('http://a.test/1', response(page('first'))),
    record('http://a.test/n', response(noise, ['Content-Type: image/png'])),
    record('http://a.test/2', response(page('last'))),
  ])

  it('reads the files of a Common Crawl crawl by ranges', async () => {
    const answer = ranged(large)
    const network = await serve({
      'cc.test/crawl-data/CC-TEST/warc.paths.gz': ranged(gzipSync('crawl-data/CC-TEST/one.warc\n')),
      'cc.test/crawl-data/CC-TEST/one.warc': answer,
    })
    const taken = await take({ crawl: 'CC-TEST', base: 'http://cc.test/' }, network)
    expect(captions(taken)).toEqual(['first', 'last'])
    expect(answer.asked).toEqual(['bytes=0-8388607', 'bytes=8388608-16777215'])
  })

  it('takes a small file from a server that knows no ranges, and refuses a large one', async () => {
    const whole =
      (bytes: Buffer): Answer =>
      (_request, res) =>
        void res.writeHead(200, { 'content-length': bytes.length }).end(bytes)
    const network = await serve({
      'a.test/small.warc': whole(record('http://a.test/', response(page('small')))),
      'a.test/large.warc': whole(large),
    })
    expect(captions(await take({ files: 'http://a.test/small.warc' }, network))).toEqual(['small'])
    await expect(take({ files: 'http://a.test/large.warc' }, network)).rejects.toMatchObject({
      code: 'PL_INPUT',
      message: expect.stringContaining('a server that gives ranges'),
    })
  })

  it('asks again where the archive asks for patience or breaks off', async () => {
    const busy: Answer = (_request, res) => void res.writeHead(503, { 'retry-after': '0' }).end()
    const broken: Answer = (request) => void request.socket.destroy()
    const answer = ranged(large, [busy, broken])
    const network = await serve({ 'a.test/x.warc': answer })
    expect(captions(await take({ files: 'http://a.test/x.warc' }, network))).toEqual(['first', 'last'])
    expect(answer.asked).toHaveLength(4)
  })

  it('fails for good where the file is gone, and for now where it changes while it is read', async () => {
    const other: Answer = (_request, res) =>
      void res
        .writeHead(206, { 'content-range': `bytes 8388608-8388608/${large.length}`, etag: '"2"' })
        .end('x')
    const changing = ranged(large)
    const network = await serve({
      'a.test/changing.warc': (request, res) =>
        (changing.asked.length === 0 ? changing : other)(request, res),
    })
    await expect(take({ files: 'http://a.test/gone.warc' }, network)).rejects.toMatchObject({
      code: 'PL_INPUT',
    })
    await expect(take({ files: 'http://a.test/changing.warc' }, network)).rejects.toMatchObject({
      code: 'PL_STORE_IO',
    })
  })
})

describe('readResponse', () => {
  const text = '<p>some text, some text, some text</p>'
  const chunked = '5\r\n<p>so\r\n9;x=y\r\nme text, \r\n18\r\nsome text, some text</p>\r\n0\r\n\r\n'
  const te = 'Transfer-Encoding: chunked'
  const ce = (name: string) => `Content-Encoding: ${name}`

  it.each<[string, Uint8Array | string, string[]]>([
    ['identity', text, [ce('identity')]],
    ['gzip', gzipSync(text), [ce('gzip')]],
    ['x-gzip in capitals', gzipSync(text), [ce('X-GZip')]],
    ['deflate', deflateSync(text), [ce('deflate')]],
    ['bare deflate', deflateRawSync(text), [ce('deflate')]],
    ['br', brotliCompressSync(text), [ce('br')]],
    ['zstd', zstdCompressSync(text), [ce('zstd')]],
    ['gzip in br', brotliCompressSync(gzipSync(text)), [ce('gzip, br')]],
    ['gzip in br, a header each', brotliCompressSync(gzipSync(text)), [ce('gzip'), ce('br')]],
    ['gzip that the archive undid', text, [ce('gzip')]],
    ['br that the archive undid', text, [ce('br')]],
    ['chunked that the archive undid', text, [te]],
    ['chunked', chunked, [te]],
  ])('%s', (_, body, headers) => {
    const found = readResponse(response(body, headers), 1000)
    expect(found).toMatchObject({ status: 200 })
    expect((found as { body: Buffer }).body.toString()).toBe(text)
  })

  it.each<[string, Uint8Array, string]>([
    ['gzip', gzipSync(text.repeat(100)), 'gzip'],
    ['deflate', deflateSync(text.repeat(100)), 'deflate'],
    ['br', brotliCompressSync(text.repeat(100)), 'br'],
    ['zstd', zstdCompressSync(text.repeat(100)), 'zstd'],
  ])('%s that grows beyond the limit', (_, body, name) => {
    expect(readResponse(response(body, [ce(name)]), 1000)).toBe('too-large')
  })

  it('gives what can be decoded of a body that was cut', () => {
    const long = Array.from({ length: 2000 }, (_, i) => `${i * 7919} `).join('')
    const cut = gzipSync(long)
    const found = readResponse(response(cut.subarray(0, cut.length / 2), [ce('gzip')]), 100_000)
    const { body } = found as { body: Buffer }
    expect(body.length).toBeGreaterThan(1000)
    expect(long.startsWith(body.toString())).toBe(true)
    expect(readResponse(response(chunked.slice(0, 30), [te]), 1000)).toMatchObject({
      body: Buffer.from('<p>some text, ').subarray(0, 14),
    })
  })

  it('reads heads as they come, and nothing into what is no response', () => {
    const odd = Buffer.from('HTTP/1.0 200\nA: 1\nB: 2\n  3\na: 4\n\nbody')
    const found = readResponse(odd, 1000)
    expect(found).toMatchObject({ status: 200, body: Buffer.from('body') })
    expect((found as { headers(name: string): string[] }).headers('a')).toEqual(['1', '4'])
    expect((found as { headers(name: string): string[] }).headers('b')).toEqual(['2 3'])
    for (const block of ['', 'GET / HTTP/1.1\r\n\r\n', '<html>'])
      expect(readResponse(Buffer.from(block), 1000)).toBeNull()
    expect(readResponse(Buffer.from('HTTP/1.1 204 No Content'), 1000)).toMatchObject({
      status: 204,
      body: Buffer.alloc(0),
    })
  })
})
