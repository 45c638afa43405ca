import type { StageContext } from '../core/index.ts'
import { reasonOf } from './fetch-error.ts'
import type { Robots } from './robots.ts'
import type { SiteClient } from './site-client.ts'
import { readSitemap, SITEMAP_BYTES } from './sitemap.ts'
import { webUrl } from './url.ts'

/** Sitemap files read of one site at most. */
const MAX_SITEMAPS = 1000

/** An index may list indexes, this deep; redirects count too. */
const MAX_DEPTH = 5

/**
 * Page URLs of the sitemaps of origins, in order: those that robots.txt names, else `/sitemap.xml`.
 *
 * Only robots.txt may name a sitemap of another origin; an index may not (sitemaps.org, "Sitemap file location").
 * A sitemap that fails is counted (`sitemaps.http-404`). A file is read when its first URL is asked for.
 */
export async function* sitemapPages(
  origins: readonly string[],
  client: SiteClient,
  robots: Robots,
  count: StageContext['count'],
): AsyncGenerator<string> {
  const seen = new Set<string>()
  const queue: { url: string; depth: number }[] = []
  function offer(url: string, depth: number): void {
    if (seen.has(url)) return
    seen.add(url)
    if (depth > MAX_DEPTH || seen.size > MAX_SITEMAPS) count('sitemaps.over-limit')
    else queue.push({ url, depth })
  }

  for (const origin of origins) {
    const named = await robots.sitemaps(origin)
    for (const reference of named.length > 0 ? named : [`${origin}/sitemap.xml`]) {
      const { url } = webUrl(reference, origin)
      if (url !== null) offer(url, 0)
    }
  }
  while (queue.length > 0) {
    const { url, depth } = queue.shift()!
    try {
      const { status, headers, body } = await client.get(url, { maxBytes: SITEMAP_BYTES, accept: '*/*' })
      if (status >= 300) {
        const to = webUrl([headers.location].flat()[0] ?? '', url).url
        if (to === null) count('sitemaps.bad-redirect')
        else offer(to, depth + 1)
        continue
      }
      count('bytes.in', body.length)
      count('sitemaps.ok')
      const { pages, sitemaps, refused } = await readSitemap(body, url)
      if (refused > 0) count('sitemaps.refused-entries', refused)
      for (const further of sitemaps) {
        if (new URL(further).origin === new URL(url).origin) offer(further, depth + 1)
        else count('sitemaps.other-origin')
      }
      yield* pages
    } catch (error) {
      const reason = reasonOf(error)
      if (reason === null) throw error
      count(`sitemaps.${reason}`)
    }
  }
}
