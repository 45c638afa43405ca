import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { Parser } from 'htmlparser2'
import { fetchError } from './fetch-error.ts'
import { webUrl } from './url.ts'

/** Limits of the protocol (sitemaps.org/protocol.html): uncompressed bytes and entries of one file. */
export const SITEMAP_BYTES = 50 * 1024 * 1024
export const SITEMAP_ENTRIES = 50_000

/** What one sitemap file lists, in its order, each once. URLs are WHATWG hrefs without fragment. */
export interface Sitemap {
  pages: string[]
  /** Further sitemaps, where the file is an index. */
  sitemaps: string[]
  /** Entries that are no http(s) URL, and those over the limit. */
  refused: number
}

/**
 * Reads a sitemap: XML, an index of sitemaps, or a text file with a URL a line, each also gzipped.
 *
 * `<image:loc>` and other extensions are not read. Broken XML gives the entries before the break.
 * @throws PairloomError `PL_FETCH` `too-many-bytes` or `bad-encoding` where it cannot be unzipped
 */
export async function readSitemap(body: Uint8Array, url: string): Promise<Sitemap> {
  const bytes = body[0] === 0x1f && body[1] === 0x8b ? await unzip(body, url) : body
  const text = new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8').decode(bytes)
  const pages = new Set<string>()
  const sitemaps = new Set<string>()
  let refused = 0
  function add(to: Set<string>, reference: string): void {
    // Locations must be absolute by the protocol; a relative one can only mean one thing.
    const found = webUrl(reference, url)
    if (found.url === null || to.size >= SITEMAP_ENTRIES) refused++
    else to.add(found.url)
  }

  if (/^\s*</.test(text)) {
    readXml(text, (parent, loc) => add(parent === 'url' ? pages : sitemaps, loc))
  } else {
    for (const line of text.split(/\r\n|\r|\n/)) if (line.trim() !== '') add(pages, line)
  }
  return { pages: [...pages], sitemaps: [...sitemaps], refused }
}

/** Calls back with the text of each `<loc>` whose parent is `<url>` or `<sitemap>`, whatever their prefixes. */
function readXml(text: string, onLoc: (parent: 'url' | 'sitemap', loc: string) => void): void {
  const open: string[] = []
  let loc: string | null = null
  const parser = new Parser(
    {
      onopentagname(name) {
        open.push(name.slice(name.indexOf(':') + 1).toLowerCase())
        if (open.at(-1) === 'loc') loc = ''
      },
      ontext(data) {
        if (loc !== null) loc += data
      },
      onclosetag(_name, isImplied) {
        const name = open.pop()
        const parent = open.at(-1)
        // Implied is the end of a file that was cut, maybe within a URL.
        if (name === 'loc' && loc !== null && !isImplied && (parent === 'url' || parent === 'sitemap'))
          onLoc(parent, loc)
        if (name === 'loc') loc = null
      },
    },
    { xmlMode: true },
  )
  parser.end(text)
}

const gunzipAsync = promisify(gunzip)

async function unzip(body: Uint8Array, url: string): Promise<Uint8Array> {
  try {
    return await gunzipAsync(body, { maxOutputLength: SITEMAP_BYTES })
  } catch (error) {
    const isLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    throw fetchError(isLarge ? 'too-many-bytes' : 'bad-encoding', url, {
      evidence: (error as Error).message,
      cause: error,
    })
  }
}
