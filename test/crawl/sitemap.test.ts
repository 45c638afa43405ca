import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readSitemap, SITEMAP_ENTRIES } from '../../src/crawl/sitemap.ts'

const URL_ = 'http://a.test/sitemap.xml'
const read = (text: string) => readSitemap(Buffer.from(text), URL_)

const URLSET = `<?xml version="1.0" encoding="UTF-8"?>
  <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
    <url><loc> http://a.test/1?a=1&amp;b=2 </loc><lastmod>2024-01-01</lastmod></url>
    <url><image:image><image:loc>http://a.test/i.jpg</image:loc></image:image><loc><![CDATA[http://a.test/2#x]]></loc></url>
    <url><loc>http://a.test/2</loc></url>
    <url><loc>mailto:x</loc></url>
    <url/>
  </urlset>`

describe('readSitemap', () => {
  const pages = ['http://a.test/1?a=1&b=2', 'http://a.test/2']

  it.each([
    ['XML', Buffer.from(URLSET)],
    ['XML with a byte order mark', Buffer.from(`\ufeff${URLSET}`)],
    ['gzipped XML', gzipSync(URLSET)],
    ['XML with prefixes', Buffer.from(URLSET.replace(/<(\/?)(urlset|url|loc)(?=[\s/>])/g, '<$1s:$2'))],
  ])('reads %s', async (_, body) => {
    expect(await readSitemap(body, URL_)).toEqual({ pages, sitemaps: [], refused: 1 })
  })

  it('reads an index', async () => {
    const index =
      '<sitemapindex><sitemap><loc>http://a.test/s1.xml</loc></sitemap><sitemap><loc>/s2.xml</loc></sitemap></sitemapindex>'
    expect(await read(index)).toEqual({
      pages: [],
      sitemaps: ['http://a.test/s1.xml', 'http://a.test/s2.xml'],
      refused: 0,
    })
  })

  it('reads a text file', async () => {
    expect(await read('\ufeffhttp://a.test/1\r\n\r\n http://a.test/2 \nftp://a.test/3')).toEqual({
      pages: ['http://a.test/1', 'http://a.test/2'],
      sitemaps: [],
      refused: 1,
    })
  })

  it('reads what stands before a break', async () => {
    expect((await read('<urlset><url><loc>http://a.test/1</loc></url><url><loc>http://a.t')).pages).toEqual([
      'http://a.test/1',
    ])
    expect(await read('<html><body><loc>http://a.test/1</loc>')).toEqual({
      pages: [],
      sitemaps: [],
      refused: 0,
    })
    expect(await read('')).toEqual({ pages: [], sitemaps: [], refused: 0 })
  })

  it('takes 50,000 entries', async () => {
    const lines = Array.from({ length: SITEMAP_ENTRIES + 3 }, (_, i) => `http://a.test/${i}`)
    const { pages: taken, refused } = await read(lines.join('\n'))
    expect([taken.length, refused]).toEqual([SITEMAP_ENTRIES, 3])
  })

  it('refuses a file that unzips to more than 50 MiB, or not at all', async () => {
    const bomb = gzipSync(Buffer.alloc(51 * 1024 * 1024, '\n'))
    await expect(readSitemap(bomb, URL_)).rejects.toMatchObject({
      code: 'PL_FETCH',
      data: { reason: 'too-many-bytes' },
    })
    const cut = gzipSync(URLSET).subarray(0, 100)
    await expect(readSitemap(cut, URL_)).rejects.toMatchObject({
      code: 'PL_FETCH',
      data: { reason: 'bad-encoding' },
    })
  })
})
