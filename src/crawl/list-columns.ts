import type { ListHead } from './list-records.ts'
import { inputError } from './source-files.ts'

/** Which column of a file holds what. */
export interface ListColumns {
  url: string
  texts: string[]
  /** Kind of the texts of a column that has no name. */
  kind: string | null
  uid: string | null
  hash: string | null
}

export interface ListColumnOptions {
  url?: string | undefined
  text?: string | string[] | undefined
  uid?: string | undefined
  hash?: string | undefined
  keep: Record<string, unknown>
}

/** Names that published lists give their columns, small letters, the first that is there: LAION, COYO, DataComp, CC3M … */
const KNOWN = {
  url: ['url', 'image_url', 'img_url', 'imageurl', 'image'],
  text: ['text', 'caption', 'alt_text', 'alt', 'raw_caption', 'title', 'description'],
  uid: ['uid'],
  // LAION's `hash` is one of URL and text: no evidence of the bytes.
  hash: ['sha256', 'md5'],
}

/**
 * The columns that options name, and those that are known by their names.
 *
 * @throws PairloomError `PL_INPUT` where a named column, or any of URLs, is not in the file
 */
export function listColumns(path: string, head: ListHead, options: ListColumnOptions): ListColumns {
  const { columns } = head
  if (columns.length === 0) return nothingKnown(options)
  const has = columns.join(', ')
  const named = [options.url, options.text, options.uid, options.hash, Object.keys(options.keep)]
  const missing = named.flat().filter((name) => name !== undefined && !columns.includes(name))
  if (missing.length > 0)
    throw inputError(path, `Expected a column ${missing.join(' and ')} in ${path}, got ${has}`)

  const known = (what: keyof typeof KNOWN) => {
    const names = KNOWN[what]
    return names.flatMap((name) => columns.find((column) => column.toLowerCase() === name) ?? [])[0] ?? null
  }
  const url = options.url ?? head.urlColumn ?? known('url')
  if (url === null) {
    throw inputError(
      path,
      `Expected a column of URLs in ${path} (${KNOWN.url.join(', ')}), got ${has}: name it with url:`,
    )
  }
  // Conceptual Captions: two columns without names, one of them URLs.
  const others = head.urlColumn !== null && columns.length === 2 ? columns.filter((c) => c !== url) : []
  const text = known('text')
  return {
    url,
    texts:
      options.text === undefined ? (text === null || text === url ? others : [text]) : [options.text].flat(),
    kind: head.urlColumn === null ? null : 'caption',
    uid: options.uid ?? known('uid'),
    hash: options.hash ?? known('hash'),
  }
}

/** A file without a sound record among its first has nothing to check: what is in it shows when it is read. */
function nothingKnown({ url = 'url', text = 'text', uid, hash }: ListColumnOptions): ListColumns {
  return { url, texts: [text].flat(), kind: null, uid: uid ?? 'uid', hash: hash ?? null }
}
