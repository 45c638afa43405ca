import { seededRandom } from '../src/core/random.ts'
import { hash128 } from '../src/core/hash.ts'
import type { Random } from '../src/core/random.ts'
import { badText } from './bad-texts.ts'
import type { Domain } from './hosts.ts'
import { countOf } from './pictures.ts'
import type { Picture } from './pictures.ts'
import { TROUBLES } from './troubles.ts'
import type { TroubleName } from './troubles.ts'
import { DROPPED_LANGUAGES, KEPT_LANGUAGES, describe } from './words.ts'

/** An `<img src alt>` on a page. */
export interface Link {
  page: string
  url: string
  /** The alt attribute after decoding, white space collapsed and trimmed. */
  text: string
  language: string
  trouble: TroubleName | null
}

export interface Page {
  url: string
  site: string
  language: string
  /** Group of the first picture, whose name is the title. */
  group: number
  links: Link[]
  /** Pages this one links to, in order. */
  next: string[]
}

/** A site: its start page, what leads to its pages, and its pages by address. */
export interface Site {
  domain: Domain
  start: string
  languages: readonly string[]
  pages: Page[]
}

const MOST_LINKS = 24
const SECOND_TEXTS = 0.4

/**
 * Writes the links of every picture and lays them out on pages: one gallery per site and language.
 *
 * A good picture has one text on its designer's site and, two times in five, one or two more in other languages,
 * there or on a blog. Texts of one picture differ.
 */
export function planSites(
  seed: number,
  pictures: readonly Picture[],
  troubles: readonly TroubleName[],
  domains: readonly Domain[],
  isCut: boolean,
): Site[] {
  const random = seededRandom(seed, 'pages')
  const kept = deal(random.shuffle(KEPT_LANGUAGES), domains.length, isCut ? 4 : 7)
  const dropped = deal(random.shuffle(DROPPED_LANGUAGES), domains.length, isCut ? 2 : 3)
  const shelves: Shelf[] = domains.map((domain, i) => ({
    domain,
    kept: kept[i] ?? [],
    dropped: dropped[i] ?? [],
    galleries: new Map(),
    drafts: [],
  }))
  const writer = new Writer(shelves, random)

  for (const picture of pictures) writer.place(picture)
  const good = pictures.filter(({ trouble, textTrouble }) => trouble === null && textTrouble === null)
  for (const picture of good) {
    if (random.next() < SECOND_TEXTS)
      for (let n = 1 + random.below(2); n > 0; n--) writer.placeAgain(picture, null)
  }
  for (const trouble of troubles) {
    if (TROUBLES[trouble].on !== 'text') continue
    for (let left = Math.floor(countOf(trouble, pictures.length) / 2); left > 0;) {
      if (writer.placeAgain(random.pick(good), trouble)) left--
    }
  }
  return shelves.map((shelf) => layOut(shelf, random))
}

/** Collapses white space as a browser shows it; how texts are compared. */
export function normalText(text: string): string {
  return text.normalize('NFC').replaceAll(/\s+/gu, ' ').trim()
}

interface Item {
  picture: Picture
  text: string
  language: string
  trouble: TroubleName | null
}

interface Shelf {
  domain: Domain
  kept: readonly string[]
  dropped: readonly string[]
  /** By language of the page. */
  galleries: Map<string, Item[]>
  drafts: Item[]
}

class Writer {
  readonly #shelves: readonly Shelf[]
  readonly #random: Random
  /** By picture address: languages of the pages that show it, and its texts. */
  readonly #used = new Map<string, { languages: Set<string>; texts: Set<string> }>()

  constructor(shelves: readonly Shelf[], random: Random) {
    this.#shelves = shelves
    this.#random = random
  }

  /** The first text of a picture, on the site of its own domain. */
  place(picture: Picture): void {
    const shelf = this.#shelves.find(({ domain }) => domain.name === picture.domain)
    if (!shelf) throw new Error(`Expected a site of ${picture.domain}, got none`)
    if (!this.#write(shelf, picture, picture.textTrouble))
      throw new Error(`Expected a text of ${picture.url}, got none`)
  }

  /**
   * One more text of a picture, on any site: other languages, hot-linked by blogs.
   *
   * False, and nothing written, where the site has no language left for it.
   */
  placeAgain(picture: Picture, trouble: TroubleName | null): boolean {
    const near = this.#shelves.filter(
      ({ domain }) => domain.designer === null || domain.designer === picture.designer,
    )
    return this.#write(this.#random.pick(near), picture, trouble)
  }

  // A picture is on one page of a language, and its texts differ: else merging would leave one of two without a fate.
  #write(shelf: Shelf, picture: Picture, trouble: TroubleName | null): boolean {
    const random = this.#random
    const used = this.#used.get(picture.url) ?? { languages: new Set(), texts: new Set() }
    const isForeign = trouble === 'wrong-language'
    const language = random.pick(isForeign ? shelf.dropped : shelf.kept)
    // One foreign text in four stands on a page of a wanted language: the page's lang is no proof.
    const pageLanguage = isForeign && random.next() < 0.25 ? random.pick(shelf.kept) : language
    const isWords = trouble === null || isForeign
    const text = normalText(isWords ? describe(picture.emoji, language, random) : badText(trouble, random))
    if (used.languages.has(pageLanguage) || used.texts.has(text.toLowerCase())) return false

    this.#used.set(picture.url, used)
    used.languages.add(pageLanguage)
    used.texts.add(text.toLowerCase())
    const item = { picture, text, language, trouble: trouble ?? picture.trouble }
    if (picture.trouble === 'robots-page') shelf.drafts.push(item)
    else shelf.galleries.set(pageLanguage, [...(shelf.galleries.get(pageLanguage) ?? []), item])
    return true
  }
}

function layOut({ domain, galleries, drafts }: Shelf, random: Random): Site {
  const start = `http://www.${domain.name}/`
  const languages = [...galleries.keys()].sort()
  const pages = languages.flatMap((language) => {
    const items = random.shuffle(galleries.get(language) ?? [])
    const chunks = Array.from({ length: Math.ceil(items.length / MOST_LINKS) }, (_, i) =>
      items.slice(i * MOST_LINKS, (i + 1) * MOST_LINKS),
    )
    return chunks.map((chunk, i) => {
      const page = makePage(domain, pageAddress(domain, language, i + 1), language, chunk)
      if (i + 1 < chunks.length) page.next.push(pageAddress(domain, language, i + 2))
      return page
    })
  })
  if (drafts.length > 0) {
    const address = `http://www.${domain.name}/drafts/${hash128(domain.name).slice(0, 6)}.html`
    pages.push(makePage(domain, address, drafts[0]?.language ?? 'en', drafts))
  }
  return { domain, start, languages, pages }
}

function makePage({ name }: Domain, url: string, language: string, items: readonly Item[]): Page {
  const links = items.map(({ picture, text, language: spoken, trouble }) => ({
    page: url,
    url: picture.url,
    text,
    language: spoken,
    trouble,
  }))
  return { url, site: name, language, group: items[0]?.picture.emoji.group ?? 0, links, next: [] }
}

function pageAddress({ name, addresses }: Domain, language: string, number: number): string {
  const root = `http://www.${name}`
  switch (addresses) {
    case 'folders':
      return number === 1 ? `${root}/${language}/` : `${root}/${language}/page/${number}`
    case 'query':
      return number === 1
        ? `${root}/gallery?lang=${language}`
        : `${root}/gallery?lang=${language}&page=${number}`
    case 'files':
      return `${root}/gallery-${language}-${number}.html`
  }
}

// Rounds of a dealt deck: every language has a site, sites differ.
function deal(deck: readonly string[], sites: number, each: number): string[][] {
  return Array.from({ length: sites }, (_, site) =>
    Array.from({ length: each }, (_, i) => deck[(site * each + i) % deck.length] as string),
  )
}
