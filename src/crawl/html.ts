import { Parser } from 'htmlparser2'
import { addCounters, type Counters } from '../core/index.ts'
import { openHtmlDecoder } from './html-charset.ts'
import { headerDirectives, mergeDirectives, metaDirectives, type Directives } from './robots-directives.ts'
import { webUrl } from './url.ts'

/** What came with a page's bytes. */
export interface PageHead {
  /** URL that answered, after redirects. */
  url: string
  /** Content-Type header. */
  contentType: string | null
  /** X-Robots-Tag headers, one value a line. */
  robotsTags: readonly string[]
  /** Our product token: metas and headers may speak to it by name. */
  agent: string
}

export interface PageImage {
  url: string
  /** White space collapsed, never empty. */
  alt: string
}

export interface Page {
  url: string
  /** Encoding it was read in. */
  charset: string
  /** `<html lang>` as written, or null. */
  language: string | null
  robots: Directives
  /** In document order; a pair of URL and alt once. */
  images: PageImage[]
  /** Links that may be followed by their own `rel`, in document order, each once. */
  links: string[]
  /** What was left out: `images.no-alt`, `links.nofollow` … */
  counts: Counters
}

export interface PageReader {
  write(chunk: Uint8Array): void
  /** Ends the page. References are resolved here, as `<base>` may stand anywhere. */
  end(): Page
}

/** Files that are no pages, but for names with a colon: `/wiki/File:Cat.jpg` is one. */
const NO_PAGE =
  /\/[^/:]*\.(?:jpe?g|png|gif|webp|avif|svg|ico|bmp|tiff?|pdf|zip|gz|tgz|7z|rar|exe|dmg|iso|mp[34]|m4[av]|ogg|wav|avi|mov|webm|css|js|json|woff2?|docx?|xlsx?|pptx?)$/i

/**
 * Reads pictures with their alt texts, links and opt-outs from a stream of HTML bytes.
 *
 * Never throws: whatever the bytes are, htmlparser2 finds some tags in them or none.
 * Memory: the references of one page, and the 64 KiB that decide its encoding.
 */
export function openPage(head: PageHead): PageReader {
  const decoder = openHtmlDecoder(head.contentType)
  const images: { src: string; alt: string | undefined }[] = []
  const links: { href: string; rel: string }[] = []
  const metas: string[] = []
  let base: string | undefined
  let language: string | undefined

  const names = new Set(['robots', head.agent.toLowerCase()])
  const parser = new Parser({
    onopentag(name, attributes) {
      switch (name) {
        case 'img':
          images.push({ src: attributes.src ?? '', alt: attributes.alt })
          break
        case 'a':
        case 'area':
          if (attributes.href !== undefined) links.push({ href: attributes.href, rel: attributes.rel ?? '' })
          break
        case 'base':
          base ??= attributes.href
          break
        case 'html':
          language ??= attributes.lang
          break
        case 'meta': {
          const content = attributes.content ?? ''
          if (names.has(attributes.name?.trim().toLowerCase() ?? '')) metas.push(content)
          if (attributes['http-equiv']?.trim().toLowerCase() === 'x-robots-tag') metas.push(content)
        }
      }
    },
  })

  return {
    write(chunk) {
      parser.write(decoder.write(chunk))
    },
    end() {
      parser.end(decoder.end())
      const root = base === undefined ? head.url : (webUrl(base, head.url).url ?? head.url)
      const counts: Counters = {}
      return {
        url: head.url,
        charset: decoder.charset!,
        language: language?.trim() || null,
        robots: mergeDirectives(headerDirectives(head.robotsTags, head.agent), metaDirectives(metas)),
        images: readImages(images, root, counts),
        links: readLinks(links, root, counts),
        counts,
      }
    },
  }
}

function readImages(
  found: readonly { src: string; alt: string | undefined }[],
  base: string,
  counts: Counters,
): PageImage[] {
  const pairs = new Map<string, PageImage>()
  const leaveOut = (why: string) => addCounters(counts, { [`images.${why}`]: 1 })
  for (const { src, alt } of found) {
    // Control characters and halves of surrogate pairs could not be stored as text.
    const text = alt
      ?.replace(/[\s\p{Cc}]+/gu, ' ')
      .trim()
      .toWellFormed()
    if (!text) leaveOut(text === undefined ? 'no-alt' : 'empty-alt')
    else if (src.trim() === '') leaveOut('no-src')
    else {
      const { url, refused } = webUrl(src, base)
      if (url === null) leaveOut(refused)
      else if (pairs.has(`${url}\0${text}`)) leaveOut('repeated')
      else pairs.set(`${url}\0${text}`, { url, alt: text })
    }
  }
  return [...pairs.values()]
}

function readLinks(
  found: readonly { href: string; rel: string }[],
  base: string,
  counts: Counters,
): string[] {
  const urls = new Set<string>()
  const leaveOut = (why: string) => addCounters(counts, { [`links.${why}`]: 1 })
  for (const { href, rel } of found) {
    if (/(?:^|\s)nofollow(?:\s|$)/i.test(rel)) {
      leaveOut('nofollow')
      continue
    }
    const { url, refused } = webUrl(href, base)
    if (url === null) leaveOut(refused)
    else if (NO_PAGE.test(new URL(url).pathname)) leaveOut('no-page')
    else urls.add(url)
  }
  return [...urls]
}
