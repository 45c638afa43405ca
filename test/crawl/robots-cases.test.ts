import { describe, expect, it } from 'vitest'
import { parseRobots } from '../../src/crawl/robots-txt.ts'

/** What a case is of, the lines of its robots.txt with `|` between them, the agent, paths that it may fetch and paths that it may not. */
type Case = [about: string, file: string, agent: string, allowed: string, forbidden: string]

/**
 * The 130 expectations about RFC 9309 of Google's robots_test.cc (github.com/google/robotstxt, Apache-2.0, at 22b355f),
 * as a table: without those of empty URLs and agents, and those that the file itself calls Google's own, below.
 */
const RFC: Case[] = [
  ['lines', 'user-agent: FooBot | disallow: /', 'FooBot', '', '/x/y'],
  ['lines', 'foo: FooBot | bar: /', 'FooBot', '/x/y', ''],
  ['lines', 'user-agent FooBot | disallow /', 'FooBot', '', '/x/y'],
  [
    'groups',
    'allow: /foo/bar/ |  | user-agent: FooBot | disallow: / | allow: /x/ | user-agent: BarBot | disallow: / | allow: /y/ |  |  | allow: /w/ | user-agent: BazBot |  | user-agent: FooBot | allow: /z/ | disallow: /',
    'FooBot',
    '/x/b /z/d',
    '/y/c /foo/bar/',
  ],
  [
    'groups',
    'allow: /foo/bar/ |  | user-agent: FooBot | disallow: / | allow: /x/ | user-agent: BarBot | disallow: / | allow: /y/ |  |  | allow: /w/ | user-agent: BazBot |  | user-agent: FooBot | allow: /z/ | disallow: /',
    'BarBot',
    '/y/c /w/a',
    '/z/d /foo/bar/',
  ],
  [
    'groups',
    'allow: /foo/bar/ |  | user-agent: FooBot | disallow: / | allow: /x/ | user-agent: BarBot | disallow: / | allow: /y/ |  |  | allow: /w/ | user-agent: BazBot |  | user-agent: FooBot | allow: /z/ | disallow: /',
    'BazBot',
    '/z/d',
    '/foo/bar/',
  ],
  [
    'other lines end no group',
    'User-agent: BarBot | Sitemap: https://foo.bar/sitemap | User-agent: * | Disallow: /',
    'FooBot',
    '',
    '/',
  ],
  [
    'other lines end no group',
    'User-agent: BarBot | Sitemap: https://foo.bar/sitemap | User-agent: * | Disallow: /',
    'BarBot',
    '',
    '/',
  ],
  [
    'other lines end no group',
    'User-agent: FooBot | Invalid-Unknown-Line: unknown | User-agent: * | Disallow: /',
    'FooBot',
    '',
    '/',
  ],
  [
    'other lines end no group',
    'User-agent: FooBot | Invalid-Unknown-Line: unknown | User-agent: * | Disallow: /',
    'BarBot',
    '',
    '/',
  ],
  ['names of lines in any case', 'USER-AGENT: FooBot | ALLOW: /x/ | DISALLOW: /', 'FooBot', '/x/y', '/a/b'],
  ['names of lines in any case', 'user-agent: FooBot | allow: /x/ | disallow: /', 'FooBot', '/x/y', '/a/b'],
  ['names of lines in any case', 'uSeR-aGeNt: FooBot | AlLoW: /x/ | dIsAlLoW: /', 'FooBot', '/x/y', '/a/b'],
  ['agents in any case', 'User-Agent: FOO BAR | Allow: /x/ | Disallow: /', 'Foo', '/x/y', '/a/b'],
  ['agents in any case', 'User-Agent: foo bar | Allow: /x/ | Disallow: /', 'Foo', '/x/y', '/a/b'],
  ['agents in any case', 'User-Agent: FoO bAr | Allow: /x/ | Disallow: /', 'Foo', '/x/y', '/a/b'],
  ['agents in any case', 'User-Agent: FOO BAR | Allow: /x/ | Disallow: /', 'foo', '/x/y', '/a/b'],
  ['agents in any case', 'User-Agent: foo bar | Allow: /x/ | Disallow: /', 'foo', '/x/y', '/a/b'],
  ['agents in any case', 'User-Agent: FoO bAr | Allow: /x/ | Disallow: /', 'foo', '/x/y', '/a/b'],
  ['the group of all', '', 'FooBot', '/x/y', ''],
  ['the group of all', 'user-agent: * | allow: / | user-agent: FooBot | disallow: /', 'FooBot', '', '/x/y'],
  ['the group of all', 'user-agent: * | allow: / | user-agent: FooBot | disallow: /', 'BarBot', '/x/y', ''],
  [
    'the group of all',
    'user-agent: FooBot | allow: / | user-agent: BarBot | disallow: / | user-agent: BazBot | disallow: /',
    'QuxBot',
    '/x/y',
    '',
  ],
  ['paths by their case', 'user-agent: FooBot | disallow: /x/', 'FooBot', '', '/x/y'],
  ['paths by their case', 'user-agent: FooBot | disallow: /X/', 'FooBot', '/x/y', ''],
  [
    'the longest match',
    'user-agent: FooBot | disallow: /x/page.html | allow: /x/',
    'FooBot',
    '',
    '/x/page.html',
  ],
  [
    'the longest match',
    'user-agent: FooBot | allow: /x/page.html | disallow: /x/',
    'FooBot',
    '/x/page.html',
    '/x/',
  ],
  ['the longest match', 'user-agent: FooBot | disallow: | allow:', 'FooBot', '/x/page.html', ''],
  ['the longest match', 'user-agent: FooBot | disallow: / | allow: /', 'FooBot', '/x/page.html', ''],
  ['the longest match', 'user-agent: FooBot | disallow: /x | allow: /x/', 'FooBot', '/x/', '/x'],
  [
    'the longest match',
    'user-agent: FooBot | disallow: /x/page.html | allow: /x/page.html',
    'FooBot',
    '/x/page.html',
    '',
  ],
  [
    'the longest match',
    'user-agent: FooBot | allow: /page | disallow: /*.html',
    'FooBot',
    '/page',
    '/page.html',
  ],
  [
    'the longest match',
    'user-agent: FooBot | allow: /x/page. | disallow: /*.html',
    'FooBot',
    '/x/page.html',
    '/x/y.html',
  ],
  [
    'the longest match',
    'User-agent: * | Disallow: /x/ | User-agent: FooBot | Disallow: /y/',
    'FooBot',
    '/x/page',
    '/y/page',
  ],
  [
    'percent-encoding',
    'User-agent: FooBot | Disallow: / | Allow: /foo/bar?qux=taz&baz=http://foo.bar?tar&par',
    'FooBot',
    '/foo/bar?qux=taz&baz=http://foo.bar?tar&par',
    '',
  ],
  [
    'percent-encoding',
    'User-agent: FooBot | Disallow: / | Allow: /foo/bar/ツ',
    'FooBot',
    '/foo/bar/%E3%83%84',
    '/foo/bar/ツ',
  ],
  [
    'percent-encoding',
    'User-agent: FooBot | Disallow: / | Allow: /foo/bar/%E3%83%84',
    'FooBot',
    '/foo/bar/%E3%83%84',
    '/foo/bar/ツ',
  ],
  [
    'percent-encoding',
    'User-agent: FooBot | Disallow: / | Allow: /foo/bar/%62%61%7A',
    'FooBot',
    '/foo/bar/%62%61%7A',
    '/foo/bar/baz',
  ],
  [
    'special characters',
    'User-agent: FooBot | Disallow: /foo/bar/quz | Allow: /foo/*/qux',
    'FooBot',
    '/foo/quz /foo//quz /foo/bax/quz',
    '/foo/bar/quz',
  ],
  [
    'special characters',
    'User-agent: FooBot | Disallow: /foo/bar$ | Allow: /foo/bar/qux',
    'FooBot',
    '/foo/bar/qux /foo/bar/ /foo/bar/baz',
    '/foo/bar',
  ],
  [
    'special characters',
    'User-agent: FooBot | # Disallow: / | Disallow: /foo/quz#qux | Allow: /',
    'FooBot',
    '/foo/bar',
    '/foo/quz',
  ],
  [
    'path values',
    'user-agent: FooBot | disallow: / | allow: /fish',
    'FooBot',
    '/fish /fish.html /fish/salmon.html /fishheads /fishheads/yummy.html /fish.html?id=anything',
    '/bar /Fish.asp /catfish /?id=fish',
  ],
  [
    'path values',
    'user-agent: FooBot | disallow: / | allow: /fish*',
    'FooBot',
    '/fish /fish.html /fish/salmon.html /fishheads /fishheads/yummy.html /fish.html?id=anything',
    '/bar /Fish.bar /catfish /?id=fish',
  ],
  [
    'path values',
    'user-agent: FooBot | disallow: / | allow: /fish/',
    'FooBot',
    '/fish/ /fish/salmon /fish/?salmon /fish/salmon.html /fish/?id=anything',
    '/bar /fish /fish.html /Fish/Salmon.html',
  ],
  [
    'path values',
    'user-agent: FooBot | disallow: / | allow: /*.php',
    'FooBot',
    '/filename.php /folder/filename.php /folder/filename.php?parameters //folder/any.php.file.html /filename.php/ /index?f=filename.php/',
    '/bar /php/ /index?php /windows.PHP',
  ],
  [
    'path values',
    'user-agent: FooBot | disallow: / | allow: /*.php$',
    'FooBot',
    '/filename.php /folder/filename.php',
    '/bar /filename.php?parameters /filename.php/ /filename.php5 /php/ /filename?php /aaaphpaaa //windows.PHP',
  ],
  [
    'path values',
    'user-agent: FooBot | disallow: / | allow: /fish*.php',
    'FooBot',
    '/fish.php /fishheads/catfish.php?parameters',
    '/bar /Fish.PHP',
  ],
  ['path values', 'user-agent: FooBot | allow: /p | disallow: /', 'FooBot', '/page', ''],
  ['path values', 'user-agent: FooBot | allow: /folder | disallow: /folder', 'FooBot', '/folder/page', ''],
  ['path values', 'user-agent: FooBot | allow: /page | disallow: /*.htm', 'FooBot', '', '/page.htm'],
  ['path values', 'user-agent: FooBot | allow: /$ | disallow: /', 'FooBot', '/', '/page.html'],
]

/** Leniency that is Google's own, and ours. */
const BEYOND: Case[] = [
  [
    'agents up to a space',
    'User-Agent: * | Disallow: / | User-Agent: Foo Bar | Allow: /x/ | Disallow: /',
    'Foo',
    '/x/y',
    '',
  ],
  [
    'agents up to a space',
    'User-Agent: * | Disallow: / | User-Agent: Foo Bar | Allow: /x/ | Disallow: /',
    'Foo Bar',
    '',
    '/x/y',
  ],
  [
    'index.html',
    'User-Agent: * | Allow: /allowed-slash/index.html | Disallow: /',
    'foobot',
    '/allowed-slash/ /allowed-slash/index.html',
    '/allowed-slash/index.htm /anyother-url',
  ],
]

const expectations = (cases: Case[]) =>
  cases.flatMap(([about, file, agent, allowed, forbidden]) => {
    const paths = (list: string) => list.split(' ').filter(Boolean)
    const robots = parseRobots(file.split(/ ?[|] ?/).join('\n'))
    return [
      ...paths(allowed).map((path) => ({ about, agent, path, expected: true })),
      ...paths(forbidden).map((path) => ({ about, agent, path, expected: false })),
    ].map((it) => ({ ...it, got: robots.match(it.agent, it.path).allowed }))
  })

describe('robots.txt as RFC 9309 has it', () => {
  it('passes 130 of 130 cases', () => {
    const all = expectations(RFC)
    expect(all.filter(({ expected, got }) => expected !== got)).toEqual([])
    expect(all).toHaveLength(130)
  })

  it('passes 6 of 6 cases of leniency', () => {
    const all = expectations(BEYOND)
    expect(all.filter(({ expected, got }) => expected !== got)).toEqual([])
    expect(all).toHaveLength(6)
  })
})
