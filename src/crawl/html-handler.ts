import { Captures, type Capture } from './html-capture.ts'
import { imageObjects } from './html-json-ld.ts'
import { nameHash, TAG, INLINE, type Tag } from './html-names.ts'
import type { HtmlSource } from './html-source.ts'
import { parseSrcset, type Candidate } from './html-srcset.ts'
import type { Attributes, HtmlHandler } from './html-tokens.ts'
import type { TextKind } from './text-kinds.ts'

/** A picture where a page shows or names it. Texts and references are as they stand, references undone. */
export interface Shown {
  /** `src`, or the URL that a meta or JSON-LD gives. */
  src: string | null
  /** Values of attributes that scripts load pictures from, the likeliest first. */
  lazy: string[]
  /** Of `srcset` and of the sources of its `<picture>`. */
  candidates: Candidate[]
  /** Width that the page gives it, px. */
  layoutWidth: number | null
  /** Texts of its own, in their order. */
  texts: { kind: TextKind; text: string }[]
  figure: Figure | null
  link: Capture | null
  heading: Capture | null
  license: string | null
  /** It has an alt attribute. */
  hasAlt: boolean
  /** The page's title and description by Open Graph are of it. */
  isOpenGraph: boolean
}

interface Figure {
  parent: Figure | null
  caption: Capture | null
}

export interface FoundLink {
  href: string
  rel: string
}

const ATTRIBUTE = Object.fromEntries(
  'alt content href http-equiv lang longdesc name property rel src title type width'
    .split(' ')
    .map((name) => [name, nameHash(name)]),
) as Record<string, number>

/** Attributes that libraries load pictures from once they are scrolled to; the first that is there counts. */
const LAZY = [
  'data-src',
  'data-lazy-src',
  'data-original',
  'data-lazy',
  'data-src-fg',
  'data-scroll-image',
  'data-lateloadsrc',
  'data-img-src',
  'data-gt-lazy-src',
  'src2',
].map(nameHash)
const SRCSETS = ['srcset', 'data-srcset', 'data-lazy-srcset'].map(nameHash)
const CREATIVE_COMMONS = /^(?:https?:)?\/\/(?:www\.)?creativecommons\.org\/(?:licenses|publicdomain)\//i
const OPEN_GRAPH: readonly TextKind[] = ['og:image:alt', 'og:title', 'og:description']

/** Collects from a document's tags what `readPage` makes a page of. */
export class PageHandler implements HtmlHandler {
  wantsText = false
  language: string | null = null
  contentLanguage: string | null = null
  base: string | null = null
  readonly shown: Shown[] = []
  readonly links: FoundLink[] = []
  /** References of licences: those that say `rel=license`, then those that lead to Creative Commons. */
  readonly licenses: [named: string[], guessed: string[]] = [[], []]
  /** Contents of metas that speak to crawlers. */
  readonly robots: string[] = []
  /** Metas of TDMRep. */
  readonly tdm: { name: string; content: string }[] = []
  brokenScripts = 0
  readonly captures: Captures

  readonly #source: HtmlSource
  readonly #kinds: ReadonlySet<TextKind>
  readonly #robotsNames: ReadonlySet<string>
  readonly #wantsLinks: boolean
  readonly #hasCreativeCommons: boolean
  #figure: Figure | null = null
  #link: Capture | null = null
  #heading: Capture | null = null
  #sources: Candidate[] | null = null
  #ogImage: Shown | null = null
  #ogTitle: string | null = null
  #ogDescription: string | null = null

  constructor(source: HtmlSource, kinds: ReadonlySet<TextKind>, agent: string, wantsLinks: boolean) {
    this.#source = source
    this.#kinds = kinds
    this.#robotsNames = new Set(['robots', agent.toLowerCase()])
    this.#wantsLinks = wantsLinks
    this.#hasCreativeCommons = source.latin1.includes('creativecommons.org/')
    this.captures = new Captures(source)
  }

  start(tag: Tag, attributes: Attributes): void {
    switch (tag) {
      case TAG.img:
        this.#image(attributes)
        return
      case TAG.a:
        this.#openLink(attributes)
        return
      case TAG.area:
      case TAG.link:
        this.#reference(attributes, tag === TAG.area)
        break
      case TAG.meta:
        this.#meta(attributes)
        break
      case TAG.h1:
        if (this.#kinds.has('heading')) {
          if (this.#heading !== null) this.captures.stop(this.#heading)
          this.#heading = this.captures.start()
        }
        break
      case TAG.figure:
        if (this.#kinds.has('figcaption')) this.#figure = { parent: this.#figure, caption: null }
        break
      case TAG.figcaption:
        if (this.#figure !== null) this.#figure.caption ??= this.captures.start()
        break
      case TAG.picture:
        this.#sources = []
        break
      case TAG.source:
        if (this.#sources !== null) this.#pictureSource(attributes)
        break
      case TAG.base:
        this.base ??= this.#value(attributes, ATTRIBUTE.href!)
        break
      case TAG.html:
        this.language ??= this.#value(attributes, ATTRIBUTE.lang!)
        break
      case INLINE:
        return
      default: // Any other tag parts words.
    }
    this.#gap()
  }

  end(tag: Tag): void {
    switch (tag) {
      case TAG.a:
        if (this.#link !== null) this.captures.stop(this.#link)
        this.#link = null
        this.wantsText = this.captures.open > 0
        return
      case TAG.h1:
        if (this.#heading !== null) this.captures.stop(this.#heading)
        break
      case TAG.figcaption:
        if (this.#figure?.caption) this.captures.stop(this.#figure.caption)
        break
      case TAG.figure:
        if (this.#figure?.caption) this.captures.stop(this.#figure.caption)
        this.#figure = this.#figure?.parent ?? null
        break
      case TAG.picture:
        this.#sources = null
        break
      case INLINE:
        return
      default:
    }
    this.#gap()
  }

  text(start: number, end: number): void {
    this.captures.add(start, end)
  }

  raw(tag: Tag, attributes: Attributes, start: number, end: number): void {
    if (tag !== TAG.script || !this.#wantsJsonLd()) return
    const type = this.#value(attributes, ATTRIBUTE.type!)
    if (type === null || !/^\s*application\/ld\+json\s*(?:;|$)/i.test(type)) return
    const objects = imageObjects(this.#source.slice(start, end))
    if (objects === null) {
      this.brokenScripts++
      return
    }
    for (const { url, caption, name, description, license } of objects) {
      const shown = this.#show(url, null)
      shown.license = license
      this.#addText(shown, 'ld:caption', caption)
      this.#addText(shown, 'ld:name', name)
      this.#addText(shown, 'ld:description', description)
    }
  }

  /** All texts of a picture, its own first, once the document is read to its end. Not cleaned, some empty. */
  textsOf({ texts, isOpenGraph, figure, link, heading }: Shown): { kind: TextKind; text: string }[] {
    const found = [...texts]
    const add = (kind: TextKind, text: string | null) => {
      if (text !== null && this.#kinds.has(kind)) found.push({ kind, text })
    }
    const textOf = (capture: Capture | null) => (capture === null ? null : this.captures.textOf(capture))
    if (isOpenGraph) {
      add('og:title', this.#ogTitle)
      add('og:description', this.#ogDescription)
    }
    let captioned = figure
    while (captioned !== null && captioned.caption === null) captioned = captioned.parent
    add('figcaption', textOf(captioned?.caption ?? null))
    add('link', textOf(link))
    add('heading', textOf(heading))
    return found
  }

  #gap(): void {
    this.wantsText = this.captures.open > 0
    if (this.wantsText) this.captures.gap()
  }

  #wantsJsonLd(): boolean {
    return this.#kinds.has('ld:caption') || this.#kinds.has('ld:name') || this.#kinds.has('ld:description')
  }

  #value(attributes: Attributes, hash: number): string | null {
    const i = attributes.find(hash)
    return i < 0 ? null : this.#source.attribute(attributes.starts[i]!, attributes.ends[i]!)
  }

  #show(src: string | null, attributes: Attributes | null): Shown {
    const width =
      attributes === null
        ? null
        : /^\s*(\d{1,5})(?:px)?\s*$/.exec(this.#value(attributes, ATTRIBUTE.width!) ?? '')
    const shown: Shown = {
      src,
      lazy: [],
      candidates: [],
      layoutWidth: width && width[1] !== '0' ? Number(width[1]) : null,
      texts: [],
      figure: attributes === null ? null : this.#figure,
      link: attributes === null ? null : this.#link,
      heading: attributes === null ? null : this.#heading,
      license: null,
      hasAlt: false,
      isOpenGraph: false,
    }
    this.shown.push(shown)
    return shown
  }

  #addText(shown: Shown, kind: TextKind, text: string | null): void {
    if (text !== null && this.#kinds.has(kind)) shown.texts.push({ kind, text })
  }

  #image(attributes: Attributes): void {
    const shown = this.#show(this.#value(attributes, ATTRIBUTE.src!), attributes)
    for (const name of LAZY) {
      const value = this.#value(attributes, name)
      if (value !== null) shown.lazy.push(value)
    }
    for (const name of SRCSETS) {
      const value = this.#value(attributes, name)
      if (value !== null) shown.candidates.push(...parseSrcset(value))
    }
    // The sources of a picture serve its first image.
    if (this.#sources !== null) shown.candidates = shown.candidates.concat(this.#sources)
    this.#sources = null
    const alt = this.#value(attributes, ATTRIBUTE.alt!)
    shown.hasAlt = alt !== null
    this.#addText(shown, 'alt', alt)
    if (this.#kinds.has('title')) this.#addText(shown, 'title', this.#value(attributes, ATTRIBUTE.title!))
    if (this.#kinds.has('longdesc'))
      this.#addText(shown, 'longdesc', this.#value(attributes, ATTRIBUTE.longdesc!))
  }

  #pictureSource(attributes: Attributes): void {
    if (/svg/i.test(this.#value(attributes, ATTRIBUTE.type!) ?? '')) return
    for (const name of SRCSETS) {
      const value = this.#value(attributes, name)
      if (value !== null) this.#sources!.push(...parseSrcset(value))
    }
  }

  #openLink(attributes: Attributes): void {
    this.#reference(attributes, true)
    if (!this.#kinds.has('link')) return
    if (this.#link !== null) this.captures.stop(this.#link)
    this.#link = attributes.find(ATTRIBUTE.href!) < 0 ? null : this.captures.start()
    this.wantsText = this.captures.open > 0
  }

  #reference(attributes: Attributes, canBeFollowed: boolean): void {
    const isFollowed = canBeFollowed && this.#wantsLinks
    const hasRel = attributes.find(ATTRIBUTE.rel!) >= 0
    if (!isFollowed && !hasRel && !this.#hasCreativeCommons) return
    const rel = hasRel ? this.#value(attributes, ATTRIBUTE.rel!)! : ''
    const isLicense = hasRel && /(?:^|\s)license(?:\s|$)/i.test(rel)
    if (!isFollowed && !isLicense && !this.#hasCreativeCommons) return
    const href = this.#value(attributes, ATTRIBUTE.href!)
    if (href === null) return
    if (isFollowed) this.links.push({ href, rel })
    if (isLicense) this.licenses[0].push(href)
    else if (this.#hasCreativeCommons && CREATIVE_COMMONS.test(href)) this.licenses[1].push(href)
  }

  #meta(attributes: Attributes): void {
    const content = attributes.find(ATTRIBUTE.content!)
    if (content < 0) return
    const read = () => this.#source.attribute(attributes.starts[content]!, attributes.ends[content]!)
    const name = this.#value(attributes, ATTRIBUTE.name!)?.trim().toLowerCase() ?? ''
    const equivalent = this.#value(attributes, ATTRIBUTE['http-equiv']!)?.trim().toLowerCase() ?? ''
    if (this.#robotsNames.has(name)) this.robots.push(read())
    if (equivalent === 'x-robots-tag') this.robots.push(read())
    if (name.startsWith('tdm-')) this.tdm.push({ name, content: read() })
    // A list of languages says nothing of the page's own.
    if (equivalent === 'content-language' && !read().includes(',')) this.contentLanguage ??= read()
    const property = this.#value(attributes, ATTRIBUTE.property!)?.trim().toLowerCase() ?? name
    if (property.startsWith('og:')) this.#openGraph(property, read)
  }

  /** Open Graph protocol: properties of a picture follow the `og:image` that they are of. */
  #openGraph(property: string, read: () => string): void {
    switch (property) {
      case 'og:image':
      case 'og:image:url':
        if (!OPEN_GRAPH.some((kind) => this.#kinds.has(kind))) return
        if (property !== 'og:image' && this.#ogImage !== null) return
        this.#ogImage = this.#show(read(), null)
        this.#ogImage.isOpenGraph = true
        return
      case 'og:image:alt':
        if (this.#ogImage !== null) this.#addText(this.#ogImage, 'og:image:alt', read())
        return
      case 'og:title':
        this.#ogTitle ??= read()
        return
      case 'og:description':
        this.#ogDescription ??= read()
    }
  }
}
