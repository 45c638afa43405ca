import { z } from 'zod'
import { defineSource, LINK_COLUMNS, NO_NETWORK, type LinkRow } from '../core/index.ts'
import type { WarcRecord } from '../store/warc-record.ts'
import { archiveIdentity, archiveOptions, archiveParts, checkArchive } from './archive-files.ts'
import { archiveRows } from './archive-rows.ts'
import { readPage, type PageOptions } from './html.ts'
import { isOptedOut, PAGE_COLUMNS, pageRows } from './links.ts'
import { pageOptions } from './page-options.ts'
import { productToken } from './robots-txt.ts'
import { TEXT_KINDS } from './text-kinds.ts'
import { archivedPage } from './warc-page.ts'

/** Room for a response's head before its body. */
const HEAD_BYTES = 256 * 1024

const options = z.strictObject({
  ...archiveOptions('warc'),
  ...pageOptions(TEXT_KINDS),
})

/**
 * Reads the HTML pages of WARC files and gives each picture that has a text, with all its texts.
 *
 * Files may be plain, gzip or zstd, also several glued together; from http(s) they are read by ranges, as they are named:
 * no robots.txt is asked for an archive. What its pages asked for when they were archived is obeyed: X-Robots-Tag headers
 * and robots metas. A damaged record is counted (`records.damaged-gzip`) and costs itself. Order of rows: pages as in the
 * file, pictures as in the page; equal files give equal rows.
 * Memory: the largest page three times, and 16 MiB of a file from the network.
 */
export const warc = defineSource({
  name: 'crawl/warc',
  version: 1,
  summary: 'Read WARC files, such as those of Common Crawl, and take pictures with their texts',
  options,
  columns: { ...LINK_COLUMNS, ...PAGE_COLUMNS },
  check: checkArchive,
  identity: (chosen) => archiveIdentity(chosen, 'warc'),
  partitions: (chosen, network = NO_NETWORK) => archiveParts(chosen, 'warc', network),
  read(part, context) {
    const { options: chosen, network, count } = context
    const wanted: PageOptions = { ...chosen, links: false }
    const agent = productToken(network.agent)

    function rowsOf(record: WarcRecord): LinkRow[] {
      const found = archivedPage(record, chosen.maxPageBytes)
      if (found === null) return []
      if (typeof found === 'string') {
        count(`pages.${found}`)
        return []
      }
      const { body, ...head } = found
      const page = readPage(body, { ...head, agent }, wanted)
      for (const [name, by] of Object.entries(page.counts)) count(name, by)
      count(record.isCut ? 'pages.cut' : 'pages.ok')
      return isOptedOut(page, count) ? [] : pageRows(page)
    }
    return archiveRows(part, context, chosen.maxPageBytes + HEAD_BYTES, rowsOf)
  },
})
