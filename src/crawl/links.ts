import { imageId, uid, type Columns, type LinkRow, type Text } from '../core/index.ts'
import type { ConsentLevel } from './consent.ts'
import { pageSignal } from './consent-page.ts'
import type { PageImage } from './html-images.ts'
import type { Page } from './html.ts'
import { siteOfHref } from './url.ts'

/** What the page says of all that is on it. Of rows that are merged, the keeper's. */
export const PAGE_COLUMNS = {
  page_language: { type: 'utf8', nullable: true, doc: 'language that the page declares, as written' },
  page_license: {
    type: 'utf8',
    nullable: true,
    doc: 'URL of the licence that the picture or its page names',
  },
  page_robots: {
    type: 'utf8',
    nullable: true,
    doc: 'X-Robots-Tag headers and robots metas of the page, as written',
  },
} as const satisfies Columns

/** The rows of a page: one for each picture, in document order. The first text decides the uid. */
export function linkRows(page: Page): LinkRow[] {
  return page.images.map((image) => linkRow(image, page.url))
}

/** Whether a page wants its pictures not taken, which is counted: `pages.noai`, `pages.tdm-reserved`. */
export function isOptedOut(
  { robots, use, images }: Page,
  level: ConsentLevel,
  count: (name: string, by?: number) => void,
): boolean {
  const signal = pageSignal(use, level)
  const why = robots.noImages ?? (signal?.reserves === true ? signal.rule : null)
  if (why === null) return false
  count(`pages.${why}`)
  count('images.opted-out', images.length)
  return true
}

/** The rows of a page with PAGE_COLUMNS. */
export function pageRows(page: Page): LinkRow[] {
  const language = page.language?.toWellFormed() ?? null
  return page.images.map((image) => {
    const row = linkRow(image, page.url)
    row.page_language = language
    row.page_license = image.license ?? page.license
    row.page_robots = page.robotsText
    return row
  })
}

function linkRow({ url, texts, caption }: PageImage, page: string): LinkRow {
  return {
    uid: uid(url, texts[0]!.text),
    image_id: imageId(url),
    url,
    site: siteOfHref(url),
    texts: texts.map(({ kind, text }): Text => ({ kind, text, language: null, score: null, page })),
    caption,
    merged_uids: [],
  }
}
