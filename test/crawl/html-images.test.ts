import { describe, expect, it } from 'vitest'
import { readPage, type Page, type PageOptions } from '../../src/crawl/html.ts'
import { bestCandidate, parseSrcset } from '../../src/crawl/html-srcset.ts'
import { CAPTION_KINDS, TEXT_KINDS } from '../../src/crawl/text-kinds.ts'

function read(html: string, options: Partial<PageOptions> = {}): Page {
  const head = { url: 'http://a.test/x/', contentType: null, robotsTags: [], agent: 'pairloom' }
  const all = { texts: TEXT_KINDS, captions: CAPTION_KINDS, targetWidth: 1024, links: false }
  return readPage(Buffer.from(html), head, { ...all, ...options })
}

/** `kind: text` of each picture, by the end of its URL. */
function texts(html: string, options: Partial<PageOptions> = {}): Record<string, string[]> {
  const { images } = read(html, options)
  return Object.fromEntries(
    images.map(({ url, texts: found }) => [
      url.replace('http://a.test/x/', ''),
      found.map(({ kind, text }) => `${kind}: ${text}`),
    ]),
  )
}

const urls = (html: string, targetWidth = 1024) => read(html, { targetWidth }).images.map(({ url }) => url)

describe('texts of a picture', () => {
  it('are its attributes, in their order', () => {
    expect(texts('<img longdesc=l title=" t " alt="a&amp;b" src=i>')).toEqual({
      i: ['alt: a&b', 'title: t', 'longdesc: l'],
    })
  })

  it('take the figcaption before and after it, its own figure’s first', () => {
    const html = `
      <figure><figcaption>be<b>fo</b>re<br>it</figcaption><img src=1><div><img src=2></div></figure>
      <figure><figure><img src=3></figure><figure><img src=4><figcaption>own</figcaption></figure>
        <figcaption>of all</figcaption></figure><figcaption>of none</figcaption><img src=5 alt=x>`
    expect(texts(html)).toEqual({
      1: ['figcaption: before it'],
      2: ['figcaption: before it'],
      3: ['figcaption: of all'],
      4: ['figcaption: own'],
      5: ['alt: x'],
    })
  })

  it('take the text of the link around it, and the last heading before it', () => {
    const html = `<img src=0 alt=x><h2>The <em>first</em> one</h2><a href=p><img src=1 alt=x> a<span>b</span><p>c</a>
      <a name=n><img src=2 alt=x>no link</a><h3><img src=3 alt=x>within</h3><a href=q>open <img src=4 alt=x>`
    expect(texts(html)).toEqual({
      0: ['alt: x'],
      1: ['alt: x', 'link: ab c', 'heading: The first one'],
      2: ['alt: x', 'heading: The first one'],
      3: ['alt: x', 'heading: within'],
      4: ['alt: x', 'link: open', 'heading: within'],
    })
  })

  it('take Open Graph for each of the page’s pictures, wherever its title stands', () => {
    const html = `<meta property=og:image content=1><meta property="og:image:alt" content=one>
      <meta property=OG:IMAGE content=2><meta property=og:image:url content=2><meta name=og:title content=T>
      <meta content=D property=og:description><meta property=og:title content=second><img src=3 alt=x>`
    expect(texts(html)).toEqual({
      1: ['og:image:alt: one', 'og:title: T', 'og:description: D'],
      2: ['og:title: T', 'og:description: D'],
      3: ['alt: x'],
    })
  })

  it('take ImageObjects of JSON-LD, also in graphs, lists and comments; and count what is no JSON', () => {
    const script = (json: string) => `<script type='application/LD+json; charset=utf-8'>${json}</script>`
    const object = {
      '@type': 'ImageObject',
      contentUrl: '1',
      caption: 'a "cat" <b>',
      license: 'http://l.test/',
    }
    const graph = {
      '@graph': [
        {
          '@type': 'Article',
          image: [{ '@type': ['Thing', 'https://schema.org/ImageObject'], url: '2', name: 'n' }],
        },
        { '@type': 'ImageObject', '@id': '3', description: [{ '@value': 'd' }] },
        { '@type': 'ImageObject', name: 'no url' },
        { '@type': 'Product', url: 'p', name: 'no image' },
      ],
    }
    const page = read(
      script(JSON.stringify(object)) +
        script(`<!-- ${JSON.stringify(graph)} -->`) +
        script('{,}') +
        script('0'),
    )
    expect(
      page.images.map(({ url, texts: t, license }) => [url.slice(16), t[0]!.kind, t[0]!.text, license]),
    ).toEqual([
      ['1', 'ld:caption', 'a "cat" <b>', 'http://l.test/'],
      ['2', 'ld:name', 'n', null],
      ['3', 'ld:description', 'd', null],
    ])
    expect(page.counts).toEqual({ 'scripts.bad-json-ld': 1 })
    expect(texts(`<script>${JSON.stringify(object)}</script>`)).toEqual({})
  })

  it('come together from all places that show it, each once', () => {
    const html = `<meta property=og:image content=1><meta property=og:title content=T><h1>H</h1>
      <img src=1 alt=a><figure><img src="./1#f" alt=a title=t><figcaption>c</figcaption></figure>`
    expect(texts(html)).toEqual({ 1: ['og:title: T', 'alt: a', 'heading: H', 'title: t', 'figcaption: c'] })
    expect(read(html).counts).toEqual({})
  })

  it('are kept as asked for', () => {
    const html = '<h1>H</h1><a href=p><img src=1 alt=a title=t>l</a><img src=2 title=t>'
    expect(texts(html, { texts: ['title', 'heading'] })).toEqual({
      1: ['title: t', 'heading: H'],
      2: ['title: t', 'heading: H'],
    })
    expect(texts(html, { texts: ['alt'] })).toEqual({ 1: ['alt: a'] })
  })

  it('that are long are cut, and never within a character', () => {
    const [[caption]] = Object.values(texts(`<img src=1 alt="x${'😀'.repeat(3000)}">`)) as [[string]]
    expect(caption).toBe(`alt: x${'😀'.repeat(999)}`)
    const [[link]] = Object.values(
      texts(`<a href=p><img src=1 alt=x>${'word '.repeat(1e5)}`, { texts: ['alt', 'link'] }),
    ).map((found) => found.slice(1)) as [[string]]
    expect(link).toHaveLength('link: '.length + 1999)
  })
})

describe('the caption', () => {
  const html = `<meta property=og:image content=1><meta property=og:title content=T>
    <h1>H</h1><figure><a href=p><img src=1 title=t>l</a><figcaption>c</figcaption></figure>`

  it.each([
    [undefined, 'c'],
    [['title', 'figcaption'], 't'],
    [['alt', 'heading', 'og:title'], 'H'],
    [['og:title'], 'T'],
  ] as const)('of %j is %s', (captions, expected) => {
    const { images } = read(html, captions ? { captions } : {})
    expect(images.map(({ texts: t, caption }) => t[caption]!.text)).toEqual([expected])
  })

  it('makes a row; what only stands near a picture makes none', () => {
    const page = read('<h1>H</h1><a href=p><img src=1 alt="">l</a><img src=2><img src=3 alt=x>')
    expect(page.images.map(({ url }) => url)).toEqual(['http://a.test/x/3'])
    expect(page.counts).toEqual({ 'images.no-caption': 2 })
  })
})

describe('the picture to fetch', () => {
  const set = 'srcset="s 480w, m 1024w,l 2048w"'
  it.each([
    [`<img alt=x src=s ${set}>`, ['m']],
    ['<img alt=x src=o srcset="m 2x, l 3x">', ['l']],
    ['<img alt=x src=o width=600 srcset="m 2x, l 3x">', ['m']],
    ['<img alt=x src=o width=1200 srcset="m 2x, l 3x">', ['o']],
    ['<img alt=x srcset="m">', ['m']],
    ['<img alt=x src=o srcset="">', ['o']],
    ['<img alt=x src=o srcset="bad 1q, 2x">', ['2x', 'o'].slice(1)],
    [
      `<picture><source media="(min-width: 1px)" ${set}><source srcset="v.svg 9999w" type=image/svg+xml><img alt=x src=o></picture>`,
      ['m'],
    ],
    [`<picture><source ${set}></picture><img alt=x src=o>`, ['o']],
    [`<picture><source ${set}><img alt=x src=o><img alt=y src=p></picture>`, ['m', 'p']],
    [`<video><source src=v ${set}></video><img alt=x src=o>`, ['o']],
    ['<img alt=x src=data:image/gif;base64,R0 data-src=l.jpg>', ['l.jpg']],
    ['<img alt=x src=blank.gif data-original="l.jpg" data-lazy=true>', ['l.jpg']],
    ['<img alt=x src=o data-lazy-src="{&quot;a&quot;:&quot;b.c/d&quot;}">', ['o']],
    [`<img alt=x src=data:, data-${set}>`, ['m']],
    ['<img alt=x src=o srcset="data:image/gif;base64,R0 1200w">', ['o']],
    ['<img alt=x src=o data-src=http://[/>', ['o']],
    ['<img alt=x src="/&#10;/b.test/c">', ['http://b.test/c']],
    ['<img alt=x src="/\\b.test/c">', ['http://b.test/c']],
    ['<img alt=x src="/../d//e?f">', ['http://a.test/d//e?f']],
    ['<img alt=x src=data:,>', []],
    ['<img alt=x data-src=true>', []],
  ])('%s', (html, expected) => {
    expect(urls(html).map((url) => url.replace('http://a.test/x/', ''))).toEqual(expected)
  })

  it('is src where no width is wanted, the widest where none is wide enough', () => {
    expect(urls(`<img alt=x src=o ${set}>`, 0)).toEqual(['http://a.test/x/o'])
    expect(urls(`<img alt=x src=o ${set}>`, 9000)).toEqual(['http://a.test/x/l'])
  })
})

describe('parseSrcset', () => {
  it.each([
    [
      'a, b 2x',
      [
        ['a', null, 1],
        ['b', null, 2],
      ],
    ],
    [
      'a.jpg?w=1,2 100w,b 1.5x',
      [
        ['a.jpg?w=1,2', 100, 1],
        ['b', null, 1.5],
      ],
    ],
    [
      ' , a 100w 50h ,, b,',
      [
        ['a', 100, 1],
        ['b', null, 1],
      ],
    ],
    ['a calc(1x, 2x), b 2x', [['b', null, 2]]],
    ['a -1x, b 0w, c 1 x, d 1e1x', [['d', null, 10]]],
    [
      'data:image/png;base64,AA== 1x, b',
      [
        ['data:image/png;base64,AA==', null, 1],
        ['b', null, 1],
      ],
    ],
    ['', []],
    [', ,', []],
  ])('%j', (srcset, expected) => {
    expect(parseSrcset(srcset).map(({ url, width, density }) => [url, width, density])).toEqual(expected)
  })

  it('takes time in proportion to what it reads', () => {
    for (const text of ['a 1x,', '(', 'a (', ',', 'a b '])
      expect(() => parseSrcset(text.repeat(12_000))).not.toThrow()
  })

  it('prefers a width that is known', () => {
    const candidates = [
      { url: 'x', width: null, density: 3 },
      { url: 'w', width: 10, density: 1 },
    ]
    expect(bestCandidate(candidates, 1024, null)).toBe('w')
    expect(bestCandidate([], 1024, null)).toBeNull()
  })
})

describe('what the page says of all that is on it', () => {
  it.each([
    ['<html lang=" de-AT"><meta http-equiv=Content-Language content=fr>', 'de-AT'],
    ['<html lang=""><meta http-equiv=Content-Language content=" fr ">', 'fr'],
    ['<meta http-equiv=Content-Language content="fr, en">', null],
    ['<html xml:lang=de>', null],
  ])('language of %s is %s', (html, language) => {
    expect(read(html).language).toBe(language)
  })

  it.each([
    ['<a rel="License noopener" href="/terms">', 'http://a.test/terms'],
    ['<link rel=license href=//l.test/>', 'http://l.test/'],
    [
      '<a href="https://creativecommons.org/licenses/by/4.0/">',
      'https://creativecommons.org/licenses/by/4.0/',
    ],
    [
      '<a href="//www.creativecommons.org/publicdomain/zero/1.0/">',
      'http://www.creativecommons.org/publicdomain/zero/1.0/',
    ],
    ['<a href="https://creativecommons.org/licenses/by/4.0/"><a rel=license href=/own>', 'http://a.test/own'],
    ['<a rel=license href="javascript:0">', null],
    ['<a href="https://creativecommons.org/about"> <a rel=licensee href=x>', null],
  ])('licence of %s is %s', (html, license) => {
    expect(read(html).license).toBe(license)
  })

  it('keeps robots metas and headers as written', () => {
    const html = '<meta name=robots content="max-image-preview:large"><meta name=pairloom content=Index>'
    const head = {
      url: 'http://a.test/',
      contentType: null,
      robotsTags: ['otherbot: noai'],
      agent: 'Pairloom',
    }
    const options = { texts: TEXT_KINDS, captions: CAPTION_KINDS, targetWidth: 0, links: false }
    expect(readPage(Buffer.from(html), head, options).robotsText).toBe(
      'otherbot: noai, max-image-preview:large, Index',
    )
    expect(read('').robotsText).toBeNull()
  })
})

describe('encodings whose bytes may look like markup', () => {
  it('are read: UTF-16, ISO-2022-JP, Shift_JIS, GBK', () => {
    const jis = Buffer.from('\x1b$B<<\x1b(B', 'latin1') // 室, whose bytes are two less-than signs
    const cases: [Buffer, string, string][] = [
      [Buffer.concat([Buffer.from('<img src=1 alt="'), jis, Buffer.from('">')]), 'iso-2022-jp', '室'],
      [Buffer.from('<img src=1 alt="猫">', 'utf16le'), 'utf-16le', '猫'],
      [
        Buffer.concat([Buffer.from('<img src=1 alt='), Buffer.from([0x83, 0x5c]), Buffer.from('>')]),
        'shift_jis',
        'ソ',
      ],
      [
        Buffer.concat([Buffer.from('<img src=1 alt='), Buffer.from([0x81, 0x40]), Buffer.from('>')]),
        'gbk',
        '丂',
      ],
    ]
    for (const [bytes, charset, alt] of cases) {
      const head = {
        url: 'http://a.test/',
        contentType: `text/html; charset=${charset}`,
        robotsTags: [],
        agent: 'a',
      }
      const options = { texts: TEXT_KINDS, captions: CAPTION_KINDS, targetWidth: 0, links: false }
      expect([charset, readPage(bytes, head, options).images[0]?.texts[0]?.text]).toEqual([charset, alt])
    }
  })
})

it('takes time in proportion to the document, however it is made', () => {
  const times = (text: string) => text.repeat(200_000 / text.length)
  for (const html of [
    times('<a href=x>'),
    times('<figure><figcaption>'),
    times('<h1>x'),
    times('<img alt=x srcset="'),
    times('<svg><title>'),
    times('<script><!--'),
    times('<!--'),
    times('</'),
    times('<x '),
    `<script type=application/ld+json>${times('[')}`,
    `<script type=application/ld+json>${times(' ')}x</script>`,
    `<img src=x alt="${times('&amp')}">`,
  ]) {
    expect(() => read(html)).not.toThrow()
  }
})
