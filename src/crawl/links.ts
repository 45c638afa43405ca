import { imageId, uid, type LinkRow } from '../core/index.ts'
import type { Page } from './html.ts'
import { siteOf } from './url.ts'

/** The rows of a page: one for each picture and alt text, in document order. */
export function linkRows(page: Page): LinkRow[] {
  return page.images.map(({ url, alt }) => ({
    uid: uid(url, alt),
    image_id: imageId(url),
    url,
    site: siteOf(url),
    texts: [{ kind: 'alt', text: alt, language: null, score: null, page: page.url }],
    caption: 0,
    merged_uids: [],
  }))
}
