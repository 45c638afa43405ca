import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { gzipSync } from 'node:zlib'
import { Parser } from 'htmlparser2'
import type { CorpusPage } from './page-corpus.ts'

/**
 * Writes the WAT that Common Crawl would make of pages, `times` over: for each page the metadata of its request, its
 * response and its own metadata, a gzip member each, keys in the order of ia-web-commons.
 *
 * Returns the bytes of its records, unpacked.
 */
export async function writeWat(path: string, pages: readonly CorpusPage[], times: number): Promise<number> {
  const out = createWriteStream(path)
  const records = pages.flatMap((page) =>
    [{ 'HTTP-Request-Metadata': request(page) }, response(page), { 'Metadata-Records': [] }].map((payload) =>
      record(page, payload),
    ),
  )
  const members = records.map((bytes) => gzipSync(bytes))
  for (let time = 0; time < times; time++) {
    for (const member of members) if (!out.write(member)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'close')
  return times * records.reduce((sum, { length }) => sum + length, 0)
}

function record({ url }: CorpusPage, payload: Record<string, unknown>): Buffer {
  const json = JSON.stringify({
    Container: {
      Filename: 'CC-MAIN-20240517233122-20240518023122-00000.warc.gz',
      Compressed: true,
      Offset: '80610308',
      'Gzip-Metadata': {
        'Deflate-Length': '423',
        'Header-Length': '10',
        'Footer-Length': '8',
        'Inflated-CRC': '1106529533',
        'Inflated-Length': '626',
      },
    },
    Envelope: {
      'Payload-Metadata': {
        'Actual-Content-Type': 'application/http; msgtype=response',
        ...payload,
        'Actual-Content-Length': '265',
        'Block-Digest': 'sha1:IE7NEN3QEJHUCYRRGVMHDDW3BEHFRQ6V',
      },
      Format: 'WARC/1.0',
      'WARC-Header-Length': '357',
      'WARC-Header-Metadata': {
        'WARC-Type': 'response',
        'WARC-Date': '2024-05-18T01:58:10Z',
        'WARC-Record-ID': '<urn:uuid:292f457d-203c-42f2-a1b5-69a4dabefd4f>',
        'Content-Length': '265',
        'WARC-IP-Address': '208.80.154.224',
        'WARC-Target-URI': url,
      },
    },
  })
  const block = Buffer.from(`${json}`)
  const head = `WARC/1.0\r\nWARC-Type: metadata\r\nWARC-Target-URI: ${url}\r\nWARC-Date: 2024-05-31T01:17:49Z\r\nWARC-Record-ID: <urn:uuid:3d3f4785-c69a-4f8c-968c-d23302c55ef4>\r\nWARC-Refers-To: <urn:uuid:292f457d-203c-42f2-a1b5-69a4dabefd4f>\r\nContent-Type: application/json\r\nContent-Length: ${block.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), block, Buffer.from('\r\n\r\n')])
}

function request({ url }: CorpusPage): Record<string, unknown> {
  const { host, pathname } = new URL(url)
  return {
    'Request-Message': { Method: 'GET', Path: pathname, Version: 'HTTP/1.1' },
    'Headers-Length': '263',
    Headers: {
      'User-Agent': 'CCBot/2.0 (https://commoncrawl.org/faq/)',
      Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
      'Accept-Encoding': 'br,gzip',
      Host: host,
      Connection: 'Keep-Alive',
    },
    'Entity-Length': '0',
  }
}

function response({ html }: CorpusPage): Record<string, unknown> {
  return {
    'HTTP-Response-Metadata': {
      'Response-Message': { Version: 'HTTP/1.1', Status: '200', Reason: 'OK' },
      'Headers-Length': '1012',
      Headers: {
        date: 'Sat, 18 May 2024 01:58:10 GMT',
        server: 'nginx',
        'content-type': 'text/html; charset=UTF-8',
        'X-Crawler-content-encoding': 'gzip',
        vary: 'Accept-Encoding,Cookie',
        'last-modified': 'Sat, 04 May 2024 01:58:10 GMT',
        'cache-control': 'private, s-maxage=0, max-age=0, must-revalidate',
        'Content-Length': String(html.length),
      },
      'HTML-Metadata': metadata(html),
      'Entity-Length': String(html.length),
      'Entity-Digest': 'sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ',
    },
  }
}

/** ExtractingParseObserver of ia-web-commons, as far as images, links and metas go. */
function metadata(html: Buffer): Record<string, unknown> {
  const Head: { Metas: object[]; Link: object[]; Scripts: object[]; Title?: string } = {
    Metas: [],
    Link: [],
    Scripts: [],
  }
  const Links: Record<string, string>[] = []
  let link: Record<string, string> | null = null
  let isTitle = false
  const pick = (attributes: Record<string, string>, ...names: string[]) =>
    Object.fromEntries(names.flatMap((name) => (name in attributes ? [[name, attributes[name]!]] : [])))
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name === 'title') isTitle = true
      if (name === 'html' && attributes.lang !== undefined)
        Head.Metas.push({ name: 'HTML@/lang', content: attributes.lang })
      if (name === 'meta')
        Head.Metas.push(pick(attributes, 'name', 'rel', 'content', 'http-equiv', 'property'))
      if (name === 'script' && attributes.src !== undefined)
        Head.Scripts.push({ path: 'SCRIPT@/src', url: attributes.src, ...pick(attributes, 'type') })
      if (name === 'link' && attributes.href !== undefined)
        Head.Link.push({ path: 'LINK@/href', url: attributes.href, ...pick(attributes, 'rel', 'type') })
      // The format trims data URLs.
      if (name === 'img' && attributes.src !== undefined)
        Links.push({
          path: 'IMG@/src',
          url: attributes.src.startsWith('data:') ? attributes.src.slice(0, 30) : attributes.src,
          ...pick(attributes, 'alt', 'title'),
        })
      if (name === 'a' && attributes.href !== undefined)
        link = {
          path: 'A@/href',
          url: attributes.href,
          ...pick(attributes, 'target', 'title', 'rel'),
          text: '',
        }
    },
    ontext(text) {
      if (isTitle) Head.Title = (Head.Title ?? '') + text
      if (link !== null) link.text = `${link.text!}${text}`.slice(0, 128)
    },
    onclosetag(name) {
      if (name === 'title') isTitle = false
      if (name !== 'a' || link === null) return
      link.text = link.text!.trim()
      if (link.text === '') delete link.text
      Links.push(link)
      link = null
    },
  })
  parser.end(html.toString())
  return { Head, Links }
}
