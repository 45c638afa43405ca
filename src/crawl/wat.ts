import { z } from 'zod'
import { defineSource, LINK_COLUMNS, type LinkRow } from '../core/index.ts'
import type { WarcRecord } from '../store/warc-record.ts'
import { archiveIdentity, archiveOptions, archiveParts, checkArchive, WAT_FILES } from './archive-files.ts'
import { archiveRows } from './archive-rows.ts'
import { consentOption } from './consent.ts'
import { isOptedOut, PAGE_COLUMNS, pageRows } from './links.ts'
import { captionsOption, textsOption } from './page-options.ts'
import { productToken } from './robots-txt.ts'
import { watPage } from './wat-record.ts'

/** Metadata of one page. */
const MAX_RECORD_BYTES = 32 * 2 ** 20
/** The kinds that a WAT has. */
const WAT_KINDS = ['alt', 'og:image:alt', 'title', 'og:title', 'og:description', 'longdesc'] as const

const options = z.strictObject({
  ...archiveOptions(WAT_FILES),
  consent: consentOption,
  texts: textsOption(WAT_KINDS, WAT_KINDS),
  captions: captionsOption(WAT_KINDS),
})

/**
 * Reads WAT files, the metadata that Common Crawl makes of its WARC files, and gives each picture that has a text.
 *
 * A WAT is a fifteenth of its WARC and holds less: `src`, alt, title and longdesc of images, Open Graph, `<base>`, the
 * page's language, licence links, robots metas and response headers. No srcset, lazy-load attributes, figcaptions, links
 * around pictures, headings or JSON-LD: `crawl/warc` finds these. Opt-outs are obeyed and damage is counted as there.
 * Memory: 48 MiB and the largest record three times.
 */
export const wat = defineSource({
  name: 'crawl/wat',
  version: 2,
  summary: "Read Common Crawl's WAT files, and take pictures with the texts that these hold",
  options,
  columns: { ...LINK_COLUMNS, ...PAGE_COLUMNS },
  check: checkArchive,
  whenEmpty: 'that pages have pictures with texts of these kinds (texts, captions), and consent',
  identity: (chosen) => archiveIdentity(chosen, WAT_FILES),
  partitions: (chosen, start) => archiveParts(chosen, WAT_FILES, start),
  read(part, context) {
    const { options: chosen, network, count } = context
    const wanted = { ...chosen, agent: productToken(network.agent) }

    function rowsOf(record: WarcRecord): LinkRow[] {
      const page = watPage(record, wanted)
      if (page === null) return []
      if (typeof page === 'string') {
        count(`pages.${page}`)
        return []
      }
      for (const [name, by] of Object.entries(page.counts)) count(name, by)
      count('pages.ok')
      return isOptedOut(page, chosen.consent, count) ? [] : pageRows(page)
    }
    return archiveRows(part, context, 'WAT', MAX_RECORD_BYTES, rowsOf)
  },
})
