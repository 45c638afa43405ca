import { DomUtils, parseDocument } from 'htmlparser2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isDraft } from '../../demo/page-html.ts'
import { normalText } from '../../demo/pages.ts'
import type { Site } from '../../demo/pages.ts'
import { planWeb } from '../../demo/web.ts'
import { startWeb } from '../servers/web.ts'
import type { DemoWeb } from '../servers/web.ts'
import { get } from './client.ts'

// 480 pictures: the least with all twelve sites.
const options = { seed: 2, pictures: 480 }
const { sites } = planWeb(options)
let web: DemoWeb

beforeAll(async () => {
  web = await startWeb(options)
})
afterAll(() => web.close())

const text = async (url: string) => (await get(web.hosts, url)).body.toString()
const elements = (html: string, name: string) => DomUtils.getElementsByTagName(name, parseDocument(html))

function hrefs(html: string, page: string): string[] {
  return elements(html, 'a').map((element) => new URL(element.attribs['href'] ?? '', page).href)
}

async function locations(url: string): Promise<string[]> {
  const xml = parseDocument(await text(url), { xmlMode: true })
  return DomUtils.getElementsByTagName('loc', xml).map((element) => DomUtils.textContent(element))
}

function siteOf(kind: Site['domain']['pages']): Site {
  return sites.find(({ domain }) => domain.pages === kind) as Site
}

describe('demo/pages', () => {
  it('writes exactly the links of the truth into HTML', async () => {
    const seen: string[] = []
    for (const page of sites.flatMap(({ pages }) => pages)) {
      const html = await text(page.url)
      expect(elements(html, 'html')[0]?.attribs['lang']).toBe(page.language)
      for (const { attribs } of elements(html, 'img')) {
        const url = new URL(attribs['src'] ?? '', page.url)
        url.hash = ''
        seen.push(`${page.url} ${url.href} ${normalText(attribs['alt'] ?? '')}`)
      }
    }
    expect(seen.sort()).toEqual(web.truth.links.map(({ page, url, text }) => `${page} ${url} ${text}`).sort())
  })

  it('reaches every page of a site without a sitemap from its start', async () => {
    const { start, pages } = siteOf('links')
    const found = new Set([start])
    for (const url of found) {
      const reply = await get(web.hosts, url)
      if (reply.status !== 200) continue
      for (const href of hrefs(reply.body.toString(), url))
        if (href.startsWith(start)) found.add(href.split('#')[0] ?? '')
    }
    for (const { url } of pages) expect(found).toContain(url)
  })

  it('lists every page but drafts in a sitemap, or in the two that an index names', async () => {
    for (const kind of ['sitemap', 'sitemap-index'] as const) {
      const { start, pages } = siteOf(kind)
      const named = await locations(`${start}sitemap.xml`)
      const listed = kind === 'sitemap' ? named : (await Promise.all(named.map(locations))).flat()
      expect(listed).toEqual(pages.filter((page) => !isDraft(page)).map(({ url }) => url))
    }
  })

  it('says in robots.txt what the truth expects', async () => {
    const { start, domain } = siteOf('sitemap')
    expect(await text(`${start}robots.txt`)).toBe(
      [
        `# robots.txt of www.${domain.name}`,
        'User-agent: *',
        'Disallow: /private/',
        'Allow: /private/press/ # the longer rule wins',
        'Disallow: /*.draft.jpg$',
        'Disallow: /drafts/',
        '',
        `Sitemap: ${start}sitemap.xml`,
        '',
      ].join('\n'),
    )
    expect(await text('http://private.lanternrow.test/robots.txt')).toBe('User-agent: *\nDisallow: /\n')
    expect(await text('http://noai.marblefox.test/robots.txt')).toBe(
      'User-agent: pairloom\nDisallow: /\n\nUser-agent: *\nAllow: /\n',
    )
    expect((await get(web.hosts, 'http://img2.fernhill.test/robots.txt')).status).toBe(404)
  })

  it('puts what robots.txt forbids where robots.txt forbids it', () => {
    const forbidden = /^http:\/\/(private\.lanternrow|noai\.marblefox)|\/private\/(?!press\/)|\.draft\.jpg$/
    for (const { url, trouble } of web.truth.images) {
      const isRobots = ['robots-path', 'robots-host', 'robots-agent'].includes(trouble ?? '')
      expect(forbidden.test(url), url).toBe(isRobots)
    }
    for (const { page, trouble } of web.truth.links) {
      expect(page.includes('/drafts/')).toBe(trouble === 'robots-page')
    }
  })
})
