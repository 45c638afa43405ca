import { afterEach, describe, expect, it } from 'vitest'
import { NO_NETWORK } from '../../src/core/index.ts'
import { collect } from '../../src/core/collect.ts'
import { imageId } from '../../src/core/row.ts'
import { fetchImages } from '../../src/crawl/fetch-images.ts'
import { sendBytes, sendStatus, startServer, type Answer } from '../servers/web.ts'
import { noise } from '../media/pictures.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(() => Promise.all(closing.splice(0).map((close) => close())))

const PLUS = 'http://ns.useplus.org/ldf'
const xmp = (value: string) =>
  `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:plus="${PLUS}/xmp/1.0/" plus:DataMining="${PLUS}/vocab/${value}"/></rdf:RDF></x:xmpmeta>`

const jpeg = await noise(20, 20).jpeg().toBuffer()
const prohibited = await noise(20, 20).withXmp(xmp('DMI-PROHIBITED-AIMLTRAINING')).jpeg().toBuffer()
const allowed = await noise(20, 20).withXmp(xmp('DMI-ALLOWED')).png().toBuffer()
const picture =
  (headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response
      .writeHead(200, { 'content-type': 'image/jpeg', 'content-length': jpeg.length, ...headers })
      .end(jpeg)
  }
const text = (body: string) => sendBytes('text/plain', body)

const ROUTES = {
  'tdm.test/.well-known/tdmrep.json': text('[{"location":"/no/","tdm-reservation":1}]'),
  'tdm.test/no/1.jpg': picture(),
  'tdm.test/yes.jpg': picture(),
  'ai.test/ai.txt': text('User-agent: *\nDisallow: *.jpg'),
  'ai.test/1.jpg': picture(),
  'robots.test/robots.txt': text('User-agent: *\nDisallow: /no\nContent-Usage: /usage train-ai=n'),
  'robots.test/usage.jpg': picture(),
  'robots.test/no.jpg': picture(),
  'crawlers.test/robots.txt': text('User-agent: CCBot\nDisallow: /\n'),
  'crawlers.test/1.jpg': picture(),
  'ill.test/ai.txt': sendStatus(410),
  'ill.test/.well-known/tdmrep.json': text('not json'),
  'ill.test/1.jpg': picture(),
  'h.test/x.jpg': picture({ 'x-robots-tag': 'noai' }),
  'h.test/tdm.jpg': picture({ 'tdm-reservation': '1', 'tdm-policy': 'http://h.test/policy' }),
  'h.test/usage.jpg': picture({ 'content-usage': 'train-ai=n' }),
  'h.test/free.jpg': picture({ 'tdm-reservation': '0' }),
  'h.test/xmp.jpg': sendBytes('image/jpeg', prohibited),
  'h.test/xmp.png': sendBytes('image/png', allowed),
  'h.test/moved.jpg': sendStatus(302, { location: 'http://tdm.test/no/1.jpg' }),
  'h.test/dead.jpg': sendStatus(404),
}
const PICTURES = Object.keys(ROUTES).filter((route) => /\.(?:jpg|png)$/.test(route))

async function fetchAll(consent: string) {
  const server = await startServer(ROUTES)
  closing.push(() => server.close())
  const network = { ...NO_NETWORK, hosts: server.hosts, allow: ['127.0.0.1'] }
  const rows = PICTURES.map((route) => ({
    image_id: imageId(`http://${route}`),
    url: `http://${route}`,
    site: route.slice(0, route.indexOf('/')),
  }))
  const stored: string[] = []
  const bytes = {
    append: (name: string, { length }: Uint8Array) => {
      stored.push(name)
      return Promise.resolve({ bytes_dataset: 't', bytes_part: 0, bytes_offset: 0, bytes_length: length })
    },
    read: () => Promise.reject(new Error('not asked')),
  }
  const found = await collect(fetchImages, rows, { consent, backoffMs: 1, retries: 0 }, {
    network,
    bytes,
  } as never)
  const nameOf = ({ url }: Record<string, unknown>) => (url as string).slice('http://'.length)
  const ends = Object.fromEntries([
    ...found.kept.map((row) => [nameOf(row), 'kept'] as const),
    ...found.rejects.map((row) => [nameOf(row), `${row.status as string}.${row.reason as string}`] as const),
  ])
  const rowOf = (name: string) => [...found.kept, ...found.rejects].find((row) => nameOf(row) === name)!
  return { ends, rowOf, stored, server }
}

const BASIC = {
  ...Object.fromEntries(PICTURES.map((name) => [name, 'kept'])),
  'robots.test/no.jpg': 'dropped.robots',
  'h.test/x.jpg': 'dropped.x-robots-tag',
  'h.test/dead.jpg': 'failed.http-404',
}
const STANDARD = {
  ...BASIC,
  'tdm.test/no/1.jpg': 'dropped.tdm-reserved',
  'ai.test/1.jpg': 'dropped.ai-txt',
  'robots.test/usage.jpg': 'dropped.content-usage',
  'h.test/tdm.jpg': 'dropped.tdm-reserved',
  'h.test/usage.jpg': 'dropped.content-usage',
  'h.test/xmp.jpg': 'dropped.data-mining-prohibited',
  'h.test/moved.jpg': 'dropped.tdm-reserved',
}
const STRICT = {
  ...STANDARD,
  'crawlers.test/1.jpg': 'dropped.ai-crawlers',
  'ill.test/1.jpg': 'dropped.consent-unreadable',
}

describe('crawl/fetch: consent', () => {
  it.each([
    ['basic', BASIC],
    ['standard', STANDARD],
    ['strict', STRICT],
  ])('%s', async (level, expected) => {
    const { ends, stored } = await fetchAll(level)
    expect(ends).toEqual(expected)
    expect(stored).toHaveLength(Object.values(expected).filter((end) => end === 'kept').length)
  })

  it('does not ask for what files reserve, and stores the verdict with its evidence', async () => {
    const { rowOf, server } = await fetchAll('standard')
    const asked = new Set([...server.requests()].map(([url]) => url))
    expect(asked).not.toContain('http://tdm.test/no/1.jpg')
    expect(asked).toContain('http://h.test/moved.jpg')
    const columns = (name: string) => {
      const { consent, consent_rule, consent_source, consent_at } = rowOf(name)
      return [consent, consent_rule, consent_source, typeof consent_at]
    }
    expect(columns('tdm.test/no/1.jpg')).toEqual([
      'reserved',
      'tdm-reserved',
      'http://tdm.test/.well-known/tdmrep.json location /no/ tdm-reservation: 1',
      'string',
    ])
    expect(rowOf('tdm.test/no/1.jpg').value).toBe(columns('tdm.test/no/1.jpg')[2])
    expect(columns('h.test/tdm.jpg').slice(1, 3)).toEqual([
      'tdm-reserved',
      'header tdm-reservation: 1, tdm-policy: http://h.test/policy',
    ])
    expect(columns('robots.test/no.jpg').slice(0, 3)).toEqual([
      'reserved',
      'robots',
      'http://robots.test/robots.txt:2 Disallow: /no',
    ])
    expect(columns('h.test/free.jpg').slice(0, 3)).toEqual([
      'allowed',
      'tdm-reserved',
      'header tdm-reservation: 0',
    ])
    expect(columns('h.test/xmp.png').slice(0, 3)).toEqual([
      'allowed',
      'data-mining-prohibited',
      `XMP plus:DataMining: ${PLUS}/vocab/DMI-ALLOWED`,
    ])
    expect(columns('tdm.test/yes.jpg')).toEqual(['allowed', null, null, 'string'])
  })
})
