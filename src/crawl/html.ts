import { addCounters, type Counters } from '../core/index.ts'
import { headerUse, withMetas, type PageUse } from './consent-page.ts'
import { PageHandler, type FoundLink } from './html-handler.ts'
import { readImages, type PageImage } from './html-images.ts'
import { HtmlSource } from './html-source.ts'
import { tokenizeHtml } from './html-tokens.ts'
import { headerDirectives, mergeDirectives, metaDirectives, type Directives } from './robots-directives.ts'
import type { TextKind } from './text-kinds.ts'
import { webUrl } from './url.ts'

/** What came with a page's bytes. */
export interface PageHead {
  /** URL that answered, after redirects. */
  url: string
  /** Content-Type header. */
  contentType: string | null
  /** X-Robots-Tag headers, one value a line. */
  robotsTags: readonly string[]
  /** What other headers say of its use. Default nothing. */
  use?: PageUse
  /** Our product token: metas and headers may speak to it by name. */
  agent: string
}

/** What is wanted of pages. */
export interface PageOptions {
  /** Kinds of texts to keep. */
  texts: readonly TextKind[]
  /** Kinds that the caption is taken from, best first. */
  captions: readonly TextKind[]
  /** Width of the candidate to take from a `srcset`, px; 0 takes `src`. */
  targetWidth: number
  /** Whether to read links that can be followed. */
  links: boolean
}

export interface Page {
  url: string
  /** Encoding it was read in. */
  charset: string
  /** `<html lang>`, else the one language of a Content-Language meta, as written, or null. */
  language: string | null
  /** URL of the licence that the page names: by `rel=license`, else by a link to Creative Commons. */
  license: string | null
  robots: Directives
  /** X-Robots-Tag headers and robots metas as written, or null. */
  robotsText: string | null
  /** What headers and metas say of the use of what is on it. */
  use: PageUse
  /** In document order, each once. */
  images: PageImage[]
  /** Links that may be followed by their own `rel`, in document order, each once. */
  links: string[]
  /** What was left out: `images.no-alt`, `links.nofollow` … */
  counts: Counters
}

/** Files that are no pages, but for names with a colon: `/wiki/File:Cat.jpg` is one. */
const NO_PAGE =
  /\/[^/:]*\.(?:jpe?g|png|gif|webp|avif|svg|ico|bmp|tiff?|pdf|zip|gz|tgz|7z|rar|exe|dmg|iso|mp[34]|m4[av]|ogg|wav|avi|mov|webm|css|js|json|woff2?|docx?|xlsx?|pptx?)$/i

/**
 * Reads pictures with their texts, links, licence and opt-outs from the bytes of an HTML document.
 *
 * Never throws: whatever the bytes are, they hold some tags or none. References are resolved once all is read, as
 * `<base>` may stand anywhere. Memory: the document twice.
 */
export function readPage(bytes: Buffer, head: PageHead, options: PageOptions): Page {
  const source = new HtmlSource(bytes, head.contentType)
  const handler = new PageHandler(source, new Set(options.texts), head.agent, options.links)
  tokenizeHtml(source.bytes, source.latin1, handler)

  const base = handler.base === null ? head.url : (webUrl(handler.base, head.url).url ?? head.url)
  const counts: Counters = {}
  if (handler.brokenScripts > 0) counts['scripts.bad-json-ld'] = handler.brokenScripts
  const use = withMetas(head.use ?? headerUse(() => []), handler.tdm)
  const said = [...head.robotsTags, ...handler.robots]
  return {
    url: head.url,
    charset: source.charset,
    language: handler.language?.trim() || handler.contentLanguage?.trim() || null,
    license:
      handler.licenses
        .flat()
        .map((href) => webUrl(href, base).url)
        .find((url) => url !== null) ?? null,
    robots: mergeDirectives(headerDirectives(head.robotsTags, head.agent), metaDirectives(handler.robots)),
    use,
    robotsText: said.length === 0 ? null : said.join(', ').toWellFormed(),
    images: readImages(
      { shown: handler.shown, textsOf: (shown) => handler.textsOf(shown) },
      base,
      options.captions,
      options.targetWidth,
      counts,
    ),
    links: readLinks(handler.links, base, counts),
    counts,
  }
}

function readLinks(found: readonly FoundLink[], base: string, counts: Counters): string[] {
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
