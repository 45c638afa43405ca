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
  const url = URL.parse(text, base)
  if (url === null) return { url: null, refused: 'bad-url' }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return { url: null, refused: 'not-http' }
  if (url.username !== '' || url.password !== '') return { url: null, refused: 'credentials' }
  url.hash = ''
  if (url.href.length > MAX_URL_LENGTH) return { url: null, refused: 'long-url' }
  return { url: url.href, refused: null }
}

/**
 * The registrable domain of a URL's host, by the Public Suffix List with its private section (`a.github.io` is a site
 * of its own); the host itself where there is none (addresses, `localhost`).
 */
export function siteOf(url: string): string {
  const { hostname } = new URL(url)
  return getDomain(hostname, { allowPrivateDomains: true }) ?? hostname
}
