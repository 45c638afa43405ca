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

/** One file: what it says of a path, or why it cannot be read, with its URL. */
interface OriginFile<T> {
  says: T | null
  unreadable: string | null
  bytes: number
}

interface OriginFiles {
  tdm: OriginFile<ReturnType<typeof parseTdmRep>>
  ai: OriginFile<ReturnType<typeof parseAiTxt>>
  bytes: number
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
    const tdmUrl = `${origin}/.well-known/tdmrep.json`
    const parseTdm = (bytes: Uint8Array) => parseTdmRep(bytes, tdmUrl)
    const tdm = fresher(await load(tdmUrl, TDMREP_BYTES, parseTdm), before?.tdm)
    const aiUrl = `${origin}/ai.txt`
    const ai = fresher(await load(aiUrl, ROBOTS_BYTES, (bytes) => parseAiTxt(bytes, aiUrl)), before?.ai)
    return { tdm, ai, bytes: tdm.bytes + ai.bytes }
  }, now)

  async function load<T>(
    url: string,
    maxBytes: number,
    parse: (bytes: Uint8Array) => T | null,
  ): Promise<OriginFile<T>> {
    const read = await readFile(url, maxBytes)
    if (typeof read === 'string') return { says: null, unreadable: `${url}: ${read}`, bytes: 0 }
    if (read === null) return { says: null, unreadable: null, bytes: 0 }
    const says = parse(read)
    return { says, unreadable: says === null ? `${url}: no JSON array of rules` : null, bytes: read.length }
  }

  /** The bytes of a file, null where there is none, or why it cannot be had. */
  async function readFile(file: string, maxBytes: number): Promise<Uint8Array | string | null> {
    let url = file
    try {
      for (let hop = 0; hop <= REDIRECTS; hop++) {
        const { allowed, evidence } = await robots.verdict(url)
        if (!allowed) return evidence ?? 'robots.txt'
        const { status, location, body } = await request(url, maxBytes)
        if (status >= 300 && status < 400 && location !== null) {
          const next = URL.parse(location, url)
          if (next === null || !/^https?:$/.test(next.protocol)) return `redirect to ${location}`
          url = next.href
          continue
        }
        if (status >= 400 && status < 500 && status !== 429) return null
        if (status < 200 || status > 299) return `status ${status}`
        return /^(?:\u00ef\u00bb\u00bf)?\s*(?:<|$)/.test(Buffer.from(body).toString('latin1')) ? null : body
      }
      return `more than ${REDIRECTS} redirects`
    } catch (error) {
      if (reasonOf(error) === null) throw error
      return (error as Error).message
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
      const { tdm, ai } = await filesOf(origin)
      return decide([
        inRobots,
        tdm.says?.(path, level) ?? null,
        ai.says?.(agent, path) ?? null,
        ...(level === 'strict' ? [aiCrawlers(file, path), unread(tdm.unreadable ?? ai.unreadable)] : []),
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

function unread(file: string | null): Signal | null {
  return file === null ? null : { reserves: true, rule: 'consent-unreadable', source: file }
}

/** What was read now, or, where that cannot be read, what was known a day ago. */
function fresher<T>(now: OriginFile<T>, before: OriginFile<T> | undefined): OriginFile<T> {
  return now.unreadable !== null && before !== undefined ? before : now
}
