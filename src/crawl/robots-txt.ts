import { decodeAscii, matchLength, pattern, upperHex, type Pattern } from './robots-pattern.ts'

/** A crawler must read at least this much of a robots.txt (RFC 9309, 2.5); what follows is not read. Bytes. */
export const ROBOTS_BYTES = 500 * 1024

/** Longer lines are cut here, as Google's parser does: eight times the longest URL of old browsers. Bytes. */
const LINE_BYTES = 2083 * 8 - 1

export interface RobotsMatch {
  allowed: boolean
  /** The line that decided, as it stands in the file; null where no rule speaks of the path. */
  rule: string | null
  /** Its number, from 1. */
  line: number | null
}

/** A line that says how what is crawled may be used. */
export interface RobotsLine {
  line: number
  /** What stands after the path, or after the colon. */
  value: string
}

/** What one robots.txt says. */
export interface RobotsTxt {
  /**
   * Whether an agent may fetch a path.
   *
   * agent: product token, without a version. path: path and query of a WHATWG href, percent-encoded.
   */
  match(agent: string, path: string): RobotsMatch
  /** Whether a group speaks to that very agent, not to all by `*`. */
  names(agent: string): boolean
  /**
   * Content-Usage lines that speak of a path: those of the longest path that matches (draft-ietf-aipref-attach-05, 3.1);
   * lines of equal paths apply together. agent, path: as in `match`.
   */
  usages(agent: string, path: string): RobotsLine[]
  /** Content-Signal lines of the agent's groups (contentsignals.org). */
  signals(agent: string): RobotsLine[]
  /** Seconds between requests that the file asks of the agent, or null. Not in RFC 9309, but widely written. */
  crawlDelay(agent: string): number | null
  /** Values of the Sitemap lines, in order, as written. */
  sitemaps: string[]
}

interface Rule {
  allow: boolean
  line: number
  text: string
  exact: Pattern
  /** With its ASCII percent-encodings decoded. Disallow only. */
  decoded: Pattern
  /** For `Allow: /x/index.html`: the same as `Allow: /x/$`. */
  index: Pattern | null
}

/** Rules and delay of one agent over all of its groups. */
interface Group {
  rules: Rule[]
  usages: (RobotsLine & { path: Pattern })[]
  signals: RobotsLine[]
  delay: number | null
}

const ALL: RobotsMatch = { allowed: true, rule: null, line: null }

/**
 * Reads a robots.txt by RFC 9309, with the leniency of Google's parser (github.com/google/robotstxt): a missing colon,
 * common misspellings, any line end, a byte order mark whole or cut.
 *
 * Groups of the same agent are merged, the longest matching rule wins, Allow wins a tie. Percent-encoding is compared
 * upper-case; beyond that it may widen a Disallow (`/%62` also forbids `/b`, as the RFC asks), never an Allow.
 * A Content-Usage line is a rule of its group, as its draft has it; a Content-Signal line is none.
 * Matching takes time linear in rules x path, whatever the number of wildcards.
 */
export function parseRobots(body: string | Uint8Array): RobotsTxt {
  // One character a byte: patterns are escaped byte by byte, and broken UTF-8 stays what it is.
  const bytes =
    typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const read = bytes.subarray(0, ROBOTS_BYTES).toString('latin1')
  // A rule cut in two would say something else.
  const whole = bytes.length < ROBOTS_BYTES ? read : read.replace(/[^\r\n]*$/, '')
  const text = whole.replace(/^\xEF(?:\xBB\xBF?)?/, '')
  const groups = new Map<string, Group>()
  const sitemaps: string[] = []
  let agents: Set<string> = new Set()
  let inRules = false

  let number = 0
  for (const raw of text.split(/\r\n|\r|\n/)) {
    number++
    const line = readLine(raw.slice(0, LINE_BYTES))
    if (line === null) continue
    const { key, value } = line
    if (key === 'user-agent') {
      if (inRules) agents = new Set()
      inRules = false
      for (const name of agentNames(value)) {
        agents.add(name)
        if (!groups.has(name)) groups.set(name, { rules: [], usages: [], signals: [], delay: null })
      }
    } else if (key === 'allow' || key === 'disallow') {
      inRules = true
      if (value === '') continue
      const rule = makeRule(key === 'allow', value, number)
      for (const name of agents) groups.get(name)!.rules.push(rule)
    } else if (key === 'crawl-delay') {
      const seconds = /^\d*\.?\d+$/.test(value) ? Number(value) : null
      for (const name of agents) groups.get(name)!.delay ??= seconds
    } else if (key === 'content-usage') {
      inRules = true
      const [, path = '', rest] = /^(\/[^ \t]*)?(.*)$/s.exec(value)!
      const usage = { line: number, value: rest!.trim(), path: pattern(upperHex(escape(path))) }
      for (const name of agents) groups.get(name)!.usages.push(usage)
    } else if (key === 'content-signal') {
      for (const name of agents) groups.get(name)!.signals.push({ line: number, value })
    } else {
      sitemaps.push(Buffer.from(value, 'latin1').toString('utf8'))
    }
  }

  const groupOf = (agent: string) => groups.get(agent.toLowerCase()) ?? groups.get('*')
  return {
    sitemaps,
    crawlDelay: (agent) => groupOf(agent)?.delay ?? null,
    names: (agent) => groups.has(agent.toLowerCase()),
    usages(agent, path) {
      const found = (groupOf(agent)?.usages ?? []).map((usage) => ({
        ...usage,
        length: matchLength(usage.path, upperHex(path)),
      }))
      const longest = Math.max(0, ...found.map(({ length }) => length))
      return found.filter(({ length }) => length === longest).map(({ line, value }) => ({ line, value }))
    },
    signals: (agent) => groupOf(agent)?.signals ?? [],
    match(agent, path) {
      // The file itself is always allowed (RFC 9309, 2.2.2).
      if (path === '/robots.txt') return ALL
      return decide(groupOf(agent)?.rules ?? [], path)
    },
  }
}

/** The product token of a User-Agent, which robots.txt groups are matched with: `ExampleBot/1.0` -> `ExampleBot`. */
export function productToken(agent: string): string {
  return /^[A-Za-z0-9_-]*/.exec(agent.trim())![0]
}

type Key =
  | 'user-agent'
  | 'allow'
  | 'disallow'
  | 'crawl-delay'
  | 'content-usage'
  | 'content-signal'
  | 'sitemap'

const KEYS: Record<string, Key> = {
  'user-agent': 'user-agent',
  useragent: 'user-agent',
  'user agent': 'user-agent',
  allow: 'allow',
  disallow: 'disallow',
  dissallow: 'disallow',
  dissalow: 'disallow',
  disalow: 'disallow',
  diasllow: 'disallow',
  disallaw: 'disallow',
  'crawl-delay': 'crawl-delay',
  crawldelay: 'crawl-delay',
  'content-usage': 'content-usage',
  'content-signal': 'content-signal',
  sitemap: 'sitemap',
  'site-map': 'sitemap',
}

function readLine(raw: string) {
  // Patterns and tokens hold no `#`; a Sitemap's fragment means nothing to a fetch.
  const text = raw.replace(/#.*$/s, '').replaceAll('\0', '').trim()
  const colon = text.indexOf(':')
  // Without a colon, white space may stand for it where exactly two words are left.
  const parts = colon >= 0 ? [text.slice(0, colon), text.slice(colon + 1)] : text.split(/[ \t]+/)
  if (parts.length !== 2) return null
  const key = KEYS[parts[0]!.trim().toLowerCase()]
  return key ? { key, value: parts[1]!.trim() } : null
}

/**
 * Names that a User-agent line speaks to. Tokens have no digits by the RFC, so that `FooBot2` reads `FooBot`; but
 * crawlers with digits in their names exist, and are meant.
 */
function agentNames(value: string): string[] {
  if (/^\*(?:\s|$)/.test(value)) return ['*']
  const strict = /^[A-Za-z_-]*/.exec(value)![0]
  return [...new Set([strict, productToken(value)])]
    .filter((name) => name !== '')
    .map((name) => name.toLowerCase())
}

function makeRule(allow: boolean, value: string, line: number): Rule {
  const escaped = upperHex(escape(value))
  const slash = escaped.lastIndexOf('/')
  const isIndex = allow && slash >= 0 && escaped.startsWith('/index.htm', slash)
  return {
    allow,
    line,
    text: `${allow ? 'Allow' : 'Disallow'}: ${Buffer.from(value, 'latin1').toString('utf8')}`,
    exact: pattern(escaped),
    decoded: pattern(escaped, decodeAscii),
    index: isIndex ? pattern(`${escaped.slice(0, slash + 1)}$`) : null,
  }
}

/** Bytes beyond ASCII percent-encoded. */
function escape(path: string): string {
  return path.replace(/[\x80-\xFF]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`)
}

function decide(rules: readonly Rule[], path: string): RobotsMatch {
  const exact = upperHex(path)
  const decoded = decodeAscii(exact)
  let best: Rule | null = null
  let length = -1
  for (const rule of rules) {
    const matched = rule.allow
      ? Math.max(matchLength(rule.exact, exact), rule.index ? matchLength(rule.index, exact) : -1)
      : Math.max(matchLength(rule.exact, exact), matchLength(rule.decoded, decoded))
    if (matched > length || (matched === length && matched >= 0 && rule.allow && !best!.allow)) {
      best = rule
      length = matched
    }
  }
  return best === null ? ALL : { allowed: best.allow, rule: best.text, line: best.line }
}
