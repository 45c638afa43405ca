import { Parser } from 'htmlparser2'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/core/index.ts'
import { decodeAttribute } from '../../src/crawl/html-entities.ts'
import { nameHash, RAW_TEXT, RAW_TEXT_NAMES, TAG } from '../../src/crawl/html-names.ts'
import { tokenizeHtml } from '../../src/crawl/html-tokens.ts'

const TAGS: Record<number, string> = { [TAG.img]: 'img', [TAG.a]: 'a', [TAG.meta]: 'meta', [TAG.h1]: 'h' }
const NAMES = ['src', 'alt', 'href', 'name', 'content', 'x', '=']

/** `img src=a|alt=b` for each start tag of img, a, meta and headings. */
function tags(html: string): string[] {
  const found: string[] = []
  run(html, (tag, attributes) => {
    if (tag in TAGS) found.push(`${TAGS[tag]} ${tag === TAG.h1 ? '' : attributes}`.trim())
  })
  return found
}

/** Text and raw text in the order of the document, tags as `|`. */
function texts(html: string): string {
  let found = ''
  run(
    html,
    () => (found += '|'),
    (text) => (found += text),
  )
  return found
}

function run(
  html: string,
  onStart: (tag: number, attributes: string) => void,
  onText?: (text: string) => void,
): void {
  const bytes = Buffer.from(html)
  const slice = (start: number, end: number) => bytes.toString('utf8', start, end)
  tokenizeHtml(bytes, bytes.toString('latin1'), {
    wantsText: onText !== undefined,
    start(tag, { hashes, count, starts, ends }) {
      const pairs = NAMES.flatMap((name) => {
        const i = hashes.subarray(0, count).indexOf(nameHash(name))
        return i < 0 ? [] : [`${name}=${decodeAttribute(slice(starts[i]!, ends[i]!))}`]
      })
      // Of a tag without meaning, the attributes are those of an earlier one.
      onStart(tag, pairs.join('|'))
    },
    end: () => onText?.('|'),
    text: (start, end) => onText?.(slice(start, end)),
    raw(tag, _attributes, start, end) {
      if (onText) onText(`${RAW_TEXT_NAMES[tag - RAW_TEXT]}(${slice(start, end)})`)
    },
  })
}

describe('tags', () => {
  it.each([
    ['<img src=a alt=b>', ['img src=a|alt=b']],
    ['<IMG SRC="a"ALT=\'b\'/>', ['img src=a|alt=b']],
    ['<img\n\tsrc\f=\r "a" / alt = b>', ['img src=a|alt=b']],
    ['<img src=a src=b>', ['img src=a']],
    ['<img src alt="">', ['img src=|alt=']],
    ['<img src=>', ['img src=']],
    ['<img src=a/>', ['img src=a/']],
    ['<img src=a"b\'c=d`e<f>', ['img src=a"b\'c=d`e<f']],
    ['<img alt="a>b" src=\'c"d\'>', ['img src=c"d|alt=a>b']],
    ['<img =x="1" src=a>', ['img src=a']],
    ['<img = src=a>', ['img src=a|==']],
    ['<img alt="<img src=x>" src=a>', ['img src=a|alt=<img src=x>']],
    ['<div title="<img src=x>"><div title=\'>\' x=<img src=y>', []],
    ['<p =">"><img src=a>', ['img src=a']],
    ['<img"src=a>', []],
    ['<imgx src=a><im src=a><img/src=a>', ['img src=a']],
    ['< img src=a><3<img src=b>', ['img src=b']],
    ['<img src=a', []],
    ['<img src="a><img src=b>', []],
    ['</img src=a><image src=b>', ['img src=b']],
    ['<h1><h6><h7><hr>', ['h', 'h']],
    [
      '<img alt="&amp;&lt;&eacute;&copy=1&copy;&#8364;&#x80;&notit;&" src="a?b=1&amp;c&d">',
      ['img src=a?b=1&c&d|alt=&<é&copy=1©€€&notit;&'],
    ],
  ])('%s', (html, expected) => {
    expect(tags(html)).toEqual(expected)
  })
})

describe('what is no tag', () => {
  it.each([
    ['<!-- <img src=x> --><img src=a>', 'a'],
    ['<!--><img src=a>-->', 'a'],
    ['<!---><img src=a>-->', 'a'],
    ['<!----><img src=a>', 'a'],
    ['<!-- --!><img src=a>', 'a'],
    ['<!-- -- > <img src=x> --><img src=a>', 'a'],
    ['<!-- <img src=x>', ''],
    ['<!-<img src=x><img src=a>', 'a'],
    ['<!doctype html "<img src=x>"><img src=a>', 'a'],
    ['<?php "<img src=x>" ?><img src=a>', 'a'],
    ['</ <img src=x>><img src=a>', 'a'],
    ['</p title="<img src=x>"><img src=a>', 'a'],
    ['</><img src=a>', 'a'],
    ['<![CDATA[<img src=x>]]><img src=a>', 'a'],
    ['<svg><![CDATA[<img src=x>]]></svg><img src=a>', 'a'],
    ['<script>"<img src=x>"</script><img src=a>', 'a'],
    ['<script>"</scripty><img src=x>"</SCRIPT\n><img src=a>', 'a'],
    ['<script><!-- </script><img src=a>', 'a'],
    ['<script><!-- <script> </script> <img src=x> --></script><img src=a>', 'a'],
    ['<script><!-- <script> </script> </script><img src=a>', 'a'],
    ['<script><!-- <script> --> </script><img src=a>', 'a'],
    ['<script><!-- <scripty> </script><img src=a>', 'a'],
    ['<script><!--><script></script><img src=a>', 'a'],
    ['<script><img src=x>', ''],
    ['<style><img src=x></style><title><img src=x></title><textarea><img src=x></textarea><img src=a>', 'a'],
    ['<xmp><img src=x></xmp><iframe><img src=x></iframe><noembed><img src=x></noembed><img src=a>', 'a'],
    ['<noframes><img src=x></noframes><plaintext><img src=x></plaintext>', ''],
    ['<noscript><img src=a></noscript>', 'a'],
    ['<svg><style><image src=x></style></svg><img src=a>', 'a'],
    ['<svg><title><img src=a></title><style><image src=x></svg><img src=b>', 'a b'],
    ['<svg><p><style><img src=x></style><img src=a>', 'a'],
    ['<svg><foreignObject><style><img src=x></style><img src=a></foreignObject><image src=x></svg>', 'a'],
    ['<svg/><style><img src=x></style><img src=a>', 'a'],
  ])('%s', (html, sources) => {
    const found = tags(html).map((tag) => tag.replace('img src=', ''))
    expect(found.join(' ')).toBe(sources)
  })
})

describe('text', () => {
  it.each([
    ['a<b>b</b>c', 'a|b|c'],
    ['a < b <', 'a < b <'],
    ['a</', 'a</'],
    ['<script>x<y</script>z', '|script(x<y)|z'],
    ['<title>t', '|title(t)'],
    ['<svg><![CDATA[a<b]]>c</svg>', '|a<bc|'],
    ['<plaintext>a<b>', '|a<b>'],
    ['a<!-- b -->c', 'ac'],
  ])('%s is %s', (html, expected) => {
    expect(texts(html)).toBe(expected)
  })
})

describe('any document', () => {
  // Without CDATA, SVG, scripts in comments and end tags with attributes, which htmlparser2 reads otherwise than the standard says.
  const parts =
    '<img|<a|<p|<div |</p>|</|<|>|/>|/| |\n|\t|\f|\r|=|"|\'|src|alt|SRC|x|b c|&amp;|&lt|&copy|&#65;|&notit;|<!--|-->|--!>|--|<!|<!doctype html>|<?x|?>|<script|<script>|</script>|</SCRIPT\t>|<style>|</style>|<title>|</title>|<textarea>|</textarea>|<IMG SRC=a ALT="b">|<img alt=\'q\' src="u">|<a href=z>|é|猫|<meta name=x content="y">|<h1>|</h1>|<noscript>|</noscript>|<!-->|<!--->|<xmp>|</xmp>|<iframe>|</iframe>|<noembed>|</noembed>|<plaintext>|/ >|<image src=q>|\0'.split(
      '|',
    )

  const PIECES = [
    'src',
    'alt',
    'x',
    'b',
    ' ',
    ' ',
    ' src=',
    ' alt="',
    " x='",
    '=',
    '"',
    "'",
    '/',
    '\n',
    '&amp;',
    '&lt',
    '<',
    'é',
    '=a ',
    '="" ',
  ]

  function theirs(html: string): string[] {
    const found: string[] = []
    const parser = new Parser({
      onopentag(name, attributes) {
        const known = { img: 'img', image: 'img', a: 'a', meta: 'meta', h1: 'h' }[name]
        if (known === undefined) return
        const pairs = NAMES.filter((n) => n in attributes).map((n) => `${n}=${attributes[n]}`)
        found.push(`${known} ${known === 'h' ? '' : pairs.join('|')}`.trim())
      },
    })
    parser.end(html)
    return found
  }

  it('has the tags and attributes that htmlparser2 finds', () => {
    const random = seededRandom('html-tokens')
    const seen = new Set<string>()
    const one = (of: readonly string[]) => of[random.below(of.length)]!
    const some = (most: number, of: readonly string[]) =>
      Array.from({ length: random.below(most + 1) }, () => one(of)).join('')
    const tag = () => `<${one(['img', 'a', 'meta', 'h1', 'div'])} ${some(8, PIECES)}>`
    for (let i = 0; i < 20_000; i++) {
      const html = Array.from({ length: 1 + random.below(8) }, () =>
        random.below(3) > 0 ? one(parts) : tag(),
      ).join('')
      const found = tags(html)
      expect({ html, found }).toEqual({ html, found: theirs(html) })
      for (const tag of found) seen.add(tag)
    }
    expect(seen.size).toBeGreaterThan(1000)
  })

  it('ends, whatever its bytes', () => {
    const random = seededRandom('bytes')
    for (let i = 0; i < 2000; i++) {
      const bytes = Buffer.from(
        Array.from({ length: random.below(200) }, () =>
          '<>/!-="\' ascript\0\xff'.charCodeAt(random.below(17)),
        ),
      )
      expect(() => texts(bytes.toString('latin1'))).not.toThrow()
    }
  })
})

it('names of tags and attributes that web pages use have hashes of their own', () => {
  const names = [
    ...Object.keys(TAG),
    ...'div p ul li ol table tr td th tbody thead form input button label select option header footer nav section article main aside video audio canvas body head br hr dl dt dd address pre blockquote details summary dialog template slot object embed param track col colgroup caption fieldset legend optgroup datalist output progress meter ruby rt rp data center g path rect circle line polygon use defs symbol'.split(
      ' ',
    ),
  ]
  expect(new Set(names.map(nameHash)).size).toBe(new Set(names).size)
})
