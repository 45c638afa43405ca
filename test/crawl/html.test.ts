import { describe, expect, it } from 'vitest'
import { readPage, type Page, type PageHead, type PageOptions } from '../../src/crawl/html.ts'

const ALT: PageOptions = { texts: ['alt'], captions: ['alt'], targetWidth: 1024, links: true }

function read(
  html: string | Uint8Array,
  head: Partial<PageHead> = {},
  options: Partial<PageOptions> = {},
): Page {
  const full = { url: 'http://a.test/x/', contentType: null, robotsTags: [], agent: 'pairloom', ...head }
  return readPage(Buffer.from(html as string), full, { ...ALT, ...options })
}

const alts = (page: Page) => page.images.flatMap(({ texts }) => texts.map(({ text }) => text))

describe('pictures of a page', () => {
  it('takes alt texts with resolved URLs in document order', () => {
    const page = read(`<!doctype html><html lang=" de-AT"><body>
      <IMG SRC="b.jpg" ALT=" Ein
        Hund ">
      <a href="/p"><img alt='Zwei "K&auml;tzchen" &amp; Co' src=//c.test/c.png#top width=1 height=1></a>
      <picture><source type="image/svg+xml" srcset="d.svg"><img src="../d.jpg" alt="d"></picture>
      <noscript><img src="e.jpg" alt="e"></noscript>`)
    expect(page.images.map(({ url, texts: [first] }) => [url, first!.kind, first!.text])).toEqual([
      ['http://a.test/x/b.jpg', 'alt', 'Ein Hund'],
      ['http://c.test/c.png', 'alt', 'Zwei "Kätzchen" & Co'],
      ['http://a.test/d.jpg', 'alt', 'd'],
      ['http://a.test/x/e.jpg', 'alt', 'e'],
    ])
    expect(page.language).toBe('de-AT')
    expect(page.counts).toEqual({})
  })

  it.each([
    ['<img src="b.jpg">', 'no-alt'],
    ['<img src="b.jpg" alt>', 'empty-alt'],
    ['<img src="b.jpg" alt="&nbsp; \n\t&#8203;&#0;">', null], // a zero-width space is a character, for filters to judge
    ['<img src="b.jpg" alt=" \u3000&nbsp;">', 'empty-alt'],
    ['<img alt="b">', 'no-src'],
    ['<img src="  " alt="b">', 'no-src'],
    ['<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="b">', 'data-url'],
    ['<img src="blob:http://a.test/1" alt="b">', 'not-http'],
    ['<img src="http://u:p@a.test/b" alt="b">', 'credentials'],
    ['<img src="http://[/" alt="b">', 'bad-url'],
    [`<img src="${'x'.repeat(3000)}" alt="b">`, 'long-url'],
    ['<!-- <img src="b.jpg" alt="b"> -->', null],
    ['<script>"<img src=b.jpg alt=b>"</script>', null],
    ['<textarea><img src="b.jpg" alt="b"></textarea>', null],
  ])('%.60s counts %s', (html, why) => {
    const page = read(`<p>${html}</p>`)
    expect(page.counts).toEqual(why === null ? {} : { [`images.${why}`]: 1 })
    if (why !== null) expect(page.images).toEqual([])
  })

  it('gives a picture once a page, with each of its texts once', () => {
    const page = read('<img src=b.jpg alt=b><img src=./b.jpg#2 alt=" b "><img src=b.jpg alt=c>')
    expect(page.images).toHaveLength(1)
    expect(alts(page)).toEqual(['b', 'c'])
    expect(page.counts).toEqual({ 'images.repeated': 1 })
  })

  it('keeps alt texts storable: no control characters, no halves of surrogate pairs', () => {
    const page = read('<img src=b alt="a&#1;b&#xD800;c\u0000d">')
    expect(alts(page)).toEqual(['a b\ufffdc d'])
  })
})

describe('links of a page', () => {
  it('takes a and area, resolved, each once, in order', () => {
    const page =
      read(`<a href="b">b</a><a name=x>x</a><map><area href="/c?d=1&amp;e=2#f"></map><a href="b#g">b</a>
      <a href="d" rel="noopener NoFollow">d</a><a href="mailto:a@b">m</a><a href="e" rel="nofollowing">e</a>
      <a href="big.JPG">j</a><a href="/wiki/File:Cat.jpg">w</a><a href="/?f=x.jpg">q</a><a href="//a.jpg/">h</a>`)
    expect(page.links).toEqual([
      'http://a.test/x/b',
      'http://a.test/c?d=1&e=2',
      'http://a.test/x/e',
      'http://a.test/wiki/File:Cat.jpg',
      'http://a.test/?f=x.jpg',
      'http://a.jpg/',
    ])
    expect(page.counts).toEqual({ 'links.nofollow': 1, 'links.not-http': 1, 'links.no-page': 1 })
  })
})

describe('<base>', () => {
  it.each([
    ['<base href="/y/">', 'http://a.test/y/b'],
    ['<base href="https://c.test/z"><base href="/ignored/">', 'https://c.test/b'],
    ['<base target=_blank><base href="//c.test/">', 'http://c.test/b'],
    ['<base href="javascript:0">', 'http://a.test/x/b'],
    ['<base href="data:text/html,">', 'http://a.test/x/b'],
    ['<base href="http://[">', 'http://a.test/x/b'],
  ])('%s makes b %s', (base, url) => {
    // It counts wherever it stands: what comes before it is resolved with it too.
    const page = read(`<img src=b alt=b>${base}<a href=b>b</a>`)
    expect(page.images[0]!.url).toBe(url)
    expect(page.links).toEqual([url])
  })
})

describe('opt-outs of a page', () => {
  it.each<[string, string[], string | null, string | null]>([
    ['', [], null, null],
    ['<meta name="robots" content="noindex">', [], 'noindex', null],
    ['<META NAME=" ROBOTS " CONTENT="NoAI, NoImageAI, nofollow">', [], 'noai', 'nofollow'],
    ['<meta content="none" name=robots>', [], 'none', 'none'],
    ['<meta name="pairloom" content="noimageai">', [], 'noimageai', null],
    ['<meta name="otherbot" content="noai">', [], null, null],
    ['<meta http-equiv="X-Robots-Tag" content="noai">', [], 'noai', null],
    ['<meta name="description" content="noai">', [], null, null],
    ['<body><meta name="robots" content="noimageindex">', [], 'noimageindex', null],
    [
      '<meta name="robots" content="index"><meta name="robots" content="nofollow">',
      ['max-snippet:-1, noai'],
      'noai',
      'nofollow',
    ],
  ])('%s with %j: pictures %s, links %s', (html, robotsTags, noImages, noFollow) => {
    expect(read(html, { robotsTags }).robots).toEqual({ noImages, noFollow })
  })
})

describe('encodings', () => {
  const img = (alt: number[]) =>
    Buffer.concat([Buffer.from('<img src=b alt="'), Buffer.from(alt), Buffer.from('">')])
  const CAFE_1252 = [0x63, 0x61, 0x66, 0xe9, 0x20, 0x93, 0x78, 0x94]
  const CAFE_UTF8 = [...Buffer.from('café “x”')]
  const CAT_SJIS = [0x94, 0x4c] // 猫
  const meta = (text: string) => Buffer.from(text)

  it.each<[string, Uint8Array[], string | null, string, string]>([
    ['UTF-8 that declares nothing', [img(CAFE_UTF8)], 'text/html', 'utf-8', 'café “x”'],
    ['no UTF-8, declares nothing', [img(CAFE_1252)], null, 'windows-1252', 'café “x”'],
    [
      'a byte order mark against all else',
      [Buffer.from([0xef, 0xbb, 0xbf]), meta('<meta charset=shift_jis>'), img(CAFE_UTF8)],
      'text/html; charset=koi8-r',
      'utf-8',
      'café “x”',
    ],
    [
      'Content-Type against meta',
      [meta('<meta charset=utf-8>'), img(CAT_SJIS)],
      'text/html;charset="Shift_JIS"',
      'shift_jis',
      '猫',
    ],
    [
      '<meta charset>',
      [meta('<html><head><meta charset="Shift_JIS">'), img(CAT_SJIS)],
      'text/html',
      'shift_jis',
      '猫',
    ],
    [
      '<meta http-equiv>',
      [meta("<META content='text/html; charset=shift-jis' http-equiv=Content-Type>"), img(CAT_SJIS)],
      null,
      'shift_jis',
      '猫',
    ],
    [
      'ISO-8859-1, which is windows-1252',
      [meta('<meta charset=iso-8859-1>'), img(CAFE_1252)],
      null,
      'windows-1252',
      'café “x”',
    ],
    [
      'XML declaration',
      [meta('<?xml version="1.0" encoding="shift_jis"?>'), img(CAT_SJIS)],
      null,
      'shift_jis',
      '猫',
    ],
    [
      'an unknown label',
      [meta('<meta charset=klingon>'), img(CAFE_UTF8)],
      'text/html; charset=utf-64',
      'utf-8',
      'café “x”',
    ],
    [
      'UTF-16 in a meta, which cannot be',
      [meta('<meta charset=utf-16>'), img(CAFE_UTF8)],
      null,
      'utf-8',
      'café “x”',
    ],
    [
      'a comment, which declares nothing',
      [meta('<!-- <meta charset=shift_jis> -->'), img(CAFE_UTF8)],
      null,
      'utf-8',
      'café “x”',
    ],
    [
      'a description, which declares nothing',
      [meta('<meta name=description content="a charset=shift_jis page">'), img(CAFE_UTF8)],
      null,
      'utf-8',
      'café “x”',
    ],
    [
      'UTF-16 with its mark',
      [Buffer.from([0xff, 0xfe]), Buffer.from('<img src=b alt="café “x”">', 'utf16le')],
      null,
      'utf-16le',
      'café “x”',
    ],
    [
      'a document cut within a character',
      [img(CAFE_UTF8), Buffer.from([0xe2, 0x80])],
      null,
      'utf-8',
      'café “x”',
    ],
  ])('%s', (_, parts, contentType, charset, alt) => {
    const page = read(Buffer.concat(parts), { contentType })
    expect(page.charset).toBe(charset)
    expect(alts(page)).toEqual([alt])
  })
})

it('finds nothing in bytes that are no HTML, and does not throw', () => {
  const noise = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256))
  expect(read(noise)).toMatchObject({ images: [], links: [] })
  expect(read('')).toMatchObject({ images: [], links: [], charset: 'utf-8', language: null })
})
