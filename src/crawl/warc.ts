import { z } from 'zod'
import { defineSource, LINK_COLUMNS } from '../core/index.ts'
import { archiveIdentity, archiveOptions, archiveParts, checkArchive, WARC_FILES } from './archive-files.ts'
import { archiveRows } from './archive-rows.ts'
import { PAGE_COLUMNS } from './links.ts'
import { maxWarcBlock, warcPageOptions, warcRows } from './warc-rows.ts'

const options = z.strictObject({ ...archiveOptions(WARC_FILES), ...warcPageOptions })

/**
 * Reads the HTML pages of WARC files and gives each picture that has a text, with all its texts.
 *
 * Files may be plain, gzip or zstd, also several glued together; from http(s) they are read by ranges, as they are named:
 * no robots.txt is asked for an archive. What its pages asked for when they were archived is obeyed: X-Robots-Tag headers,
 * robots metas, TDMRep and Content-Usage (`consent`). A damaged record is counted (`records.damaged-gzip`) and costs itself. Order of rows: pages as in the
 * file, pictures as in the page; equal files give equal rows.
 * Memory: the largest page three times, and 16 MiB of a file from the network.
 */
export const warc = defineSource({
  name: 'crawl/warc',
  version: 2,
  summary: 'Read WARC files, such as those of Common Crawl, and take pictures with their texts',
  options,
  columns: { ...LINK_COLUMNS, ...PAGE_COLUMNS },
  check: checkArchive,
  whenEmpty:
    'that pages are HTML with pictures that have texts of these kinds (texts, captions), and consent',
  identity: (chosen) => archiveIdentity(chosen, WARC_FILES),
  partitions: (chosen, start) => archiveParts(chosen, WARC_FILES, start),
  read: (part, context) =>
    archiveRows(part, context, 'WARC', maxWarcBlock(context.options), warcRows(context)),
})
