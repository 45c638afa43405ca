import { DESIGNERS } from './art.ts'
import type { Designer } from './art.ts'
import type { TroubleName } from './troubles.ts'

/** A registrable domain: a site with pages on `www.` and pictures on other hosts. */
export interface Domain {
  name: string
  /** Whose pictures live here; null for a blog that shows pictures of all the others. */
  designer: Designer | null
  /** Names that serve pictures, beside `www`. */
  pictureHosts: readonly string[]
  /** How a crawler finds the pages. */
  pages: 'links' | 'sitemap' | 'sitemap-index'
  /** How page addresses look. */
  addresses: 'folders' | 'query' | 'files'
}

export interface Host {
  name: string
  domain: string
  /** Text of robots.txt; null answers 404: everything is allowed. */
  robots: string | null
  /** Added before every answer, ms. */
  latencyMs: number
  isRefused: boolean
}

export const CRAWLER = 'pairloom'
export const SLOW_MS = 150

const NAMES = [
  ['fernhill.test', 'copperkettle.test', 'lanternrow.test', 'marblefox.test', 'tidepool.test'],
  ['quillwharf.example', 'bluewren.example', 'oakandink.example', 'sundial.example', 'pepperlane.example'],
] as const

/** Hosts with a trouble of their own; pictures of the named trouble live there. Each designer has a slow one. */
export const TROUBLE_HOSTS = {
  'slow-host': NAMES[0].map((name) => `slow.${name}`),
  'refused-connection': ['gone.copperkettle.test'],
  'robots-host': ['private.lanternrow.test'],
  'robots-agent': ['noai.marblefox.test'],
} satisfies Partial<Record<TroubleName, readonly string[]>>

const BLOGS = ['picturepost.test', 'wordgarden.example'] as const
const SITEMAP_INDEX = 'quillwharf.example'
const ADDRESSES = ['folders', 'query', 'files'] as const

/**
 * 12 domains with 52 hosts, or 6 with 20 for a cut.
 *
 * Two domains (one in a cut) belong to each designer, so that a designer can be held out by domain.
 */
export function planDomains(isCut: boolean): Domain[] {
  const owned = NAMES.slice(0, isCut ? 1 : 2).flatMap((names) =>
    names.map((name, i) => ({ name: name as string, designer: DESIGNERS[i] ?? null })),
  )
  const blogs = BLOGS.slice(0, isCut ? 1 : 2).map((name) => ({ name: name as string, designer: null }))
  return [...owned, ...blogs].map(({ name, designer }, i) => ({
    name,
    designer,
    pictureHosts: designer === null ? ['media'] : isCut ? ['cdn'] : ['img1', 'img2', 'cdn'],
    pages: i % 2 === 0 ? 'links' : name === SITEMAP_INDEX ? 'sitemap-index' : 'sitemap',
    addresses: ADDRESSES[i % ADDRESSES.length] ?? 'folders',
  }))
}

export function planHosts(domains: readonly Domain[]): Host[] {
  const hosts = domains.flatMap((domain) => [
    host(`www.${domain.name}`, siteRobots(domain)),
    ...domain.pictureHosts.map((label) =>
      host(`${label}.${domain.name}`, label === 'img2' ? null : PICTURE_ROBOTS),
    ),
  ])
  const names = new Set(domains.map(({ name }) => name))
  const troubled = Object.entries(TROUBLE_HOSTS).flatMap(([trouble, list]) =>
    list
      .filter((name) => names.has(domainOf(name)))
      .map((name) => ({
        ...host(name, robotsOf(trouble)),
        latencyMs: trouble === 'slow-host' ? SLOW_MS : 0,
        isRefused: trouble === 'refused-connection',
      })),
  )
  return [...hosts, ...troubled]
}

export function domainOf(host: string): string {
  return host.slice(host.indexOf('.') + 1)
}

function host(name: string, robots: string | null): Host {
  return { name, domain: domainOf(name), robots, latencyMs: 0, isRefused: false }
}

const PICTURE_RULES = [
  'User-agent: *',
  'Disallow: /private/',
  'Allow: /private/press/ # the longer rule wins',
  'Disallow: /*.draft.jpg$',
]
const PICTURE_ROBOTS = lines(PICTURE_RULES)

function siteRobots({ name, pages }: Domain): string {
  const sitemap = pages === 'links' ? [] : ['', `Sitemap: http://www.${name}/sitemap.xml`]
  return lines([`# robots.txt of www.${name}`, ...PICTURE_RULES, 'Disallow: /drafts/', ...sitemap])
}

function robotsOf(trouble: string): string | null {
  switch (trouble) {
    case 'robots-host':
      return lines(['User-agent: *', 'Disallow: /'])
    case 'robots-agent':
      return lines([`User-agent: ${CRAWLER}`, 'Disallow: /', '', 'User-agent: *', 'Allow: /'])
    default:
      return null
  }
}

function lines(list: readonly string[]): string {
  return `${list.join('\n')}\n`
}
