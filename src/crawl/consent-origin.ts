import { AI_CRAWLERS } from './ai-crawlers.ts'
import { parseAiTxt } from './consent-ai-txt.ts'
import { parseTdmRep, TDMREP_BYTES } from './consent-tdm.ts'
import { robotsUsage } from './consent-usage.ts'
import { decide, type ConsentLevel, type Signal } from './consent.ts'
import { reasonOf } from './fetch-error.ts'
import { openOriginCache } from './origin-cache.ts'
import type { Robots, RobotsRequest } from './robots.ts'
import { productToken, ROBOTS_BYTES } from './robots-txt.ts'

/** Redirects of a file that are followed, as those of a robots.txt are. */
const REDIRECTS = 5

/** What the files of an origin say of the use of a URL that robots.txt lets us fetch. */
export interface OriginConsent {
  /** The signal that decides, or null where none speaks of the URL, percent-encoded as an href is. */
  verdict(url: string): Promise<Signal | null>
}

interface OriginFiles {
  tdm: ReturnType<typeof parseTdmRep>
  ai: ReturnType<typeof parseAiTxt> | null
  /** Why a file that may be there cannot be read, each with its URL. */
  unreadable: string[]
}

/**
 * Reads what stands in an origin's robots.txt about use, its /.well-known/tdmrep.json and its /ai.txt: the files once
 * an origin and day, where robots.txt lets us.
 *
 * 4xx, an empty body and a page of HTML mean that there is no file. What cannot be read says nothing, as TDMRep has it,
 * and reserves at the level strict. request: one request, as for a robots.txt.
 * Throws only what is no `PL_FETCH`: the request was aborted.
 */
export function openOriginConsent(
  robots: Robots,
  request: RobotsRequest,
  agentName: string,
  level: ConsentLevel,
  now?: () => number,
): OriginConsent {
  const agent = productToken(agentName)
  const filesOf = openOriginCache<OriginFiles>(async (origin, before) => {
    const files = await load(origin)
    return files.unreadable.length > 0 && before !== undefined ? before : files
  }, now)

  async function load(origin: string): Promise<OriginFiles> {
    const files: OriginFiles = { tdm: null, ai: null, unreadable: [] }
    const tdmUrl = `${origin}/.well-known/tdmrep.json`
    const aiUrl = `${origin}/ai.txt`
    const tdm = await read(tdmUrl, TDMREP_BYTES, files)
    if (tdm !== null) {
      files.tdm = parseTdmRep(tdm, tdmUrl)
      if (files.tdm === null) files.unreadable.push(`${tdmUrl}: no JSON array of rules`)
    }
    const ai = await read(aiUrl, ROBOTS_BYTES, files)
    if (ai !== null) files.ai = parseAiTxt(ai, aiUrl)
    return files
  }

  /** The bytes of a file, or null where there is none, or where it cannot be had, which is noted. */
  async function read(file: string, maxBytes: number, files: OriginFiles): Promise<Uint8Array | null> {
    const unreadable = (why: string) => {
      files.unreadable.push(`${file}: ${why}`)
      return null
    }
    let url = file
    try {
      for (let hop = 0; hop <= REDIRECTS; hop++) {
        const { allowed, evidence } = await robots.verdict(url)
        if (!allowed) return unreadable(evidence ?? 'robots.txt')
        const { status, location, body } = await request(url, maxBytes)
        if (status >= 300 && status < 400 && location !== null) {
          const next = URL.parse(location, url)
          if (next === null || !/^https?:$/.test(next.protocol)) return unreadable(`redirect to ${location}`)
          url = next.href
          continue
        }
        if (status >= 400 && status < 500 && status !== 429) return null
        if (status < 200 || status > 299) return unreadable(`status ${status}`)
        return /^\s*(?:<|$)/.test(Buffer.from(body).toString('latin1', 0, 1024)) ? null : body
      }
      return unreadable(`more than ${REDIRECTS} redirects`)
    } catch (error) {
      if (reasonOf(error) === null) throw error
      return unreadable((error as Error).message)
    }
  }

  return {
    async verdict(url) {
      if (level === 'basic') return null
      const { origin, pathname, search } = new URL(url)
      const path = pathname + search
      const file = await robots.file(origin)
      const inRobots = file === null ? null : decide(robotsUsage(file, agent, path, level))
      if (inRobots?.reserves === true) return inRobots
      const { tdm, ai, unreadable } = await filesOf(origin)
      return decide([
        inRobots,
        tdm?.(path, level) ?? null,
        ai?.(agent, path) ?? null,
        ...(level === 'strict' ? [aiCrawlers(file, path), unread(unreadable)] : []),
      ])
    },
  }
}

/** A rule of a group that names a crawler of AI, as if it named us. */
function aiCrawlers(file: Awaited<ReturnType<Robots['file']>>, path: string): Signal | null {
  if (file === null) return null
  for (const name of AI_CRAWLERS) {
    if (!file.txt.names(name)) continue
    const { allowed, rule, line } = file.txt.match(name, path)
    if (!allowed)
      return { reserves: true, rule: 'ai-crawlers', source: `${file.url}:${line} ${rule} (${name})` }
  }
  return null
}

function unread(files: readonly string[]): Signal | null {
  return files.length === 0 ? null : { reserves: true, rule: 'consent-unreadable', source: files[0]! }
}
