import type { Counters } from '../../core/counters.ts'
import type { PlannedStage } from '../plan.ts'
import type { Assumptions } from './assumed.ts'
import type { Measured } from './measured.ts'

/** What is left of the walks of a crawl/site: one request to a site at a time, with a pause before each. */
export interface SiteWalk {
  requests: number
  bytesIn: number
  /** Of one site, and of all sites one after another, s. */
  siteSeconds: number
  allSeconds: number
}

/**
 * The walks of the sites that are left: as many pages as a site had that is done, else as are assumed, up to `maxPages`;
 * each takes `delayMs` and the time of a request. A Crawl-delay line that asks for more is not known here.
 *
 * Null for another stage, and where no site is left.
 */
export function siteWalk(
  { use, options }: PlannedStage,
  sites: number,
  known: Measured | undefined,
  assumed: Pick<Assumptions, 'take'>,
): SiteWalk | null {
  if (use !== 'crawl/site' || sites === 0) return null
  const { maxPages = Infinity, delayMs = 0 } = options as { maxPages?: number; delayMs?: number }
  const asked = known ? requestsOf(known.tally.counters) : 0
  const perSite = asked > 0 ? asked / known!.done : Math.min(maxPages, assumed.take('pagesPerSite'))
  const pageBytes = asked > 0 ? (known!.tally.counters['bytes.in'] ?? 0) / asked : assumed.take('pageBytes')
  const siteSeconds = perSite * (delayMs / 1000 + assumed.take('requestSeconds'))
  const requests = Math.round(sites * perSite)
  return {
    requests,
    bytesIn: Math.round(requests * pageBytes),
    siteSeconds,
    allSeconds: sites * siteSeconds,
  }
}

/** Pages and sitemaps that were asked for, whatever came. */
function requestsOf(counters: Counters): number {
  const isRequest = (name: string) =>
    /^(?:pages|sitemaps)\./.test(name) && !/\.(?:over-limit|refused-entries|other-origin)$/.test(name)
  return Object.entries(counters).reduce((sum, [name, n]) => (isRequest(name) ? sum + n : sum), 0)
}
