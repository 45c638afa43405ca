import { normalText } from './pages.ts'
import { BOMB_SIDE } from './pixel-bomb.ts'
import { SIZE_LIMITS } from './recipe.ts'
import type { Format } from './recipe.ts'
import { KEPT, TROUBLES } from './troubles.ts'
import type { Expected, TroubleName } from './troubles.ts'
import type { Web } from './web.ts'
import { DROPPED_LANGUAGES, KEPT_LANGUAGES, TEXT_LIMITS } from './words.ts'

/** One `<img>` of one page: what should become of it. */
export interface TruthLink {
  page: string
  url: string
  /** As a reader sees it: decoded, NFC, white space collapsed. */
  text: string
  language: string
  trouble: TroubleName | null
  expected: Expected
}

/** One picture address. */
export interface TruthImage {
  url: string
  /** Code points of the emoji. */
  emoji: string
  designer: string
  /** Null where no picture is to be had. */
  format: Format | null
  /** As a viewer sees it, after EXIF rotation, px; null where no picture is to be had. */
  width: number | null
  height: number | null
  trouble: TroubleName | null
  expected: Expected
  /** Some text of it survives the text rules; if not, it is never worth a request. */
  isWanted: boolean
  sameBytesAs?: string
  /** No stage of the first version looks for near duplicates: both are expected to be kept. */
  nearDuplicateOf?: string
}

/** What a run over the demo web should do; a file beside the run, as JSON. */
export interface Truth {
  version: 1
  seed: number
  /** The settings under which the truth holds. */
  settings: {
    languages: { kept: readonly string[]; dropped: readonly string[] }
    minSide: number
    maxRatio: number
    minWords: number
    minChars: number
  }
  links: readonly TruthLink[]
  images: readonly TruthImage[]
}

export function truthOf({ seed, sites, pictures }: Web): Truth {
  const troubled = new Map(pictures.map(({ url, trouble }) => [url, trouble]))
  const links = sites.flatMap(({ pages }) =>
    pages.flatMap((page) =>
      page.links.map((link) => ({
        ...link,
        text: normalText(link.text),
        expected: expectedOf(link.trouble),
      })),
    ),
  )
  const wanted = new Set(
    links.filter(({ url, trouble }) => trouble === (troubled.get(url) ?? null)).map(({ url }) => url),
  )
  const images = pictures.map((picture): TruthImage => {
    const { url, emoji, designer, recipe, trouble, textTrouble, sameBytesAs, nearDuplicateOf } = picture
    const side = trouble === 'pixel-bomb' ? BOMB_SIDE : null
    return {
      url,
      emoji: emoji.hexcode,
      designer,
      format: recipe?.format ?? (side === null ? null : 'png'),
      width: recipe?.width ?? side,
      height: recipe?.height ?? side,
      trouble: textTrouble ?? trouble,
      expected: expectedOf(textTrouble ?? trouble),
      isWanted: wanted.has(url),
      ...(sameBytesAs !== undefined && { sameBytesAs }),
      ...(nearDuplicateOf !== undefined && { nearDuplicateOf }),
    }
  })
  return {
    version: 1,
    seed,
    settings: {
      languages: { kept: KEPT_LANGUAGES, dropped: DROPPED_LANGUAGES },
      ...SIZE_LIMITS,
      ...TEXT_LIMITS,
    },
    links,
    images,
  }
}

function expectedOf(trouble: TroubleName | null): Expected {
  return trouble === null ? KEPT : TROUBLES[trouble].expected
}
