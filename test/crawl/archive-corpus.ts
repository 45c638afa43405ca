import { gzipSync, zstdCompressSync } from 'node:zlib'
import type { Columns, Row } from '../../src/core/index.ts'
import { fileStore } from '../../src/store/file.ts'
import { openTableWriter } from '../../src/table/parquet-write.ts'

/** A page of the corpus and where it lies. */
export interface CorpusPage {
  url: string
  host: string
  domain: string
  tld: string
  surtkey: string
  language: string
  status: number
  mime: string
  file: string
  offset: number
  length: number
}

export interface Corpus {
  /** WARC files by name: gzip, zstd and plain. */
  files: Record<string, Buffer>
  /** In the order of their SURT keys, as an index has them. */
  pages: CorpusPage[]
}

const HOSTS = [
  ['www.cats.example', 'cats.example', 'eng'],
  ['shop.cats.example', 'cats.example', 'eng,fra'],
  ['chiens.example.fr', 'example.fr', 'fra'],
  ['www.kettir.is', 'kettir.is', 'isl'],
  ['hundar.is', 'hundar.is', 'isl,eng'],
  ['kot.example.pl', 'example.pl', 'pol'],
  ['www.zoo.org', 'zoo.org', 'eng'],
  ['192.0.2.7', '192.0.2.7', 'deu'],
] as const

const NAMES = ['a.warc.gz', 'b.warc.zst', 'c.warc'] as const
const PACK: Record<string, (record: Buffer) => Buffer> = {
  'a.warc.gz': (record) => gzipSync(record),
  'b.warc.zst': (record) => zstdCompressSync(record),
  'c.warc': (record) => record,
}

/** A crawl of `pagesPerHost` pages of eight hosts in three WARC files: request, response and metadata of each. */
export function makeCorpus(pagesPerHost: number, folder = 'crawl-data/CC-TEST', altOf = plainAlt): Corpus {
  const parts = new Map<string, Buffer[]>(NAMES.map((name) => [`${folder}/${name}`, []]))
  const ends = new Map<string, number>()
  const pages: CorpusPage[] = []

  function put(file: string, record: Buffer): { offset: number; length: number } {
    const packed = PACK[file.slice(file.lastIndexOf('/') + 1)]!(record)
    const offset = ends.get(file) ?? 0
    parts.get(file)!.push(packed)
    ends.set(file, offset + packed.length)
    return { offset, length: packed.length }
  }

  for (let n = 0; n < pagesPerHost; n++) {
    for (const [h, [host, domain, language]] of HOSTS.entries()) {
      const url = `http://${host}/page/${String(n).padStart(5, '0')}`
      const status = n % 10 === 7 ? 404 : 200
      const mime = n % 10 === 3 ? 'application/pdf' : 'text/html'
      const file = `${folder}/${NAMES[(n * HOSTS.length + h) % NAMES.length]}`
      put(
        file,
        warcRecord(
          url,
          'request',
          'application/http; msgtype=request',
          Buffer.from('GET / HTTP/1.1\r\n\r\n'),
        ),
      )
      const place = put(
        file,
        warcRecord(
          url,
          'response',
          'application/http; msgtype=response',
          responseOf(url, status, mime, n, altOf(n, host)),
        ),
      )
      put(file, warcRecord(url, 'metadata', 'application/warc-fields', Buffer.from('fetchTimeMs: 1\r\n')))
      const isAddress = /^[\d.]+$/.test(host)
      const labels = host.replace(/^www\./, '').split('.')
      pages.push({
        url,
        host,
        domain,
        tld: isAddress ? '' : labels.at(-1)!,
        surtkey: `${isAddress ? host : labels.reverse().join(',')})/page/${String(n).padStart(5, '0')}`,
        language,
        status,
        mime,
        file,
        ...place,
      })
    }
  }
  pages.sort((a, b) => (a.surtkey < b.surtkey ? -1 : 1))
  return {
    files: Object.fromEntries([...parts].map(([name, bytes]) => [name, Buffer.concat(bytes)])),
    pages,
  }
}

/** Some pages of a corpus in one file, so far apart that each is read by a request of its own. */
export function spreadOut(corpus: Corpus, isWanted: (page: CorpusPage) => boolean, count: number): Corpus {
  const file = 'far.warc'
  const gap = Buffer.alloc(70_000)
  const bytes: Buffer[] = []
  let end = 0
  const pages = corpus.pages
    .filter(isWanted)
    .slice(0, count)
    .map((page) => {
      bytes.push(corpus.files[page.file]!.subarray(page.offset, page.offset + page.length), gap)
      const offset = end
      end += page.length + gap.length
      return { ...page, file, offset }
    })
  return { files: { [file]: Buffer.concat(bytes) }, pages }
}

export function warcRecord(url: string, type: string, contentType: string, block: Buffer): Buffer {
  const head = `WARC/1.0\r\nWARC-Type: ${type}\r\nWARC-Target-URI: ${url}\r\nContent-Type: ${contentType}\r\nContent-Length: ${block.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), block, Buffer.from('\r\n\r\n')])
}

const plainAlt = (n: number, host: string) => `Picture ${n} of ${host}`

function responseOf(url: string, status: number, mime: string, n: number, alt: string): Buffer {
  const filler = Array.from({ length: 40 }, (_, i) => ((n * 31 + i) * 2654435761) % 1e9).join(' ')
  const html = `<!doctype html><html lang=en><title>${url}</title><h1>Page ${n}</h1>
<a href=more><img src=/a/${n}.jpg alt="${alt}"></a><img src=/b/${n}.jpg alt="${alt} again"><p>${filler}`
  const head = `HTTP/1.1 ${status} X\r\nContent-Type: ${mime}; charset=utf-8\r\n\r\n`
  return Buffer.from(head + (mime === 'text/html' ? html : '%PDF'))
}

/** Columns of Common Crawl's index that our column types can hold, in its order. */
export const INDEX_COLUMNS = {
  url_surtkey: { type: 'utf8', doc: '' },
  url: { type: 'utf8', doc: '' },
  url_host_name: { type: 'utf8', doc: '' },
  url_host_tld: { type: 'utf8', nullable: true, doc: '' },
  url_host_registered_domain: { type: 'utf8', nullable: true, doc: '' },
  url_protocol: { type: 'utf8', doc: '' },
  url_port: { type: 'int32', nullable: true, doc: '' },
  url_path: { type: 'utf8', doc: '' },
  fetch_status: { type: 'int32', doc: '' },
  content_digest: { type: 'utf8', nullable: true, doc: '' },
  content_mime_type: { type: 'utf8', nullable: true, doc: '' },
  content_mime_detected: { type: 'utf8', nullable: true, doc: '' },
  content_charset: { type: 'utf8', nullable: true, doc: '' },
  content_languages: { type: 'utf8', nullable: true, doc: '' },
  warc_filename: { type: 'utf8', doc: '' },
  warc_record_offset: { type: 'int32', doc: '' },
  warc_record_length: { type: 'int32', doc: '' },
  warc_segment: { type: 'utf8', doc: '' },
} as const satisfies Columns

export function indexRow(page: CorpusPage): Row {
  return {
    url_surtkey: page.surtkey,
    url: page.url,
    url_host_name: page.host,
    url_host_tld: page.tld || null,
    url_host_registered_domain: page.domain,
    url_protocol: 'http',
    url_port: null,
    url_path: new URL(page.url).pathname,
    fetch_status: page.status,
    content_digest: 'X'.repeat(32),
    content_mime_type: page.mime,
    content_mime_detected: page.mime,
    content_charset: 'UTF-8',
    content_languages: page.mime === 'text/html' ? page.language : null,
    warc_filename: page.file,
    warc_record_offset: page.offset,
    warc_record_length: page.length,
    warc_segment: '1',
  }
}

/** Writes a file of an index. */
export async function writeIndex(
  folder: string,
  name: string,
  rows: readonly Row[],
  rowGroupRows = 100,
  columns: Columns = INDEX_COLUMNS,
): Promise<void> {
  const writer = openTableWriter(columns, await fileStore(folder).writer(name), { rowGroupRows })
  await writer.append(rows)
  await writer.close()
}
