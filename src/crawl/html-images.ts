import type { Counters } from '../core/index.ts'
import { cleanText } from './html-capture.ts'
import type { Shown } from './html-handler.ts'
import { bestCandidate } from './html-srcset.ts'
import type { TextKind } from './text-kinds.ts'
import { webUrl, type WebUrl } from './url.ts'

export interface PageText {
  kind: TextKind
  text: string
}

/** A picture of a page with every text that the page gives it. */
export interface PageImage {
  url: string
  /**
   * In document order of the places that show it; at each, its own attributes before what stands around. White space
   * collapsed, none empty.
   */
  texts: PageText[]
  /** Index into texts of the caption. */
  caption: number
  /** Licence that JSON-LD gives this picture, as it stands. */
  license: string | null
}

/** Where a page shows pictures, in the order of the document, and the texts of each place, some of them empty. */
export interface Places {
  shown: readonly Shown[]
  textsOf(shown: Shown): readonly PageText[]
}

/**
 * The pictures of a page, each once, in the order of their first places.
 *
 * captions: kinds that the caption is taken from, best first; without one of them a picture is left out. targetWidth:
 * px, 0 to take `src` whatever else there is.
 */
export function readImages(
  { shown: places, textsOf }: Places,
  base: string,
  captions: readonly TextKind[],
  targetWidth: number,
  counts: Counters,
): PageImage[] {
  const images = new Map<string, PageImage>()
  const leaveOut = (why: string) => {
    const name = `images.${why}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  for (const shown of places) {
    const texts: PageText[] = []
    for (const { kind, text } of textsOf(shown)) {
      const clean = cleanText(text)
      if (clean !== '') texts.push({ kind, text: clean })
    }
    if (texts.length === 0) {
      leaveOut(shown.hasAlt ? 'empty-alt' : 'no-alt')
      continue
    }
    const resolved = resolve(shown, targetWidth, base)
    if (resolved.url === null) {
      leaveOut(resolved.refused)
      continue
    }
    const { url } = resolved
    const image = images.get(url) ?? { url, texts: [], caption: 0, license: null }
    image.license ??= shown.license
    const known = image.texts.length
    for (const text of texts) {
      const isNew = image.texts.every((other) => other.kind !== text.kind || other.text !== text.text)
      if (isNew && image.texts.length < MAX_TEXTS) image.texts.push(text)
    }
    if (known > 0 && image.texts.length === known) leaveOut('repeated')
    images.set(url, image)
  }

  const kept: PageImage[] = []
  for (const image of images.values()) {
    const kind = captions.find((wanted) => image.texts.some((text) => text.kind === wanted))
    if (kind === undefined) {
      leaveOut('no-caption')
      continue
    }
    image.caption = image.texts.findIndex((text) => text.kind === kind)
    kept.push(image)
  }
  return kept
}

const NO_SRC = { url: null, refused: 'no-src' } as const
/** Texts of one picture on one page. */
const MAX_TEXTS = 100

/** The URL to take: the candidate of the right size, the one that a script loads, `src`; the first that is a URL. */
function resolve(
  { src, lazy, candidates, layoutWidth }: Shown,
  targetWidth: number,
  base: string,
): WebUrl | typeof NO_SRC {
  if (lazy.length === 0 && candidates.length === 0)
    return src === null || src.trim() === '' ? NO_SRC : webUrl(src, base)
  // Other values of these attributes switch a library on, or are JSON for it.
  const late = lazy.find((value) => /^[^\s{}"<>]*[/.][^\s{}"<>]*$/.test(value.trim())) ?? null
  const single = late ?? src
  const references = [single, src]
  if (targetWidth > 0 && candidates.length > 0) {
    const own = single === null || isData(single) ? [] : [{ url: single, width: null, density: 1 }]
    const real = candidates.filter(({ url }) => !isData(url))
    references.unshift(bestCandidate([...own, ...real], targetWidth, layoutWidth))
  }
  let refused: WebUrl | null = null
  for (const reference of references) {
    if (reference === null || reference.trim() === '') continue
    const resolved = webUrl(reference, base)
    if (resolved.url !== null) return resolved
    refused ??= resolved
  }
  return refused ?? NO_SRC
}

function isData(reference: string): boolean {
  return /^\s*data:/i.test(reference)
}
