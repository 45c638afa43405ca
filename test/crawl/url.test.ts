import { describe, expect, it } from 'vitest'
import { canonicalUrl } from '../../src/core/index.ts'
import { siteOf, webUrl } from '../../src/crawl/url.ts'

const BASE = 'https://a.test/x/y?z'

describe('webUrl', () => {
  it.each([
    ['b.png', 'https://a.test/x/b.png'],
    ['/b.png#f', 'https://a.test/b.png'],
    ['//c.test/b', 'https://c.test/b'],
    ['?q', 'https://a.test/x/y?q'],
    ['', 'https://a.test/x/y?z'],
    [' \n../b ', 'https://a.test/b'],
    ['HTTP://C.Test:80/ä b', 'http://c.test/%C3%A4%20b'],
    ['\\b\\c', 'https://a.test/b/c'],
    ['ht\ntp://c.test/', 'http://c.test/'],
    ['http://münchen.test/', 'http://xn--mnchen-3ya.test/'],
  ])('%j is %s, as canonicalUrl says', (reference, url) => {
    expect(webUrl(reference, BASE)).toEqual({ url, refused: null })
    expect(canonicalUrl(reference, BASE)).toBe(url)
  })

  it.each([
    ['data:image/gif;base64,R0lGOD', 'data-url'],
    [' DATA:,', 'data-url'],
    ['javascript:void(0)', 'not-http'],
    ['mailto:a@b', 'not-http'],
    ['ftp://a.test/', 'not-http'],
    ['https://u:p@a.test/', 'credentials'],
    ['https://u@a.test/', 'credentials'],
    ['http://', 'bad-url'],
    ['http://a b/', 'bad-url'],
    ['http://[::1/', 'bad-url'],
    [`/${'x'.repeat(2000)}`, 'long-url'],
    [`/${'ä'.repeat(400)}`, 'long-url'], // 2,400 characters once encoded
  ])('%.30s is refused as %s', (reference, refused) => {
    expect(webUrl(reference, BASE)).toEqual({ url: null, refused })
  })
})

it.each([
  ['https://www.a.co.uk/x', 'a.co.uk'],
  ['https://a.github.io/', 'a.github.io'],
  ['https://github.io/', 'github.io'],
  ['http://img.cats.test:8080/', 'cats.test'],
  ['http://localhost:1/', 'localhost'],
  ['http://127.0.0.1/', '127.0.0.1'],
  ['http://[::1]/', '[::1]'],
  ['http://xn--mnchen-3ya.test/', 'xn--mnchen-3ya.test'],
])('the site of %s is %s', (url, site) => {
  expect(siteOf(url)).toBe(site)
})
