import type { WarcRecord } from '../store/warc-record.ts'
import { inputError } from './source-files.ts'

/** What files of an archive hold: pages as they came, their metadata, or their text alone. All are WARC files by form. */
export type ArchiveContent = 'WARC' | 'WAT' | 'WET'

const READ_WITH: Record<ArchiveContent, string> = {
  WARC: 'read it with crawl/warc',
  WAT: 'read it with crawl/wat',
  WET: 'it holds text without pictures, so read the WARC or WAT of the same name',
}

/**
 * Looks at the records of a file until one tells what it holds.
 *
 * @throws PairloomError `PL_INPUT` that names the right stage, where it is another kind than its source reads
 */
export function contentCheck(place: string, expected: ArchiveContent): (record: WarcRecord) => void {
  let isKnown = false
  return (record) => {
    if (isKnown) return
    const content = contentOf(record)
    if (content === null) return
    isKnown = true
    if (content === expected) return
    throw inputError(
      place,
      `Expected a ${expected} file, got a ${content} in ${place}: ${READ_WITH[content]}`,
    )
  }
}

function contentOf(record: WarcRecord): ArchiveContent | null {
  switch (record.type) {
    case 'request':
    case 'response':
    case 'resource':
    case 'revisit':
      return 'WARC'
    case 'conversion':
      return /^\s*text\/plain/i.test(record.header('content-type') ?? '') ? 'WET' : null
    // Crawlers put metadata of their own beside pages; that of a WAT is an envelope around one record.
    case 'metadata':
      return record.block.includes('"WARC-Header-Metadata"') ? 'WAT' : null
    default:
      return null
  }
}
