import { z } from 'zod'
import { defineSource, LINK_COLUMNS, runtime, type LinkRow } from '../core/index.ts'
import { limitedRobots } from './fetch-robots.ts'
import { openHttp } from './http.ts'
import { isOptedOut, linkRows } from './links.ts'
import { pageOptions } from './page-options.ts'
import { openPolite } from './polite.ts'
import { openSiteClient } from './site-client.ts'
import { walkSite } from './site-walk.ts'
import { siteOf, webUrl } from './url.ts'

/** Rows handed on at once, at least. */
const BATCH_ROWS = 500

const startUrl = z.string().refine((text) => webUrl(text).url !== null, {
  error: 'Expected an http or https URL without user and password, at most 2000 characters',
})

const ms = (min: number, value: number, doc: string) =>
  runtime(z.int().min(min).max(3_600_000).default(value)).describe(`${doc}, ms`)

const options = z.strictObject({
  start: z
    .array(startUrl)
    .min(1)
    .describe('pages to start from; one site after another is walked from its own'),
  scope: z
    .enum(['origin', 'site'])
    .default('origin')
    .describe('follow links within the origins of the start pages, or within their registrable domains'),
  sitemap: z
    .enum(['auto', 'only', 'never'])
    .default('auto')
    .describe('auto: pages of the sitemaps, then links; only: pages of the sitemaps; never: links'),
  maxPages: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(1000)
    .describe('URLs of pages asked for in one site, redirects and those that fail included'),
  maxDepth: z.int().min(0).max(1000).default(20).describe('links away from a start page or a sitemap'),
  ...pageOptions(['alt']),
  delayMs: ms(0, 500, 'pause between two requests to a host'),
  maxCrawlDelayMs: ms(0, 30_000, 'longest pause that a Crawl-delay line can ask for'),
  retries: runtime(z.int().min(0).max(20).default(2)).describe('further tries of a page where one may help'),
  backoffMs: ms(1, 1000, 'wait before the first further try; doubled for each one after'),
  giveUpAfter: runtime(z.int().min(1).max(1_000_000).default(10)).describe(
    'pages of one host that fail in a row (429, 5xx, lost connections, deadlines) after which it is asked no more',
  ),
  maxWaitMs: ms(
    1,
    60_000,
    'longest wait between two tries; a host whose Retry-After asks for more is asked no more',
  ),
})

interface SitePart extends Record<string, unknown> {
  site: string
  start: string[]
}

/**
 * Walks web sites and gives each picture that has a text, by default each `<img>` with an alt text, with its page.
 *
 * A site (registrable domain) is one partition, so that a host is asked from one place, one request at a time. Its
 * robots.txt, X-Robots-Tag headers and robots metas are obeyed: pictures of a page that says noindex, noimageindex,
 * noai or noimageai are not taken, nor those of a page whose TDMRep or Content-Usage reserves it (`consent`). Order of rows: pages as walked, pictures as in the document; the same picture on two
 * pages is two rows, which `crawl/merge-links` joins.
 */
export const site = defineSource({
  name: 'crawl/site',
  version: 4,
  summary: 'Walk web sites by sitemap and links, and take pictures with their alt texts',
  options,
  columns: LINK_COLUMNS,
  whenEmpty:
    'that start names pages with pictures that have texts of these kinds (texts, captions), and that robots.txt lets us in',
  snapshot: true,
  partitions({ start }): SitePart[] {
    const sites = new Map<string, Set<string>>()
    for (const text of start) {
      const { url } = webUrl(text)
      const key = siteOf(url!)
      sites.set(key, (sites.get(key) ?? new Set()).add(url!))
    }
    return [...sites]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, urls]) => ({ site: key, start: [...urls] }))
  },
  async *read(part, context) {
    const { options: chosen, network, signal, count } = context
    const http = openHttp(network, { connectionsPerOrigin: 1 })
    try {
      const pace = { perHost: 1, concurrency: 1, maxWaitMs: chosen.maxWaitMs }
      const polite = openPolite(context, (url) => http.addressOf(url), pace, signal)
      // A takedown names hosts of pictures, not of pages that show them.
      const all = { network, isTakenDown: () => false }
      const robots = limitedRobots(http, all, polite, chosen, signal)
      const client = openSiteClient(http, robots, polite, { ...chosen, signal })
      const { start } = part as SitePart
      let batch: LinkRow[] = []
      for await (const page of walkSite({ ...chosen, start }, client, robots, context)) {
        if (isOptedOut(page, chosen.consent, count)) continue
        for (const row of linkRows(page)) batch.push(row)
        if (batch.length < BATCH_ROWS) continue
        yield batch
        batch = []
      }
      if (batch.length > 0) yield batch
    } finally {
      await http.close()
    }
  },
})
