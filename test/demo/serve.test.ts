import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TroubleName } from '../../demo/troubles.ts'
import { startServer, startWeb } from '../servers/web.ts'
import type { DemoWeb } from '../servers/web.ts'
import { get, open } from './client.ts'
import type { Reply } from './client.ts'

let web: DemoWeb

beforeAll(async () => {
  web = await startWeb({ pictures: 120 })
})
afterAll(() => web.close())

function urlOf(trouble: TroubleName | null): string {
  const image = web.truth.images.find((each) => each.trouble === trouble)
  if (!image) throw new Error(`Expected a picture with ${trouble}, got none`)
  return image.url
}

const ask = (trouble: TroubleName | null): Promise<Reply> => get(web.hosts, urlOf(trouble))

describe('demo/serve', () => {
  it.each([
    { trouble: 'dead-link', status: 404, headers: {} },
    { trouble: 'gone-for-good', status: 410, headers: {} },
    { trouble: 'server-error', status: 500, headers: {} },
    { trouble: 'rate-limited', status: 429, headers: { 'retry-after': '1' } },
  ] as const)('answers $status for $trouble, every time', async ({ trouble, status, headers }) => {
    for (let attempt = 0; attempt < 3; attempt++) {
      const reply = await ask(trouble)
      expect(reply.status).toBe(status)
      expect(reply.headers).toMatchObject(headers)
    }
  })

  it('redirects in a circle', async () => {
    const url = urlOf('redirect-loop')
    const first = await get(web.hosts, url)
    const second = await get(web.hosts, first.headers.location ?? '')
    expect([first.status, second.status, second.headers.location]).toEqual([302, 302, url])
  })

  it('moves a picture to where it can be fetched', async () => {
    const { status, headers } = await ask('moved')
    expect([301, 302, 303, 307, 308]).toContain(status)
    const picture = await get(web.hosts, headers.location ?? '')
    expect(await sharp(picture.body).metadata()).toMatchObject(sizeOf(urlOf('moved')))
  })

  it('stalls in the middle of a body until the client closes', async () => {
    const { outgoing, response } = await open(web.hosts, urlOf('stalled-body'))
    const length = Number(response.headers['content-length'])
    let read = 0
    for await (const chunk of response.iterator({ destroyOnReturn: false })) {
      read += (chunk as Buffer).length
      if (read === length >> 1) break
    }
    await ask(null)
    expect([read, response.complete]).toEqual([length >> 1, false])
    outgoing.destroy()
  })

  it('sends without end and without a length', async () => {
    const { outgoing, response } = await open(web.hosts, urlOf('endless-body'))
    let read = 0
    for await (const chunk of response) {
      read += (chunk as Buffer).length
      if (read > 5_000_000) break
    }
    expect([response.headers['content-length'], response.complete]).toEqual([undefined, false])
    outgoing.destroy()
  })

  it('closes before a promised length is sent', async () => {
    const { headers, body, error } = await ask('length-too-long')
    expect([Number(headers['content-length']) - body.length, error]).toEqual([1000, 'ECONNRESET'])
  })

  it.each(['length-too-short', 'truncated-jpeg'] as const)('leaves half a JPEG with %s', async (trouble) => {
    const { headers, body, error } = await ask(trouble)
    expect([error, body.length]).toEqual([null, Number(headers['content-length'])])
    expect(body.subarray(0, 2).toString('hex')).toBe('ffd8')
    expect(body.subarray(-2).toString('hex')).not.toBe('ffd9')
    await expect(sharp(body).raw().toBuffer()).rejects.toThrow('premature end')
  })

  it('serves HTML as a JPEG', async () => {
    const { headers, body } = await ask('html-as-jpeg')
    expect(headers['content-type']).toBe('image/jpeg')
    expect(body.toString()).toMatch(/^<!doctype html>/)
  })

  it('refuses a connection', async () => {
    await expect(ask('refused-connection')).rejects.toThrow('ECONNREFUSED')
  })

  it.each([
    ['pixel-bomb', 'image/png'],
    ['svg', 'image/svg+xml'],
    ['avif', 'image/avif'],
    ['animated-gif', 'image/gif'],
    ['cmyk-jpeg', 'image/jpeg'],
    ['png-16-bit', 'image/png'],
    ['exif-orientation', 'image/jpeg'],
    ['slow-host', null],
    ['too-small', null],
    ['too-elongated', null],
    ['near-duplicate', null],
    ['exact-duplicate', null],
    ['robots-allow', null],
    [null, null],
  ] as const)('serves %s with its type and the size of the truth', async (trouble, type) => {
    const { status, headers, body } = await ask(trouble)
    const { autoOrient } = await sharp(body, { limitInputPixels: false }).metadata()
    expect(status).toBe(200)
    expect(autoOrient).toEqual(sizeOf(urlOf(trouble)))
    if (type !== null) expect(headers['content-type']).toBe(type)
  })

  it('serves equal bytes at both addresses of a duplicate', async () => {
    const copy = web.truth.images.find(({ sameBytesAs }) => sameBytesAs !== undefined)
    const [one, two] = await Promise.all([
      get(web.hosts, copy?.url ?? ''),
      get(web.hosts, copy?.sameBytesAs ?? ''),
    ])
    expect(one.body.equals(two.body)).toBe(true)
  })

  it('counts requests by address and open ones by host', async () => {
    web.resetCounts()
    const url = urlOf('slow-host')
    await Promise.all([get(web.hosts, url), get(web.hosts, url), get(web.hosts, url)])
    expect(web.requests()).toEqual(new Map([[url, 3]]))
    expect(web.stats().get(new URL(url).host)).toEqual({ requests: 3, maxConcurrent: 3 })
  })

  it('answers 421 for a host that is not its own', async () => {
    const hosts = { 'other.test': `127.0.0.1:${web.port}` }
    expect((await get(hosts, 'http://other.test/')).status).toBe(421)
  })
})

describe('servers/web', () => {
  it('serves ad-hoc routes by path, and by host', async () => {
    const server = await startServer({
      '/page': '<p>hello</p>',
      'img.a.test/x.bin?size=1': Buffer.from([1, 2, 3]),
      '/teapot': (_request, response) => void response.writeHead(418).end(),
    })
    const own = { [new URL(server.origin).host]: new URL(server.origin).host, ...server.hosts }
    const replies = await Promise.all([
      get(own, `${server.origin}/page`),
      get(own, 'http://img.a.test/x.bin?size=1'),
      get(own, `${server.origin}/teapot`),
      get(own, `${server.origin}/nothing`),
    ])
    expect(replies.map(({ status, body }) => [status, body.toString('latin1')])).toEqual([
      [200, '<p>hello</p>'],
      [200, '\u0001\u0002\u0003'],
      [418, ''],
      [404, '404\n'],
    ])
    await server.close()
  })
})

function sizeOf(url: string): { width: number; height: number } {
  const image = web.truth.images.find((each) => each.url === url)
  return { width: image?.width ?? 0, height: image?.height ?? 0 }
}
