import { describe, expect, it } from 'vitest'
import { parseRobots, productToken, ROBOTS_BYTES } from '../../src/crawl/robots-txt.ts'

const lines = (...text: string[]) => `${text.join('\n')}\n`
const foo = (...rules: string[]) => lines('User-agent: foobot', ...rules)

const RFC_EXAMPLE = lines(
  'User-Agent: *',
  'Disallow: *.gif$',
  'Disallow: /example/',
  'Allow: /publications/',
  '',
  'User-Agent: foobot',
  'Disallow:/',
  'Allow:/example/page.html',
  'Allow:/example/allowed.gif',
  '',
  'User-Agent: barbot',
  'User-Agent: bazbot',
  'Disallow: /example/page.html',
  '',
  'User-Agent: quxbot',
)

describe('robots.txt: the examples of RFC 9309, section 5', () => {
  it.each([
    ['foobot', '/example/page.html', true],
    ['foobot', '/example/allowed.gif', true],
    ['foobot', '/publications/', false],
    ['barbot', '/example/page.html', false],
    ['bazbot', '/example/page.html', false],
    ['barbot', '/example/other.html', true],
    ['quxbot', '/example/page.html', true],
    ['otherbot', '/example/page.html', false],
    ['otherbot', '/publications/a.html', true],
    ['otherbot', '/publications/a.gif', true], // 14 octets against 6
    ['otherbot', '/pictures/a.gif', false],
    ['otherbot', '/pictures/a.gif?v=2', true],
  ])('%s may fetch %s: %s', (agent, path, allowed) => {
    expect(parseRobots(RFC_EXAMPLE).match(agent, path).allowed).toBe(allowed)
  })

  it('prefers the longest match (5.2)', () => {
    const robots = parseRobots(foo('Allow: /example/page/', 'Disallow: /example/page/disallowed.gif'))
    expect(robots.match('foobot', '/example/page/disallowed.gif').allowed).toBe(false)
    expect(robots.match('foobot', '/example/page/').allowed).toBe(true)
  })
})

describe('robots.txt: rules', () => {
  it.each([
    // [rules, path, allowed]
    [['Disallow:'], '/x', true],
    [['Disallow: /'], '/', false],
    [['Disallow: /'], '/robots.txt', true],
    [['Disallow: /', 'Allow: /'], '/x', true],
    [['Allow: /folder', 'Disallow: /folder'], '/folder/page', true],
    [['Disallow: /x', 'Allow: /x/'], '/x', false],
    [['Disallow: /x', 'Allow: /x/'], '/x/', true],
    [['Allow: /page', 'Disallow: /*.html'], '/page.html', false],
    [['Allow: /x/page.', 'Disallow: /*.html'], '/x/page.html', true],
    [['Disallow: /fish'], '/Fish', true],
    [['Disallow: /fish'], '/catfish', true],
    [['Disallow: /fish*'], '/fish', false],
    [['Disallow: /fish$'], '/fish', false],
    [['Disallow: /fish$'], '/fish/', true],
    [['Disallow: /fish$'], '/fish?x', true],
    [['Disallow: /a$b'], '/a$b', false],
    [['Disallow: /a$b'], '/a', true],
    [['Disallow: /*.php$'], '/a/b.php', false],
    [['Disallow: /*.php$'], '/a/b.php.php', false],
    [['Disallow: /*.php$'], '/a/b.php5', true],
    [['Disallow: /*.php$'], '/a/b.php?x=1', true],
    [['Disallow: /a*b*c'], '/a1b2c3', false],
    [['Disallow: /a*b*c'], '/a1c2b3', true],
    [['Disallow: /a*a$'], '/a', true], // the two pieces may not overlap
    [['Disallow: /*a*ab$'], '/xaaab', false],
    [['Disallow: *'], '/x', false],
    [['Disallow: *.gif'], '/x.gif', false],
    [['Disallow: $'], '/x', true],
    [['Disallow: /***x'], '/yyx', false],
    [['Disallow: x'], '/x', true], // a path starts with a slash
    [['Disallow: /?id='], '/?id=1', false],
    [['Disallow: /x # all of x'], '/x', false],
    [['Disallow: /x#y'], '/x', false],
    [['# Disallow: /'], '/x', true],
    [['disallow /x'], '/x', false], // no colon
    [['disallow /x y'], '/x', true], // no colon and three words: no rule
    [['DISALLOW:/x'], '/x', false],
    [[' \tDisallow \t: \t/x\t '], '/x', false],
    [['Dissallow: /x'], '/x', false],
    [['Disallow: /x', 'Unknown: y', 'Allow: /x/y'], '/x/y', true],
    [['Disallow: /', 'Allow: /x/index.html'], '/x/', true],
    [['Disallow: /', 'Allow: /x/index.html'], '/x/y', false],
    [['Allow: /', 'Disallow: /x/index.html'], '/x/', true],
    // percent-encoding
    [['Disallow: /ツ'], '/%E3%83%84', false],
    [['Disallow: /%e3%83%84'], '/%E3%83%84', false],
    [['Disallow: /%E3%83%84'], '/%e3%83%84', false],
    [['Disallow: /%62%61%7A'], '/baz', false],
    [['Disallow: /baz'], '/%62%61%7A', false],
    [['Disallow: /bar?u=https://x'], '/bar?u=https%3A%2F%2Fx', false],
    [['Disallow: /bar?u=https%3A%2F%2Fx'], '/bar?u=https://x', false],
    [['Disallow: /a b'], '/a%20b', false],
    [['Disallow: /%2A'], '/*', false],
    [['Disallow: /%2A'], '/x', true],
    [['Disallow: /x%24'], '/x', true],
    [['Disallow: /', 'Allow: /%62%61%7A'], '/baz', false], // never widens an Allow
    [['Disallow: /', 'Allow: /%62%61%7A'], '/%62%61%7a', true],
    [['Disallow: /%zz'], '/%zz', false],
  ])('%j on %s: allowed %s', (rules, path, allowed) => {
    expect(parseRobots(foo(...rules)).match('foobot', path).allowed).toBe(allowed)
  })

  it('names the line that decided, and none where none speaks', () => {
    const robots = parseRobots('\r\nUser-agent: *\rDisallow: /ツ # why\r\n\nAllow: /ok\n')
    expect(robots.match('a', '/%E3%83%84/1')).toEqual({ allowed: false, rule: 'Disallow: /ツ', line: 3 })
    expect(robots.match('a', '/ok')).toEqual({ allowed: true, rule: 'Allow: /ok', line: 5 })
    expect(robots.match('a', '/')).toEqual({ allowed: true, rule: null, line: null })
  })
})

describe('robots.txt: groups', () => {
  it.each([
    // [file, agent, path, allowed]
    ['', 'foobot', '/', true],
    [lines('Disallow: /', 'User-agent: *', 'Allow: /x'), 'foobot', '/y', true], // rules before any group
    [lines('User-agent: *', 'Disallow: /'), 'foobot', '/', false],
    [lines('User-agent: *', 'Disallow: /', 'User-agent: foobot', 'Disallow: /x'), 'foobot', '/y', true],
    [lines('User-agent: *', 'Disallow: /', 'User-agent: foobot'), 'foobot', '/y', true],
    [lines('User-agent: FOOBOT', 'Disallow: /'), 'FooBot', '/', false],
    [lines('User-agent: foobot/2.1', 'Disallow: /'), 'foobot', '/', false],
    [lines('User-agent: foobot bar', 'Disallow: /'), 'foobot', '/', false],
    [lines('User-agent: foo', 'Disallow: /'), 'foobot', '/', true],
    [lines('User-agent: foobot-images', 'Disallow: /'), 'foobot', '/', true],
    [lines('User-agent: img2set', 'Disallow: /'), 'img2set', '/', false],
    [lines('User-agent: foobot2', 'Disallow: /'), 'foobot', '/', false], // tokens have no digits by the RFC
    [lines('User-agent: *bot', 'Disallow: /'), 'foobot', '/', true],
    [lines('User-agent: * # all', 'Disallow: /'), 'foobot', '/', false],
    [lines('User agent: foobot', 'Disallow: /'), 'foobot', '/', false],
    [lines('User-agent foobot', 'Disallow /'), 'foobot', '/', false],
    [lines('User-agent: foobot', '', '', 'Disallow: /'), 'foobot', '/', false], // a blank line ends no group
    [lines('User-agent: foobot', 'Sitemap: http://x/', 'User-agent: b', 'Disallow: /'), 'foobot', '/', false],
    [lines('User-agent: foobot', 'Crawl-delay: 1', 'User-agent: b', 'Disallow: /'), 'foobot', '/', false],
    [lines('User-agent: a', 'Disallow: /a', 'User-agent: foobot', 'Disallow: /b'), 'foobot', '/a', true],
    // groups of one agent are merged, wherever they stand
    [
      lines(
        'User-agent: foobot',
        'Disallow: /a',
        'User-agent: b',
        'Disallow: /',
        'User-agent: foobot',
        'Disallow: /c',
      ),
      'foobot',
      '/a',
      false,
    ],
    [
      lines(
        'User-agent: foobot',
        'Disallow: /a',
        'User-agent: b',
        'Disallow: /',
        'User-agent: foobot',
        'Disallow: /c',
      ),
      'foobot',
      '/c',
      false,
    ],
    [lines('User-agent: *', 'Disallow: /a', 'User-agent: *', 'Disallow: /b'), 'foobot', '/a', false],
  ])('%j for %s on %s: allowed %s', (file, agent, path, allowed) => {
    expect(parseRobots(file).match(agent, path).allowed).toBe(allowed)
  })

  it('gives each agent its own Crawl-delay', () => {
    const robots = parseRobots(
      lines(
        'User-agent: a',
        'Crawl-delay: 2.5',
        'User-agent: b',
        'Crawl-delay: soon',
        'Disallow: /',
        'User-agent: *',
        'Crawl-delay: 10',
      ),
    )
    expect(['a', 'b', 'c'].map((agent) => robots.crawlDelay(agent))).toEqual([2.5, null, 10])
  })

  it('collects Sitemap lines wherever they stand', () => {
    const robots = parseRobots(
      lines('Sitemap: http://a/1.xml', 'User-agent: *', 'sitemap:http://a/2.xml', 'Disallow: /'),
    )
    expect(robots.sitemaps).toEqual(['http://a/1.xml', 'http://a/2.xml'])
    expect(robots.match('x', '/').allowed).toBe(false)
  })
})

describe('robots.txt: bytes', () => {
  const rules = Buffer.from(lines('User-agent: *', 'Disallow: /x'))

  it.each([
    ['a whole byte order mark', [0xef, 0xbb, 0xbf]],
    ['two bytes of one', [0xef, 0xbb]],
    ['one byte of one', [0xef]],
  ])('skips %s', (_, mark) => {
    expect(parseRobots(Buffer.concat([Buffer.from(mark), rules])).match('a', '/x').allowed).toBe(false)
  })

  it('escapes bytes that are no UTF-8 as they are', () => {
    const robots = parseRobots(Buffer.concat([rules, Buffer.from('Disallow: /caf\xe9\n', 'latin1')]))
    expect(robots.match('a', '/caf%E9').allowed).toBe(false)
    expect(robots.match('a', '/caf%C3%A9').allowed).toBe(true)
  })

  it('reads 500 KiB and leaves out the line that they cut', () => {
    const filler = `#${'x'.repeat(98)}\n`.repeat(Math.floor(ROBOTS_BYTES / 100) - 1)
    const head = `User-agent: *\n${filler}`
    const padding = `#${'x'.repeat(ROBOTS_BYTES - head.length - 2 - 12)}\n`
    const robots = parseRobots(
      `${head}Disallow: /a\n${padding.slice(13)}Disallow: /public-no-more\nDisallow: /b\n`,
    )
    expect(robots.match('a', '/a').allowed).toBe(false)
    expect(robots.match('a', '/public').allowed).toBe(true)
    expect(robots.match('a', '/b').allowed).toBe(true)
  })

  it('cuts a line at 16,663 bytes', () => {
    const long = `/x/${'a'.repeat(20_000)}`
    expect(parseRobots(foo(`Disallow: ${long}`)).match('foobot', `${long.slice(0, 16_653)}b`).allowed).toBe(
      false,
    )
    expect(parseRobots(foo(`Disallow: ${long}`)).match('foobot', `${long.slice(0, 16_652)}b`).allowed).toBe(
      true,
    )
  })

  it('matches thirty wildcards on a long path without trying again', () => {
    const robots = parseRobots(foo(`Disallow: /${'*a'.repeat(30)}*b$`))
    const started = process.cpuUsage().user
    for (let i = 0; i < 1000; i++) robots.match('foobot', `/${'a'.repeat(2000)}c`)
    // A matcher that backtracks needs 2000 choose 30 steps for the first of them.
    expect(process.cpuUsage().user - started).toBeLessThan(5_000_000)
    expect(robots.match('foobot', `/${'a'.repeat(2000)}b`).allowed).toBe(false)
  })
})

it('takes the product token of a User-Agent', () => {
  expect(['pairloom', 'pairloom/1.0 (+http://x)', ' My-Bot_2 x', ''].map(productToken)).toEqual([
    'pairloom',
    'pairloom',
    'My-Bot_2',
    '',
  ])
})
