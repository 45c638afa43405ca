import { USE_METAS, type PageUse } from './consent-page.ts'

/** JSON of headers of which one says how a page may be used. */
export const USE_HEADERS = /"(?:x-robots-tag|tdm-reservation|content-usage)"/i

/** A picture of a WAT record: an `IMG@/src` link that has a text, its texts as they stand. */
export interface WatImage {
  url: string
  alt: string | null
  title: string | null
  longdesc: string | null
}

/** A meta that matters here, its name in lower case: `name`, `property` or `http-equiv`. */
export interface WatMeta {
  name: string
  content: string
}

/** What is taken of the metadata of one HTML page, in the order of its document. */
export interface WatPage {
  /** HTTP status as it stands, or null where there is none. */
  status: string | null
  /** X-Robots-Tag headers. */
  robotsTags: string[]
  /** What other headers say of its use. */
  use: PageUse
  base: string | null
  metas: WatMeta[]
  images: WatImage[]
  /** Pictures without any text. */
  bareImages: number
  /** References with `rel=license`, then those of Creative Commons licences. */
  licenses: [named: string[], guessed: string[]]
}

/** Metas that matter; the name that the format gives the language of `<html>` among them. */
export function isWantedMeta(name: string, agent: string): boolean {
  return name.startsWith('og:') || WANTED.has(name) || name === agent
}

const WANTED = new Set<string>([...USE_METAS, 'robots', 'x-robots-tag', 'content-language', 'html@/lang'])

export const CREATIVE_COMMONS =
  /^(?:https?:)?\/\/(?:www\.)?creativecommons\.org\/(?:licenses|publicdomain)\//i

/** Of the words of a `rel`, the first counts. */
export function isLicenseRel(rel: string): boolean {
  return /^license(?:\s|$)/.test(rel)
}
