import { Parser } from 'htmlparser2'
import { readPage } from '../src/crawl/html.ts'
import { pageRows } from '../src/crawl/links.ts'
import { CAPTION_KINDS, TEXT_KINDS } from '../src/crawl/text-kinds.ts'
import { readPack } from './html-pack.ts'

/** `node html-side.ts NAME PACK PASSES`: pairs of a pack of pages, found that many times; the last are printed. */
const [name, pack, passes] = process.argv.slice(2)
const pages = readPack(pack!)
let found: [url: string, kind: string, text: string][][] = []
for (let pass = 0; pass < Number(passes); pass++) {
  found = pages.map(({ url, html }) => (name === 'pairloom' ? ours(url, html) : htmlparser2(url, html)))
}
process.stdout.write(JSON.stringify(found))

function ours(url: string, html: Buffer): [string, string, string][] {
  const head = { url, contentType: null, robotsTags: [], agent: 'pairloom' }
  const options = { texts: TEXT_KINDS, captions: CAPTION_KINDS, targetWidth: 1024, links: false }
  const rows = pageRows(readPage(html, head, options))
  return rows.flatMap((row) =>
    row.texts.map(({ kind, text }): [string, string, string] => [row.url, kind, text]),
  )
}

/** What a few lines around htmlparser2 find: `src` and alt of images. */
function htmlparser2(url: string, html: Buffer): [string, string, string][] {
  const pairs: [string, string, string][] = []
  const parser = new Parser({
    onopentag(tag, { src, alt }) {
      const full = tag === 'img' && src !== undefined && alt ? URL.parse(src, url) : null
      if (full !== null) pairs.push([full.href, 'alt', alt!.replace(/\s+/g, ' ').trim()])
    },
  })
  parser.end(html.toString())
  return pairs
}
