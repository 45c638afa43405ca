import type { Counters } from '../core/index.ts'
import type { WarcRecord } from '../store/warc-record.ts'
import { withMetas } from './consent-page.ts'
import type { Shown } from './html-handler.ts'
import { readImages, type PageText } from './html-images.ts'
import type { Page } from './html.ts'
import { headerDirectives, mergeDirectives, metaDirectives } from './robots-directives.ts'
import type { TextKind } from './text-kinds.ts'
import { webUrl } from './url.ts'
import type { WatPage } from './wat-page.ts'
import { parseWat } from './wat-parse.ts'
import { scanWat } from './wat-scan.ts'

/** What is wanted of the records. */
export interface WatOptions {
  /** Kinds of texts to keep. */
  texts: readonly TextKind[]
  /** Kinds that the caption is taken from, best first. */
  captions: readonly TextKind[]
  /** Our product token. */
  agent: string
}

/** The page that a WAT record is of; a word why there is none; null for records of something else. */
export function watPage(record: WarcRecord, options: WatOptions): Page | string | null {
  const agent = options.agent.toLowerCase()
  let wat: WatPage | null
  if (record.isCut) return 'too-many-bytes'
  try {
    const scanned = scanWat(record.block, agent)
    wat = scanned === 'unsure' ? parseWat(record.block.toString(), agent) : scanned
  } catch (error) {
    if (error instanceof SyntaxError) return 'bad-json'
    throw error
  }
  if (wat === null) return null
  if (wat.status !== null && !wat.status.startsWith('2')) return `http-${wat.status}`
  const url = webUrl(record.targetUri ?? '').url
  return url === null ? 'bad-url' : pageOf(wat, url, options)
}

function pageOf(wat: WatPage, url: string, { texts, captions, agent }: WatOptions): Page {
  const kinds = new Set(texts)
  const shown: WatShown[] = []
  let og: WatShown | null = null
  let language: string | null = null
  let contentLanguage: string | null = null
  const openGraph = new Map<string, string>()
  const robots: string[] = []
  for (const { name, content } of wat.metas) {
    if (name === 'og:image' || (name === 'og:image:url' && og === null)) {
      og = { ...NOTHING, src: content, texts: [], isOpenGraph: true }
      if (kinds.has('og:image:alt') || kinds.has('og:title') || kinds.has('og:description')) shown.push(og)
    } else if (name === 'og:image:alt') og?.texts.push({ kind: 'og:image:alt', text: content })
    else if (name === 'html@/lang') language ??= content
    else if (name === 'content-language') contentLanguage ??= content.includes(',') ? null : content
    else if (name.startsWith('og:')) openGraph.set(name, openGraph.get(name) ?? content)
    else if (!name.startsWith('tdm-')) robots.push(content)
  }
  for (const { url: src, alt, title, longdesc } of wat.images) {
    const own: PageText[] = []
    if (alt !== null) own.push({ kind: 'alt', text: alt })
    if (title !== null) own.push({ kind: 'title', text: title })
    if (longdesc !== null) own.push({ kind: 'longdesc', text: longdesc })
    shown.push({ ...NOTHING, src, texts: own, hasAlt: alt !== null })
  }
  const textsOf = ({ texts: own, isOpenGraph }: Shown): PageText[] => {
    const found = own.filter(({ kind }) => kinds.has(kind))
    for (const kind of isOpenGraph ? (['og:title', 'og:description'] as const) : []) {
      const text = openGraph.get(kind)
      if (text !== undefined && kinds.has(kind)) found.push({ kind, text })
    }
    return found
  }

  const base = wat.base === null ? url : (webUrl(wat.base, url).url ?? url)
  const counts: Counters = wat.bareImages === 0 ? {} : { 'images.no-alt': wat.bareImages }
  const said = [...wat.robotsTags, ...robots]
  return {
    url,
    charset: 'utf-8',
    language: language?.trim() || contentLanguage?.trim() || null,
    license:
      wat.licenses
        .flat()
        .map((href) => webUrl(href, base).url)
        .find((href) => href !== null) ?? null,
    robots: mergeDirectives(headerDirectives(wat.robotsTags, agent), metaDirectives(robots)),
    use: withMetas(wat.use, wat.metas),
    robotsText: said.length === 0 ? null : said.join(', ').toWellFormed(),
    images: readImages({ shown, textsOf }, base, captions, 0, counts),
    links: [],
    counts,
  }
}

type WatShown = Shown & { texts: PageText[] }

const NOTHING = {
  lazy: [],
  candidates: [],
  layoutWidth: null,
  figure: null,
  link: null,
  heading: null,
  license: null,
  hasAlt: false,
  isOpenGraph: false,
} satisfies Partial<Shown>
