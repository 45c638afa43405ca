import type { WarcRecord } from '../store/warc-record.ts'
import { headerUse } from './consent-page.ts'
import type { PageHead } from './html.ts'
import { webUrl } from './url.ts'
import { readResponse } from './warc-http.ts'

/** An HTML document of an archive. */
export interface ArchivedPage extends Omit<PageHead, 'agent'> {
  body: Buffer
}

const HTML = /^\s*(?:text\/html|application\/xhtml\+xml)\s*(?:;|$)/i
/** What documents without a type begin with, after comments and the like. */
const LOOKS_HTML = /<(?:!doctype\s+html|html|head|body)[\s>]/i

/**
 * The page in a `response` or `resource` record; a word why its response holds none; null for other records.
 *
 * The type is that of the response, then the one that the archive found, then what the body begins with.
 */
export function archivedPage(record: WarcRecord, maxBytes: number): ArchivedPage | string | null {
  const { type, block } = record
  const blockType = record.header('content-type') ?? ''
  const isResponse = type === 'response' && !/^\s*(?!application\/http)[^;\s]/i.test(blockType)
  if (!isResponse && type !== 'resource') return null
  const url = webUrl(record.targetUri ?? '').url
  if (url === null) return 'bad-url'
  if (type === 'resource') {
    if (!HTML.test(blockType)) return 'not-html'
    return { url, contentType: blockType, robotsTags: [], body: block.subarray(0, maxBytes) }
  }
  const response = readResponse(block, maxBytes)
  if (response === null) return 'bad-response'
  if (response === 'too-large') return 'too-many-bytes'
  const { status, headers, body } = response
  if (status < 200 || status > 299) return `http-${status}`
  const contentType = headers('content-type')[0] ?? null
  const known = contentType ?? record.header('warc-identified-payload-type')
  if (!(known === null ? LOOKS_HTML.test(body.toString('latin1', 0, 1024)) : HTML.test(known)))
    return 'not-html'
  return {
    url,
    contentType,
    robotsTags: headers('x-robots-tag'),
    use: headerUse(headers),
    body: body.subarray(0, maxBytes),
  }
}
