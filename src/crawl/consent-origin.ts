import { AI_CRAWLERS } from './ai-crawlers.ts'
import { parseAiTxt } from './consent-ai-txt.ts'
import { parseTdmRep, TDMREP_BYTES } from './consent-tdm.ts'
import { robotsUsage } from './consent-usage.ts'
import { decide, type ConsentLevel, type Signal } from './consent.ts'
import { openOriginCache } from './origin-cache.ts'
import { readOriginFile } from './origin-file.ts'
import type { Robots, RobotsRequest } from './robots.ts'
import { productToken, ROBOTS_BYTES } from './robots-txt.ts'

/** What the files of an origin say of the use of a URL that robots.txt lets us fetch. */
export interface OriginConsent {
  /** The signal that decides, or null where none speaks of the URL, percent-encoded as an href is. */
  verdict(url: string): Promise<Signal | null>
}

/** One file: what it says of a path, or why it cannot be read, with its URL. */
interface Heard<T> {
  says: T | null
  unreadable: string | null
  bytes: number
}

interface OriginFiles {
  tdm: Heard<ReturnType<typeof parseTdmRep>>
  ai: Heard<ReturnType<typeof parseAiTxt>>
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
  ): Promise<Heard<T>> {
    const read = await readOriginFile(url, maxBytes, request, refuses)
    if (typeof read === 'string') return { says: null, unreadable: `${url}: ${read}`, bytes: 0 }
    if (read === null || isPage(read)) return { says: null, unreadable: null, bytes: 0 }
    const says = parse(read)
    return { says, unreadable: says === null ? `${url}: no JSON array of rules` : null, bytes: read.length }
  }

  /** Why robots.txt keeps us from a file, or null. */
  async function refuses(url: string): Promise<string | null> {
    const { allowed, evidence } = await robots.verdict(url)
    return allowed ? null : (evidence ?? 'robots.txt')
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
function fresher<T>(now: Heard<T>, before: Heard<T> | undefined): Heard<T> {
  return now.unreadable !== null && before !== undefined ? before : now
}

/** Whether bytes are a page of HTML, or nothing: how servers without the file often answer. */
function isPage(bytes: Uint8Array): boolean {
  return /^(?:\u00ef\u00bb\u00bf)?\s*(?:<|$)/.test(Buffer.from(bytes).toString('latin1'))
}
