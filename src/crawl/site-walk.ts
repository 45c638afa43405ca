import type { StageContext } from '../core/index.ts'
import { headerUse } from './consent-page.ts'
import { reasonOf } from './fetch-error.ts'
import { readPage, type Page, type PageOptions } from './html.ts'
import type { HttpResponse } from './http.ts'
import type { Robots } from './robots.ts'
import { productToken } from './robots-txt.ts'
import type { SiteClient } from './site-client.ts'
import { sitemapPages } from './sitemap-walk.ts'
import { siteOf, webUrl } from './url.ts'

/** Redirects in a row that a page may take. */
const MAX_HOPS = 5

export interface WalkOptions extends Omit<PageOptions, 'links'> {
  /** Start pages, all of one registrable domain. */
  start: readonly string[]
  scope: 'origin' | 'site'
  sitemap: 'auto' | 'only' | 'never'
  maxPages: number
  maxDepth: number
  maxPageBytes: number
}

interface Target {
  url: string
  /** Links away from a start page or a sitemap. */
  depth: number
  /** Redirects that led here. */
  hops: number
  isStart: boolean
}

/**
 * Walks one site breadth first: start pages, then its sitemaps' pages, then links in the order of their pages.
 *
 * One request at a time, so that the same site gives the same pages in the same order. A page that fails is counted
 * (`pages.http-404`) and the walk goes on; a site without end ends after maxPages URLs asked for,
 * redirects among them.
 * Memory: the URLs seen, at most 10 x maxPages + 10,000 of them waiting.
 */
export async function* walkSite(
  options: WalkOptions,
  client: SiteClient,
  robots: Robots,
  { count, network }: Pick<StageContext, 'count' | 'network'>,
): AsyncGenerator<Page> {
  const agent = productToken(network.agent)
  const site = siteOf(options.start[0]!)
  const origins = new Set(options.start.map((url) => new URL(url).origin))
  const isInScope = (url: string) =>
    options.scope === 'site' ? siteOf(url) === site : origins.has(new URL(url).origin)

  const seen = new Set<string>()
  const next: Target[] = []
  const links: Target[] = []
  const maxWaiting = 10 * options.maxPages + 10_000

  function offer(to: Target[], target: Target): void {
    if (seen.has(target.url)) return
    if (!isInScope(target.url)) count('urls.out-of-scope')
    else if (to === links && links.length >= maxWaiting) count('urls.over-limit')
    else {
      seen.add(target.url)
      to.push(target)
    }
  }

  async function* targets(): AsyncGenerator<Target> {
    if (options.sitemap !== 'only') {
      for (const url of options.start) offer(next, { url, depth: 0, hops: 0, isStart: true })
      for (const target of next.splice(0)) yield* withRedirects(target)
    }
    if (options.sitemap !== 'never') {
      for await (const url of sitemapPages([...origins], client, robots, count)) {
        offer(next, { url, depth: 0, hops: 0, isStart: false })
        for (const target of next.splice(0)) yield* withRedirects(target)
      }
    }
    while (links.length > 0) yield* withRedirects(links.shift()!)
  }

  // Whoever takes a target puts what it redirects to in `next`.
  function* withRedirects(target: Target): Generator<Target> {
    yield target
    while (next.length > 0) yield next.shift()!
  }

  let asked = 0
  for await (const target of targets()) {
    if (asked >= options.maxPages) {
      count('sites.page-limit')
      break
    }
    const response = await attempt(target.url)
    if (response === null) continue
    asked++
    if (response.status >= 300) {
      redirect(target, response)
      continue
    }
    const page = read(response)
    if (page === null) continue
    count('pages.ok')
    yield page
    if (options.sitemap === 'only' || target.depth >= options.maxDepth) continue
    if (page.robots.noFollow !== null) {
      count('links.nofollow', page.links.length)
      continue
    }
    for (const url of page.links) offer(links, { url, depth: target.depth + 1, hops: 0, isStart: false })
  }

  async function attempt(url: string): Promise<HttpResponse | null> {
    try {
      return await client.get(url, {
        maxBytes: options.maxPageBytes,
        accept: 'text/html, application/xhtml+xml',
      })
    } catch (error) {
      const reason = reasonOf(error)
      if (reason === null) throw error
      // What robots.txt forbids was not asked for, nor is a host that was given up.
      if (!reason.startsWith('robots') && reason !== 'host-given-up') asked++
      count(`pages.${reason}`)
      return null
    }
  }

  function redirect(from: Target, { headers, url }: HttpResponse): void {
    count('pages.redirect')
    const to = webUrl([headers.location].flat()[0] ?? '', url).url
    if (to === null || from.hops >= MAX_HOPS) {
      count(to === null ? 'pages.bad-redirect' : 'pages.too-many-redirects')
      return
    }
    // example.com that answers from www.example.com is the site that was asked for.
    if (from.isStart && siteOf(to) === site) origins.add(new URL(to).origin)
    offer(next, { ...from, url: to, hops: from.hops + 1 })
  }

  function read({ url, headers, body }: HttpResponse): Page | null {
    count('bytes.in', body.length)
    const contentType = headers['content-type'] ?? null
    if (contentType !== null && !/^\s*(?:text\/html|application\/xhtml\+xml)\s*(?:;|$)/i.test(contentType)) {
      count('pages.not-html')
      return null
    }
    const robotsTags = [headers['x-robots-tag'] ?? []].flat()
    const use = headerUse((name) => headers[name])
    const page = readPage(body, { url, contentType, robotsTags, use, agent }, { ...options, links: true })
    for (const [name, by] of Object.entries(page.counts)) count(name, by)
    return page
  }
}
