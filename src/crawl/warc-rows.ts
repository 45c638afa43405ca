import type { z } from 'zod'
import type { LinkRow, StageContext } from '../core/index.ts'
import type { WarcRecord } from '../store/warc-record.ts'
import { readPage, type PageOptions } from './html.ts'
import { isOptedOut, pageRows } from './links.ts'
import { pageOptions } from './page-options.ts'
import { productToken } from './robots-txt.ts'
import { TEXT_KINDS } from './text-kinds.ts'
import { archivedPage } from './warc-page.ts'

/** Room for a response's head before its body. */
const HEAD_BYTES = 256 * 1024

/** Options of the sources that read pages of WARC records. */
export const warcPageOptions = pageOptions(TEXT_KINDS)
export type WarcPageOptions = z.infer<z.ZodObject<typeof warcPageOptions>>

/** Longer blocks are cut. */
export function maxWarcBlock({ maxPageBytes }: WarcPageOptions): number {
  return maxPageBytes + HEAD_BYTES
}

/** Makes the rows of a record: the pictures of its page, where it holds one that lets them be taken. Counts pages. */
export function warcRows(
  context: Pick<StageContext<WarcPageOptions>, 'options' | 'network' | 'count'>,
): (record: WarcRecord) => LinkRow[] {
  const { options, network, count } = context
  const wanted: PageOptions = { ...options, links: false }
  const agent = productToken(network.agent)
  return (record) => {
    const found = archivedPage(record, options.maxPageBytes)
    if (found === null) return []
    if (typeof found === 'string') {
      count(`pages.${found}`)
      return []
    }
    const { body, ...head } = found
    const page = readPage(body, { ...head, agent }, wanted)
    for (const [name, by] of Object.entries(page.counts)) count(name, by)
    count(record.isCut ? 'pages.cut' : 'pages.ok')
    return isOptedOut(page, options.consent, count) ? [] : pageRows(page)
  }
}
