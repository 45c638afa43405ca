import { z } from 'zod'
import { defineSource, LINK_COLUMNS, NO_START } from '../core/index.ts'
import { inBatches } from './archive-rows.ts'
import { openArchive } from './archive-client.ts'
import {
  archiveIdentity,
  archiveOptions,
  archiveParts,
  checkArchive,
  fromBase,
  INDEX_FILES,
} from './archive-files.ts'
import { checkIndexFile, findPages } from './cc-index-find.ts'
import { MAX_PAGES, pageFiles, PageSet, type PagesPart } from './cc-index-pages.ts'
import { readRecords } from './cc-index-records.ts'
import { selectionOptions } from './cc-index-selection.ts'
import { readWhere, withSql } from './cc-index-where.ts'
import { PAGE_COLUMNS } from './links.ts'
import { inputError } from './source-files.ts'
import { maxWarcBlock, warcPageOptions, warcRows } from './warc-rows.ts'

const options = z.strictObject({
  ...archiveOptions(INDEX_FILES),
  ...selectionOptions,
  maxPages: z
    .int()
    .min(1)
    .max(MAX_PAGES)
    .optional()
    .describe('pages read at most: a fair sample by the hash of their places, the same each time'),
  pagesPerPartition: z.int().min(1).max(1_000_000).default(10_000).describe('pages of a partition'),
  ...warcPageOptions,
})

/**
 * Selects pages in Common Crawl's columnar index, reads their records from the WARC files, each by its place, and gives
 * what `crawl/warc` gives for them.
 *
 * The index is read once, when a run starts: footers, then the needed columns of those row groups that its statistics do
 * not exclude. `hosts`, `domains` and `tlds` leave few of them, `languages` alone nearly all (some 30 GB of a crawl);
 * `where` is asked of what is left. What was found is fixed in the run folder, and partitions are equal shares of it.
 * Order of rows: by WARC file and offset, pictures as in the page. A place without a whole record is counted
 * (`records.damaged-…`, `records.no-file`) and costs itself. The archive is asked as in `crawl/warc`.
 * Memory: at the start of a run, 512 MiB and 32 bytes a page; then the largest record three times and 16 MiB.
 */
export const ccIndex = defineSource({
  name: 'crawl/cc-index',
  version: 1,
  summary:
    "Select pages in Common Crawl's columnar index, and take pictures with their texts from their WARC records",
  options,
  columns: { ...LINK_COLUMNS, ...PAGE_COLUMNS },
  check: checkArchive,
  whenEmpty: 'what is selected, texts, captions and consent',
  async identity(chosen) {
    const { where } = chosen
    const files = await archiveIdentity(chosen, INDEX_FILES)
    const first = files === null ? undefined : (await archiveParts(chosen, INDEX_FILES, NO_START))[0]
    // Nothing is asked over the network while a run is planned: what is in an index there shows when the run starts.
    if (first?.file) await checkIndexFile(first.place, chosen)
    else if (where !== undefined) await withSql((sql) => readWhere(where, sql))
    return files
  },
  async partitions(chosen, start): Promise<PagesPart[]> {
    const places = (await archiveParts(chosen, INDEX_FILES, start)).map(({ place }) => place)
    const pages = new PageSet(chosen.maxPages)
    const index = await findPages(places, chosen, start, pages)
    const parts = pages.parts(chosen.pagesPerPartition)
    if (parts.length === 0) {
      const message = `Expected pages that are selected in ${places[0]}${places.length > 1 ? ` and ${places.length - 1} more` : ''}, got none of them`
      throw inputError(places[0]!, message)
    }
    parts[0]!.index = index
    return parts
  },
  async *read(part, context) {
    const { options: chosen, count } = context
    const { index } = part as PagesPart
    for (const [name, by] of Object.entries(index ?? {})) count(`index.${name}`, by)
    const archive = openArchive({ ...context, requests: chosen.requests })
    const rowsOf = warcRows(context)
    const files = pageFiles(part as PagesPart).map(({ name, records }) => ({
      place: fromBase(chosen.base, name),
      records,
    }))
    try {
      const records = readRecords(files, { archive, maxBlockBytes: maxWarcBlock(chosen), count })
      yield* inBatches(records, context, (record) => {
        count(PAGE_TYPES.has(record.type) ? 'records' : 'records.no-page')
        return rowsOf(record)
      })
    } finally {
      await archive.close()
    }
  },
})

/** Of records that may hold a page: an index that names another one is wrong. */
const PAGE_TYPES = new Set(['response', 'resource'])
