import type { Network } from '../core/index.ts'
import { openOriginCache } from './origin-cache.ts'
import { readOriginFile } from './origin-file.ts'
import { parseRobots, productToken, ROBOTS_BYTES, type RobotsTxt } from './robots-txt.ts'

export interface RobotsVerdict {
  allowed: boolean
  /** `robots`: a rule forbids it. `robots-unreachable`: the file cannot be had, which forbids all. */
  reason: 'robots' | 'robots-unreachable' | null
  /** The rule with its file and line, or why the file cannot be had. */
  evidence: string | null
}

/** robots.txt of every origin that a task meets, each fetched once a day. */
export interface Robots {
  /** For the URL of a page, a picture or a sitemap, percent-encoded as an href is. */
  verdict(url: string): Promise<RobotsVerdict>
  /** The file of an origin and what it says, for what else is read in it; null where it has none, or cannot be had. */
  file(origin: string): Promise<{ url: string; txt: RobotsTxt } | null>
  /** Sitemap lines of an origin's robots.txt that are http(s) URLs. */
  sitemaps(origin: string): Promise<string[]>
  /** Crawl-delay that an origin asks of us, ms, or null. */
  crawlDelayMs(origin: string): Promise<number | null>
}

/** What robots need of an HTTP client: one request, no redirects followed, at most maxBytes of the body read. */
export type RobotsRequest = (
  url: string,
  maxBytes: number,
) => Promise<{ status: number; location: string | null; body: Uint8Array }>

interface Origin {
  file: string
  txt: RobotsTxt | null
  unreachable: string | null
  /** Of the file. */
  bytes: number
}

/**
 * Opens the robots.txt of origins by RFC 9309, 2.3.1: 2xx is obeyed, 4xx allows all but for 429, which is a plea to
 * stay away; 5xx, 429, a network error and more than five redirects forbid all.
 *
 * A file is asked for again after a day; of one that cannot be had then, the copy goes on.
 * Throws only what is no `PL_FETCH`: the request was aborted, and nothing is known.
 */
export function openRobots(
  request: RobotsRequest,
  network: Pick<Network, 'agent'>,
  now?: () => number,
): Robots {
  const agent = productToken(network.agent)
  const open = openOriginCache<Origin>(async (origin, before) => {
    const loaded = await load(request, `${origin}/robots.txt`)
    // Of a file that cannot be had any more, the copy goes on (RFC 9309, 2.4).
    return loaded.unreachable !== null && before !== undefined ? before : loaded
  }, now)

  return {
    async verdict(url) {
      const { origin, pathname, search } = new URL(url)
      const { file, txt, unreachable } = await open(origin)
      if (unreachable !== null) {
        return { allowed: false, reason: 'robots-unreachable', evidence: `${file}: ${unreachable}` }
      }
      const match = txt?.match(agent, pathname + search)
      if (!match || match.allowed) return { allowed: true, reason: null, evidence: null }
      return { allowed: false, reason: 'robots', evidence: `${file}:${match.line} ${match.rule}` }
    },
    async file(origin) {
      const { file, txt } = await open(origin)
      return txt === null ? null : { url: file, txt }
    },
    async sitemaps(origin) {
      const { txt } = await open(origin)
      return (txt?.sitemaps ?? []).filter((url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    },
    async crawlDelayMs(origin) {
      const seconds = (await open(origin)).txt?.crawlDelay(agent) ?? null
      return seconds === null ? null : seconds * 1000
    },
  }
}

async function load(request: RobotsRequest, file: string): Promise<Origin> {
  const read = await readOriginFile(file, ROBOTS_BYTES, request)
  if (typeof read === 'string') return { file, txt: null, unreachable: read, bytes: 0 }
  return { file, txt: read && parseRobots(read), unreachable: null, bytes: read?.length ?? 0 }
}
