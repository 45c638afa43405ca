import { getDomain } from 'tldts'

/** Longer URLs are refused: they come from traps (a link that grows by itself) and inlined data. Characters. */
export const MAX_URL_LENGTH = 2000

/** Why a reference in a page is no URL that we would ask for. */
export type UrlRefusal = 'data-url' | 'not-http' | 'credentials' | 'long-url' | 'bad-url'

export type WebUrl = { url: string; refused: null } | { url: null; refused: UrlRefusal }

/**
 * Resolves a reference by the WHATWG rules and drops its fragment: what `canonicalUrl` gives, or the reason why not.
 *
 * Refused are other schemes than http and https, a user or password in the URL, and more than MAX_URL_LENGTH characters.
 */
export function webUrl(reference: string, base?: string): WebUrl {
  const text = reference.trim()
  if (/^data:/i.test(text)) return { url: null, refused: 'data-url' }
  if (text.length > MAX_URL_LENGTH) return { url: null, refused: 'long-url' }
  // A path needs no more of its base than the origin, and parsing a long base costs as much as the reference.
  const url = isPath(text) && base !== undefined ? URL.parse(originOf(base) + text) : URL.parse(text, base)
  if (url === null) return { url: null, refused: 'bad-url' }
  // The href is read once: each property of a URL costs as much as a good part of parsing it.
  const fragment = url.href.indexOf('#')
  const href = fragment < 0 ? url.href : url.href.slice(0, fragment)
  const isHttps = href.startsWith('https://')
  if (!isHttps && !href.startsWith('http://')) return { url: null, refused: 'not-http' }
  const host = isHttps ? 8 : 7
  const user = href.indexOf('@', host)
  if (user >= 0 && user < href.indexOf('/', host)) return { url: null, refused: 'credentials' }
  if (href.length > MAX_URL_LENGTH) return { url: null, refused: 'long-url' }
  return { url: href, refused: null }
}

function isPath(text: string): boolean {
  // Line ends and tabs go before anything else is looked at: `/\n/a.test` is `//a.test`.
  return /^\/(?![/\\])[^\t\n\r]*$/.test(text)
}

let lastBase = ''
let lastOrigin = ''

/** Origin of a base; of one that is no http(s) URL, nothing, with which no path is a URL. */
function originOf(base: string): string {
  if (base !== lastBase) {
    const url = URL.parse(base)
    lastOrigin = url !== null && /^https?:$/.test(url.protocol) ? url.origin : ''
    lastBase = base
  }
  return lastOrigin
}

/**
 * The registrable domain of a URL's host, by the Public Suffix List with its private section (`a.github.io` is a site
 * of its own); the host itself where there is none (addresses, `localhost`).
 */
export function siteOf(url: string): string {
  const host = hostOf(url)
  return getDomain(host, { allowPrivateDomains: true }) ?? host
}

/** The host of a URL, without port and without the dot that may end a name: `a.test.:81` is `a.test`. */
export function hostOf(url: string): string {
  return new URL(url).hostname.replace(/\.$/, '')
}

/** As siteOf, of a URL that `webUrl` gave. */
export function siteOfHref(href: string): string {
  const start = href.indexOf('//') + 2
  const host = href.slice(start, href.indexOf('/', start))
  const known = sites.get(host)
  if (known !== undefined) return known
  const site = siteOf(href)
  if (sites.size >= MAX_SITES) sites.clear()
  sites.set(host, site)
  return site
}

/** Sites of hosts seen lately: a page has many pictures of few hosts. */
const sites = new Map<string, string>()
const MAX_SITES = 10_000
