import { seededRandom } from '../src/core/random.ts'
import type { Link, Page, Site } from './pages.ts'
import { groupName } from './words.ts'

/** A gallery page: figures with `<img src alt>`, links to the start page and to the page after. */
export function pageHtml(page: Page): string {
  const title = `${groupName(page.group, page.language)} – ${page.site}`
  const figures = page.links.map((link, i) => figure(page, link, i + 1))
  // Neither a comment nor a script is a link; a crawl that asks for /never/ reads HTML as text.
  const traps = [
    '<!-- <img src="/never/comment.jpg" alt="a picture inside a comment"> -->',
    `<script>const lazy = '<img src="/never/script.jpg" alt="a picture inside a script">'</script>`,
  ]
  const next = page.next.map((url) => `<a rel="next" href="${escapeHtml(pathOf(url))}">&raquo;</a>`)
  return documentHtml(page.language, title, [
    '<nav><a href="/">&#8962;</a></nav>',
    `<h1>${escapeHtml(groupName(page.group, page.language))}</h1>`,
    ...figures,
    ...traps,
    ...next,
  ])
}

/**
 * The start page of a site.
 *
 * A site without a sitemap names the first page of each language here; one with a sitemap only its first language.
 * The drafts folder, a page that is gone and another site are linked too, as everywhere.
 */
export function startHtml({ domain, languages, pages }: Site, neighbour: string): string {
  const firsts = languages.flatMap(
    (language) => pages.find((page) => page.language === language && !isDraft(page)) ?? [],
  )
  const shown = domain.pages === 'links' ? firsts : firsts.slice(0, 1)
  const links = [
    ...shown.map(
      ({ url, language }) => `<a hreflang="${language}" href="${escapeHtml(pathOf(url))}">${language}</a>`,
    ),
    ...pages.filter(isDraft).map(({ url }) => `<a href="${escapeHtml(url)}">drafts</a>`),
    '<a href="/old-news.html">old news</a>',
    `<a href="${neighbour}">a friend</a>`,
    '<a href="mailto:hello@example.test">write to us</a>',
    '<a href="#top">top</a>',
  ]
  const items = links.map((link) => `<li>${link}</li>`)
  return documentHtml('en', domain.name, [`<h1 id="top">${domain.name}</h1>`, '<ul>', ...items, '</ul>'])
}

/** Answers of `/sitemap.xml` and of the sitemaps it names, by path. */
export function sitemaps({ domain, pages }: Site): Map<string, string> {
  const urls = pages.filter((page) => !isDraft(page)).map(({ url }) => url)
  if (domain.pages === 'links') return new Map()
  if (domain.pages === 'sitemap') return new Map([['/sitemap.xml', urlset(urls)]])
  const half = Math.ceil(urls.length / 2)
  const parts = ['/sitemap-1.xml', '/sitemap-2.xml']
  const index = parts.map((path) => `<sitemap><loc>http://www.${domain.name}${path}</loc></sitemap>`)
  return new Map([
    ['/sitemap.xml', xml('sitemapindex', index)],
    ['/sitemap-1.xml', urlset(urls.slice(0, half))],
    ['/sitemap-2.xml', urlset(urls.slice(half))],
  ])
}

export function isDraft({ url }: Page): boolean {
  return pathOf(url).startsWith('/drafts/')
}

/** Path and query: what a request line carries. */
export function pathOf(url: string): string {
  const { pathname, search } = new URL(url)
  return pathname + search
}

function figure(page: Page, link: Link, number: number): string {
  const random = seededRandom(page.url, link.url)
  const { host } = new URL(link.url)
  const isHere = host === new URL(page.url).host
  const relative = isHere ? pathOf(link.url) : link.url.slice('http:'.length)
  const src = random.next() < 0.5 ? link.url : relative
  const fragment = random.next() < 0.05 ? '#view' : ''
  const alt = random.next() < 0.05 ? `\n      ${spaced(link.text)} ` : link.text
  const written = random.next() < 0.1 ? numericEntities(alt) : escapeHtml(alt)
  const lazy = random.next() < 0.3 ? ' loading="lazy"' : ''
  const img = `<img src="${escapeHtml(src + fragment)}" alt="${written}"${lazy}>`
  return `  <figure>\n    ${img}\n    <figcaption>${number}</figcaption>\n  </figure>`
}

function documentHtml(language: string, title: string, body: readonly string[]): string {
  return [
    '<!doctype html>',
    `<html lang="${language}">`,
    `<head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head>`,
    '<body>',
    ...body,
    '</body>',
    '</html>',
    '',
  ].join('\n')
}

function urlset(urls: readonly string[]): string {
  return xml(
    'urlset',
    urls.map((url) => `<url><loc>${escapeHtml(url)}</loc></url>`),
  )
}

function xml(root: string, items: readonly string[]): string {
  const open = `<${root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">`
  return ['<?xml version="1.0" encoding="UTF-8"?>', open, ...items, `</${root}>`, ''].join('\n')
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

function numericEntities(text: string): string {
  return escapeHtml(text).replaceAll(/[^\0-~]/gu, (char) => `&#x${(char.codePointAt(0) ?? 0).toString(16)};`)
}

function spaced(text: string): string {
  return text.replace(' ', '\n        ')
}
