import { TextDecoder } from 'node:util'

/** What decides the encoding of a document that declares none. */
const HEAD_BYTES = 64 * 1024

/** Where a `<meta charset>` is looked for. The standard says 1,024 bytes; browsers read on, and so do pages. */
const PRESCAN_BYTES = 4096

/**
 * Name of a document's encoding by the HTML standard, 13.2.3.2: byte order mark, then the charset of Content-Type, then
 * `<meta>`; a document that declares nothing is UTF-8 where its first 64 KiB are, else windows-1252.
 */
export function charsetOf(bytes: Buffer, contentType: string | null): string {
  const head = bytes.subarray(0, HEAD_BYTES)
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return 'utf-8'
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be'
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le'
  const transport = /;\s*charset\s*=\s*["']?([^\s"';]+)/i.exec(contentType ?? '')?.[1]
  const declared = known(transport) ?? metaCharset(head.toString('latin1', 0, PRESCAN_BYTES))
  if (declared !== null) return declared
  try {
    // A character cut by the end of the head is no fault while streaming.
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
    return 'utf-8'
  } catch {
    return 'windows-1252'
  }
}

function metaCharset(head: string): string | null {
  const text = head.replace(/<!--.*?-->/gs, '')
  const xml = /^\s*<\?xml\s[^>]*encoding\s*=\s*["']([^"']+)/i.exec(text)?.[1]
  const labels = [xml, ...Array.from(text.matchAll(/<meta[\s/][^>]*>/gi), ([tag]) => labelOf(tag))]
  for (const label of labels) {
    const name = known(label)
    // What could be read as ASCII up to here is no UTF-16.
    if (name !== null) return name.startsWith('utf-16') ? 'utf-8' : name
  }
  return null
}

function labelOf(tag: string): string | undefined {
  const value = /charset\s*=\s*["']?\s*([^\s"'/>;]+)/i
  if (/[\s/]http-equiv\s*=\s*["']?\s*content-type/i.test(tag)) return value.exec(tag)?.[1]
  // `charset=` within another attribute's value declares nothing.
  const bare = tag.replace(/[\s/]content\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]*)/gi, ' ')
  return /[\s/"']charset\s*=/i.test(bare) ? value.exec(bare)?.[1] : undefined
}

/** The standard's name of a label, or null where there is no such encoding. */
function known(label: string | undefined): string | null {
  if (label === undefined) return null
  try {
    return new TextDecoder(label).encoding
  } catch {
    return null
  }
}
