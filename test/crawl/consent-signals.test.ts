import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { parseAiTxt } from '../../src/crawl/consent-ai-txt.ts'
import { headerSignal } from '../../src/crawl/consent-headers.ts'
import { parseTdmRep } from '../../src/crawl/consent-tdm.ts'
import { robotsUsage, usageSignal } from '../../src/crawl/consent-usage.ts'
import { xmpSignal } from '../../src/crawl/consent-xmp.ts'
import { decide, type ConsentLevel, type Signal } from '../../src/crawl/consent.ts'
import { parseRobots } from '../../src/crawl/robots-txt.ts'
import { parseDictionary } from '../../src/crawl/structured-field.ts'

/** `no tdm-reserved`, `yes content-usage`, or null. */
const word = (signal: Signal | null) => signal && `${signal.reserves ? 'no' : 'yes'} ${signal.rule}`

describe('structured fields: dictionaries', () => {
  it.each<[string, Record<string, string | null> | null]>([
    ['', {}],
    ['train-ai=n', { 'train-ai': 'n' }],
    ['  train-ai=y ,\tsearch=n ', { 'train-ai': 'y', search: 'n' }],
    ['a=1, b=-2.5, c="x, y=\\"z\\"", d=?1, e=:aGk=:, f=@1659578233, g=%"f%c3%bc"', { a: null, b: null, c: null, d: null, e: null, f: null, g: null }], // prettier-ignore
    ['a=(1 "b" c;q=1);r, b=n', { a: null, b: 'n' }],
    ['a=()', { a: null }],
    ['train-ai;has;parameters="?"', { 'train-ai': null }],
    ['train-ai;allow=n, train-ai=y', { 'train-ai': 'y' }],
    ['train-ai=y, train-ai, search=n, search="n"', { 'train-ai': null, search: null }],
    ['Train-AI=n', null],
    ['train-ai=n,', null],
    ['train-ai=n search=y', null],
    ['train-ai=', null],
    ['train-ai:n', null],
    ['a=(1', null],
    ['a="x', null],
    ['ツ=n', null],
  ])('%j', (text, expected) => {
    const found = parseDictionary(text)
    expect(found && Object.fromEntries(found)).toEqual(expected)
  })
})

describe('Content-Usage', () => {
  it.each<[string, ConsentLevel, string | null]>([
    ['train-ai=n', 'standard', 'no content-usage'],
    ['train-ai=n', 'basic', null],
    ['train-ai=y', 'standard', 'yes content-usage'],
    ['search=n', 'strict', null],
    ['train-ai=maybe', 'strict', null],
    ['bots=n', 'standard', 'no content-usage'],
    ['bots=n, train-ai=y', 'standard', 'yes content-usage'], // the closer category is the one meant
    ['train-genai=n', 'standard', null],
    ['train-genai=n, train-ai=y', 'strict', 'no content-usage'],
    ['TRAIN-AI=n', 'standard', null],
    ['TRAIN-AI=n', 'strict', 'no consent-unreadable'],
  ])('%j at %s: %s', (value, level, expected) => {
    expect(word(usageSignal(value, 'header', level))).toBe(expected)
  })

  const draft = parseRobots(
    'User-Agent: *\nAllow: /\nDisallow: /never/\nContent-Usage: train-ai=n\nContent-Usage: /ai-ok/ train-ai=y\nContent-Usage: /two train-ai=y\nContent-Usage: /two train-ai=n\n\nUser-Agent: ExampleBot\nAllow: /\nContent-Usage: train-ai=y\n',
  )
  const file = { url: 'http://a.test/robots.txt', txt: draft }

  it.each([
    ['otherbot', '/test', 'no content-usage'],
    ['otherbot', '/ai-ok/test', 'yes content-usage'],
    ['otherbot', '/two', 'no content-usage'], // lines of one path: the strictest
    ['examplebot', '/test', 'yes content-usage'],
  ])('in robots.txt, the example of the draft: %s at %s', (agent, path, expected) => {
    expect(word(decide(robotsUsage(file, agent, path, 'standard')))).toBe(expected)
    expect(robotsUsage(file, agent, path, 'basic')).toEqual([])
  })

  it('in robots.txt ends a group of agents, as it is a rule, and names its line', () => {
    const txt = parseRobots('User-agent: a\nContent-Usage: train-ai=n\nUser-agent: b\nDisallow: /\n')
    expect([txt.match('a', '/x').allowed, txt.match('b', '/x').allowed]).toEqual([true, false])
    expect(decide(robotsUsage({ url: 'http://a.test/robots.txt', txt }, 'a', '/x', 'standard'))?.source).toBe(
      'http://a.test/robots.txt:2 Content-Usage: train-ai=n',
    )
    expect(robotsUsage({ url: '', txt }, 'b', '/x', 'standard')).toEqual([])
  })

  it.each([
    ['search=yes,ai-train=no', 'no content-signal'],
    ['ai-train=yes, search=yes', 'yes content-signal'],
    ['search=yes', null],
  ])('Content-Signal %j', (value, expected) => {
    const txt = parseRobots(`User-agent: *\nContent-Signal: ${value}\nAllow: /\n`)
    expect(word(decide(robotsUsage({ url: '', txt }, 'bot', '/x', 'standard')))).toBe(expected)
  })
})

describe('tdmrep.json', () => {
  const parse = (json: unknown) => parseTdmRep(Buffer.from(JSON.stringify(json)), 'U')
  // The example of the report, 4.1.
  const report = [
    { location: '/directory-a/', 'tdm-reservation': 1 },
    { location: '/directory-b/html/', 'tdm-reservation': 1, 'tdm-policy': 'https://p.test/policy.json' },
    { location: '/directory-b/images/*.jpg', 'tdm-reservation': 0 },
    { location: '/directory-b/', 'tdm-reservation': '1' },
  ]

  it.each<[string, string | null]>([
    ['/directory-a/x.pdf', 'no tdm-reserved'],
    ['/directory-b/html/x', 'no tdm-reserved'],
    ['/directory-b/images/cat.jpg', 'yes tdm-reserved'], // the first that matches, not the longest
    ['/directory-b/images/cat.png', 'no tdm-reserved'],
    ['/%64irectory-a/x', 'no tdm-reserved'],
    ['/Directory-a/x', null],
    ['/', null],
  ])('the example of the report at %s: %s', (path, expected) => {
    expect(word(parse(report)!(path, 'standard'))).toBe(expected)
    expect(parse(report)!(path, 'basic')).toBe(null)
  })

  it('names the rule and the policy', () => {
    expect(parse(report)!('/directory-b/html/', 'standard')?.source).toBe(
      'U location /directory-b/html/ tdm-reservation: 1, tdm-policy: https://p.test/policy.json',
    )
  })

  it.each<[unknown, string | null, string | null]>([
    [[{ location: '/x$', 'tdm-reservation': 1 }], 'no tdm-reserved', 'no tdm-reserved'],
    [[{ location: '/x/', 'tdm-reservation': 1 }], null, null],
    [[{ location: '*', 'tdm-reservation': 1 }], 'no tdm-reserved', 'no tdm-reserved'],
    [[{ location: '/', 'tdm-reservation': 2 }], null, 'no consent-unreadable'],
    [[{ location: '/', 'tdm-reservation': true }], null, 'no consent-unreadable'],
    [[{ 'tdm-reservation': 1 }, null, 7], null, null],
    [[], null, null],
  ])('%j of /x', (json, standard, strict) => {
    expect(word(parse(json)!('/x', 'standard'))).toBe(standard)
    expect(word(parse(json)!('/x', 'strict'))).toBe(strict)
  })

  it.each(['{"location":"/"}', '[', '', 'null'])('%j is no such file', (text) => {
    expect(parseTdmRep(Buffer.from(text), 'U')).toBe(null)
  })

  it('with a byte order mark, and with letters beyond ASCII', () => {
    const read = parseTdmRep(Buffer.from('\uFEFF[{"location":"/ツ","tdm-reservation":1}]'), 'U')!
    expect(word(read('/%E3%83%84', 'standard'))).toBe('no tdm-reserved')
  })
})

describe('ai.txt', () => {
  const images = 'User-Agent: *\nDisallow: *.jpg\nDisallow: *.png\nAllow: *.txt\nAllow: /\n'
  it.each<[string, string, string | null]>([
    [images, '/cat.jpg', 'no ai-txt'],
    [images, '/a/cat.png?w=2', 'no ai-txt'],
    [images, '/cat.webp', 'yes ai-txt'],
    ['User-Agent: *\nDisallow: *\nDisallow: /\n', '/cat.jpg', 'no ai-txt'],
    ['# nothing', '/cat.jpg', null],
    ['User-Agent: otherbot\nDisallow: /', '/cat.jpg', null],
  ])('%j at %s', (text, path, expected) => {
    expect(word(parseAiTxt(Buffer.from(text), 'U')('pairloom', path))).toBe(expected)
  })
})

describe('headers of a picture', () => {
  it.each<[Record<string, string | string[]>, string | null, string | null, string | null]>([
    [{}, null, null, null],
    [{ 'x-robots-tag': ['noindex', 'all'] }, 'no x-robots-tag', 'no x-robots-tag', 'no x-robots-tag'],
    [{ 'tdm-reservation': '1' }, null, 'no tdm-reserved', 'no tdm-reserved'],
    [{ 'tdm-reservation': '0' }, null, 'yes tdm-reserved', 'yes tdm-reserved'],
    [{ 'tdm-reservation': '0, 1' }, null, 'no tdm-reserved', 'no tdm-reserved'],
    [{ 'tdm-reservation': 'yes' }, null, null, 'no consent-unreadable'],
    [{ 'content-usage': 'train-ai=n' }, null, 'no content-usage', 'no content-usage'],
    [{ 'content-usage': ['search=y', 'train-ai=n'] }, null, 'no content-usage', 'no content-usage'],
    [{ 'content-usage': 'train-ai=y', 'tdm-reservation': '1' }, null, 'no tdm-reserved', 'no tdm-reserved'],
  ])('%j', (headers, basic, standard, strict) => {
    const at = (level: ConsentLevel) => word(headerSignal(headers, 'pairloom', level))
    expect([at('basic'), at('standard'), at('strict')]).toEqual([basic, standard, strict])
  })
})

describe('XMP', () => {
  const plus = 'xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
  const vocab = 'http://ns.useplus.org/ldf/vocab/'
  const packet = (attributes: string, inner = '') =>
    `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" ${attributes}>${inner}</rdf:Description></rdf:RDF></x:xmpmeta>`

  async function jpegWith(xmp: string): Promise<Buffer> {
    return sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .withXmp(xmp)
      .jpeg()
      .toBuffer()
  }

  it.each<[string, string, string | null, string | null]>([
    ['DMI-PROHIBITED', `${plus} plus:DataMining="${vocab}DMI-PROHIBITED"`, 'no data-mining-prohibited', 'no data-mining-prohibited'],
    ['another prefix', `xmlns:p='http://ns.useplus.org/ldf/xmp/1.0/' p:DataMining='${vocab}DMI-PROHIBITED-AIMLTRAINING'`, 'no data-mining-prohibited', 'no data-mining-prohibited'],
    ['but for search', `${plus} plus:DataMining="${vocab}DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING"`, 'no data-mining-prohibited', 'no data-mining-prohibited'],
    ['see a constraint', `${plus} plus:DataMining="${vocab}DMI-PROHIBITED-SEECONSTRAINT"`, 'no data-mining-prohibited', 'no data-mining-prohibited'],
    ['DMI-ALLOWED', `${plus} plus:DataMining="${vocab}DMI-ALLOWED"`, 'yes data-mining-prohibited', 'yes data-mining-prohibited'],
    ['DMI-UNSPECIFIED', `${plus} plus:DataMining="${vocab}DMI-UNSPECIFIED"`, null, null],
    ['an unknown word', `${plus} plus:DataMining="DMI-PERHAPS"`, null, 'no consent-unreadable'],
    ['another namespace', `xmlns:plus="http://other.test/" plus:DataMining="${vocab}DMI-PROHIBITED"`, null, null],
    ['tdm:reservation', `xmlns:tdm="http://www.w3.org/ns/tdmrep/" tdm:reservation="1"`, 'no tdm-reserved', 'no tdm-reserved'],
    ['nothing', '', null, null],
  ])('%s', async (_, attributes, standard, strict) => {
    const bytes = await jpegWith(packet(attributes))
    expect([word(xmpSignal(bytes, 'standard')), word(xmpSignal(bytes, 'strict'))]).toEqual([standard, strict])
    expect(xmpSignal(bytes, 'basic')).toBe(null)
  }) // prettier-ignore

  it.each([
    ['text', `<plus:DataMining>${vocab}DMI-PROHIBITED</plus:DataMining>`],
    ['a resource', `<plus:DataMining rdf:resource="${vocab}DMI-PROHIBITED"/>`],
    [
      'a list',
      `<plus:DataMining>\n<rdf:Bag><rdf:li>${vocab}DMI-PROHIBITED</rdf:li></rdf:Bag></plus:DataMining >`,
    ],
    [
      'text behind one without an end',
      `<plus:DataMining>${'x'.repeat(2000)}<plus:DataMining>${vocab}DMI-PROHIBITED</plus:DataMining>`,
    ],
  ])('an element with %s', async (_, element) => {
    const signal = xmpSignal(await jpegWith(packet(plus, element)), 'standard')
    expect(signal).toEqual({
      reserves: true,
      rule: 'data-mining-prohibited',
      source: `XMP plus:DataMining: ${vocab}DMI-PROHIBITED`,
    })
  })

  it('in UTF-16', () => {
    const text = Buffer.from(`\uFEFF${packet(`${plus} plus:DataMining="${vocab}DMI-PROHIBITED"`)}`, 'utf16le')
    const head = Buffer.concat([Buffer.from('XMP '), Buffer.alloc(4)])
    head.writeUInt32LE(text.length, 4)
    const webp = Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBP'), head, text])
    expect(word(xmpSignal(webp, 'standard'))).toBe('no data-mining-prohibited')
  })

  it('made to be slow is read in time', () => {
    const many = Array.from(
      { length: 50_000 },
      (_, i) => `xmlns:p${i % 9}="http://ns.useplus.org/ldf/xmp/1.0/"`,
    ).join(' ')
    const xmp = packet(many, '<p0:DataMining>'.repeat(130_000))
    const head = Buffer.concat([Buffer.from('XMP '), Buffer.alloc(4)])
    head.writeUInt32LE(xmp.length, 4)
    const started = process.cpuUsage().user
    expect(
      xmpSignal(Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBP'), head, Buffer.from(xmp)]), 'standard'),
    ).toBe(null)
    // Tried at each element, a pattern with its end would take 2,000 steps each: 7 s.
    expect(process.cpuUsage().user - started).toBeLessThan(2_000_000)
  })
})

it('any place can only forbid', () => {
  const yes: Signal = { reserves: false, rule: 'tdm-reserved', source: '' }
  const no: Signal = { reserves: true, rule: 'content-usage', source: '' }
  expect([decide([yes, null, no]), decide([null, yes]), decide([null])]).toEqual([no, yes, null])
})
