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

/** What one robots.txt says. */
export interface RobotsTxt {
  /**
   * Whether an agent may fetch a path.
   *
   * agent: product token, without a version. path: path and query of a WHATWG href, percent-encoded.
   */
  match(agent: string, path: string): RobotsMatch
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
  delay: number | null
}

const ALL: RobotsMatch = { allowed: true, rule: null, line: null }

/**
 * Reads a robots.txt by RFC 9309, with the leniency of Google's parser (github.com/google/robotstxt): a missing colon,
 * common misspellings, any line end, a byte order mark whole or cut.
 *
 * Groups of the same agent are merged, the longest matching rule wins, Allow wins a tie. Percent-encoding is compared
 * upper-case; beyond that it may widen a Disallow (`/%62` also forbids `/b`, as the RFC asks), never an Allow.
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
        if (!groups.has(name)) groups.set(name, { rules: [], delay: null })
      }
    } else if (key === 'allow' || key === 'disallow') {
      inRules = true
      if (value === '') continue
      const rule = makeRule(key === 'allow', value, number)
      for (const name of agents) groups.get(name)!.rules.push(rule)
    } else if (key === 'crawl-delay') {
      const seconds = /^\d*\.?\d+$/.test(value) ? Number(value) : null
      for (const name of agents) groups.get(name)!.delay ??= seconds
    } else {
      sitemaps.push(Buffer.from(value, 'latin1').toString('utf8'))
    }
  }

  const groupOf = (agent: string) => groups.get(agent.toLowerCase()) ?? groups.get('*')
  return {
    sitemaps,
    crawlDelay: (agent) => groupOf(agent)?.delay ?? null,
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

const KEYS: Record<string, 'user-agent' | 'allow' | 'disallow' | 'crawl-delay' | 'sitemap'> = {
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
  const escaped = upperHex(value.replace(/[\x80-\xFF]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`))
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

/** Literal pieces between wildcards. */
interface Pattern {
  pieces: string[]
  /** It ends with `$`. */
  anchored: boolean
  /** Octets, by which the most specific rule is found. */
  length: number
}

function pattern(text: string, map: (piece: string) => string = (piece) => piece): Pattern {
  const anchored = text.endsWith('$')
  const pieces = (anchored ? text.slice(0, -1) : text).split('*').map(map)
  const length = pieces.reduce((sum, piece) => sum + piece.length, pieces.length - 1 + (anchored ? 1 : 0))
  return { pieces, anchored, length }
}

/** The pattern's length where it matches from the start of the path, else -1. */
function matchLength({ pieces, anchored, length }: Pattern, path: string): number {
  const first = pieces[0]!
  if (!path.startsWith(first)) return -1
  let at = first.length
  const last = pieces.length - 1
  // The earliest place of each piece leaves the most for the rest, so that nothing is ever tried again.
  for (let i = 1; i <= last; i++) {
    const piece = pieces[i]!
    if (i === last && anchored) return path.length - piece.length >= at && path.endsWith(piece) ? length : -1
    const found = path.indexOf(piece, at)
    if (found < 0) return -1
    at = found + piece.length
  }
  return anchored && last === 0 && at !== path.length ? -1 : length
}

function upperHex(text: string): string {
  return text.replace(/%[0-9a-fA-F]{2}/g, (octet) => octet.toUpperCase())
}

function decodeAscii(text: string): string {
  return text.replace(/%[2-7][0-9A-F]/g, (octet) => {
    const code = Number.parseInt(octet.slice(1), 16)
    return code === 0x7f ? octet : String.fromCharCode(code)
  })
}
