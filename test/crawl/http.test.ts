import { createServer, type Server } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NO_NETWORK } from '../../src/core/collect.ts'
import type { Network } from '../../src/core/stage.ts'
import { openHttp, type GetOptions, type HttpClient, type HttpOptions } from '../../src/crawl/http.ts'
import { sendStatus, startServer, type Answer, type TestServer } from '../servers/web.ts'

const SMALL = { firstByteMs: 2000, stallMs: 500, totalMs: 20_000 }
const never: Answer = () => {}

const opened: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((it) => it.close()))
})

async function serve(routes: Parameters<typeof startServer>[0]): Promise<TestServer> {
  const server = await startServer(routes)
  opened.push(server)
  return server
}

function open(network: Partial<Network> = {}, options: HttpOptions = {}): HttpClient {
  const full = { ...NO_NETWORK, allow: ['127.0.0.1'], ...network }
  const client = openHttp(full, { deadlines: SMALL, ...options })
  opened.push(client)
  return client
}

async function reasonFor(
  client: HttpClient,
  url: string,
  options: Partial<GetOptions> = {},
): Promise<unknown> {
  try {
    const { status } = await client.get(url, { maxBytes: 100_000, ...options })
    return status
  } catch (error) {
    expect(error).toMatchObject({ code: 'PL_FETCH' })
    return (error as { data: { reason: string } }).data.reason
  }
}

describe('openHttp', () => {
  it('says who asks, and asks the host of the URL', async () => {
    const { origin, hosts } = await serve({
      'img.a.test/': (request, response) => void response.end(JSON.stringify(request.headers)),
    })
    const client = open({ hosts, contact: 'mailto:crawl@example.org' })
    const { body, address, url, hops } = await client.get('http://img.a.test/', {
      maxBytes: 10_000,
      accept: 'image/*',
    })
    const headers = JSON.parse(body.toString()) as Record<string, string>
    expect(headers.host).toBe('img.a.test')
    expect(headers['user-agent']).toMatch(/^pairloom\/\d+\.\d+\.\d+ \(\+mailto:crawl@example\.org\)$/)
    expect(headers.accept).toBe('image/*')
    expect({ address, url, hops }).toEqual({ address: '127.0.0.1', url: 'http://img.a.test/', hops: [] })
    expect(origin).toContain('127.0.0.1')
  })

  it('ends each trouble with its name', async () => {
    const { origin } = await serve({
      '/404': sendStatus(404),
      '/never': never,
      '/stalled': (_request, response) => void response.writeHead(200).write('x'),
      '/drip': (_request, response) => {
        const timer = setInterval(() => response.write('x'), 20)
        response.on('close', () => clearInterval(timer))
      },
      '/endless': (_request, response) => {
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(10_000)));
        }
        response.on('drain', more)
        more()
      },
      '/announced': (_request, response) =>
        void response.writeHead(200, { 'content-length': 100_001 }).write('x'),
      '/short': (_request, response) => {
        response.writeHead(200, { 'content-length': 100 })
        response.write('x', () => response.destroy())
      },
      '/reset': (_request, response) => void response.destroy(),
      '/no-http': (request) => void request.socket.end('220 mail.a.test ESMTP\r\n'),
      '/loop': sendStatus(302, { location: '/pool' }),
      '/pool': sendStatus(302, { location: '/loop' }),
      '/self': sendStatus(302, { location: '/self#again' }),
      '/nowhere': sendStatus(302),
      '/file': sendStatus(302, { location: 'file:///etc/passwd' }),
      '/script': sendStatus(302, { location: 'javascript:alert(1)' }),
      '/bad': sendStatus(302, { location: 'http://[' }),
      '/private': sendStatus(302, { location: 'http://10.1.2.3/' }),
      '/metadata': sendStatus(302, { location: 'http://169.254.169.254/latest/meta-data/' }),
      '/mapped': sendStatus(302, { location: 'http://[::ffff:7f00:1]/' }),
      '/gone': sendStatus(302, { location: 'http://no-such-host.invalid/' }),
      '/bomb': (_request, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(1_000_000)))
      },
      '/not-gzip': (_request, response) =>
        void response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip'),
      '/unknown': (_request, response) =>
        void response.writeHead(200, { 'content-encoding': 'lzma' }).end('what'),
    })
    const client = open({}, { connectionsPerOrigin: 10, deadlines: { ...SMALL, minBytesPerSecond: 1000 } })
    const expected = {
      '/404': 404,
      '/missing': 404,
      '/never': 'timeout-first-byte',
      '/stalled': 'timeout-body',
      '/drip': 'timeout-body',
      '/endless': 'too-many-bytes',
      '/announced': 'too-many-bytes',
      '/short': 'bad-length',
      '/reset': 'connect-reset',
      '/no-http': 'bad-response',
      '/loop': 'redirect-loop',
      '/self': 'redirect-loop',
      '/nowhere': 'bad-redirect',
      '/file': 'bad-redirect',
      '/script': 'bad-redirect',
      '/bad': 'bad-redirect',
      '/private': 'address-refused',
      '/metadata': 'address-refused',
      '/mapped': 'address-refused',
      '/gone': 'dns-not-found',
      '/bomb': 'too-many-bytes',
      '/not-gzip': 'bad-encoding',
      '/unknown': 'bad-encoding',
    }
    const seen = Object.keys(expected).map(async (path) => [path, await reasonFor(client, origin + path)])
    expect(Object.fromEntries(await Promise.all(seen))).toEqual(expected)
  })

  it('ends a URL that it cannot ask with its name', async () => {
    const silent: Server = createServer().listen(0, '127.0.0.1')
    opened.push({ close: () => new Promise((resolve) => void silent.close(resolve)) })
    const client = open({
      hosts: { 'dead.test': '127.0.0.1:1', 'private.test': '10.0.0.1' },
    })
    const expected = {
      'ftp://a.test/': 'bad-url',
      'no url': 'bad-url',
      'http://dead.test/': 'connect-refused',
      'http://private.test/': 'address-refused',
      'http://[::1]/': 'address-refused',
      'http://0xA9.0xFE.0xA9.0xFE/': 'address-refused',
      'http://2130706434/': 'address-refused',
      'http://no-such-host.invalid/': 'dns-not-found',
    }
    const seen = Object.keys(expected).map(async (url) => [url, await reasonFor(client, url)])
    expect(Object.fromEntries(await Promise.all(seen))).toEqual(expected)
  })

  it('refuses a network section that makes no sense before it asks anybody', () => {
    expect(() => open({ hosts: { 'a.test': 'nowhere' } })).toThrow(/network\.hosts/)
    expect(() => open({ allow: ['localhost'] })).toThrow(/network\.allow/)
  })

  it('refuses loopback unless it is allowed', async () => {
    const { origin, hosts, requests } = await serve({ '/': 'hello', 'rebound.test/': 'hello' })
    const client = open({ allow: [], hosts })
    expect(await reasonFor(client, `${origin}/`)).toBe('address-refused')
    expect(await reasonFor(client, 'http://rebound.test/')).toBe('address-refused')
    expect(await reasonFor(client, origin.replace('127.0.0.1', 'localhost'))).toBe('address-refused')
    expect(await reasonFor(client, origin.replace('127.0.0.1', '0x7f.1'))).toBe('address-refused')
    expect(requests().size).toBe(0)
  })

  it('follows redirects over hosts', async () => {
    const { hosts } = await serve({
      'a.test/1': sendStatus(301, { location: '/2' }),
      'a.test/2': sendStatus(307, { location: '//b.test/3#part' }),
      'b.test/3': 'found',
    })
    const client = open({ hosts })
    const answer = await client.get('http://a.test/1', { maxBytes: 100 })
    expect(answer.body.toString()).toBe('found')
    expect(answer.url).toBe('http://b.test/3')
    expect(answer.hops).toEqual(['http://a.test/1', 'http://a.test/2'])
    expect(await reasonFor(client, 'http://a.test/1', { maxRedirects: 1 })).toBe('too-many-redirects')
    expect(await reasonFor(client, 'http://a.test/1', { maxRedirects: 0 })).toBe(301)
  })

  it('undoes the encoding of a body', async () => {
    const { origin } = await serve({
      '/gzip': (_request, response) =>
        void response.writeHead(200, { 'content-encoding': 'GZIP' }).end(gzipSync('text')),
      '/both': (_request, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip, br' }).end(brotliCompressSync(gzipSync('text')))
      },
    })
    const client = open()
    for (const path of ['/gzip', '/both']) {
      expect((await client.get(origin + path, { maxBytes: 1000 })).body.toString()).toBe('text')
    }
  })

  it('admits a body with the memory that it may take once it is decoded', async () => {
    const { origin } = await serve({
      '/plain': (_request, response) => void response.writeHead(200, { 'content-length': 5 }).end('plain'),
      '/unknown': (_request, response) => void response.writeHead(200).end('x'),
      '/identity': (_request, response) =>
        void response.writeHead(200, { 'content-length': 5, 'content-encoding': 'identity' }).end('plain'),
      // 1 KB that becomes 1 MB.
      '/gzip': (_request, response) => {
        const body = gzipSync(Buffer.alloc(1_000_000))
        response.writeHead(200, { 'content-length': body.length, 'content-encoding': 'gzip' }).end(body)
      },
    })
    const asked: number[] = []
    const admit = (bytes: number) => void asked.push(bytes)
    for (const path of ['/plain', '/unknown', '/identity', '/gzip'])
      await open().get(origin + path, { maxBytes: 1_000_000, admit })
    expect(asked).toEqual([5, 1_000_000, 5, 2_000_000])
  })

  it('undoes two encodings at most', async () => {
    const body = gzipSync(gzipSync(gzipSync('text')))
    const { origin } = await serve({
      '/': (_request, response) =>
        void response.writeHead(200, { 'content-encoding': 'gzip, identity, gzip, gzip' }).end(body),
    })
    expect(await reasonFor(open(), `${origin}/`)).toBe('bad-encoding')
  })

  it('cuts a body where its caller wants only a part', async () => {
    const { origin } = await serve({ '/': 'x'.repeat(50_000) })
    const { body } = await open().get(`${origin}/`, { maxBytes: 100, oversize: 'cut' })
    expect(body.toString()).toBe('x'.repeat(100))
  })

  it('keeps connections, and no more than it may to one origin', async () => {
    const sockets = new Set()
    const held: (() => void)[] = []
    let most = 0
    const { origin } = await serve({
      // Answers are held until three wait, and a few turns longer, in which a fourth would show itself.
      '/': async (request, response) => {
        sockets.add(request.socket)
        held.push(() => response.end('x'))
        if (held.length < 3) return
        for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
        most = Math.max(most, held.length)
        for (const answer of held.splice(0)) answer()
      },
    })
    const client = open({}, { connectionsPerOrigin: 3 })
    await Promise.all(Array.from({ length: 39 }, () => client.get(`${origin}/`, { maxBytes: 10 })))
    expect(most).toBe(3)
    expect(sockets.size).toBe(3)
  })

  describe('an aborted request', () => {
    let server: TestServer
    beforeEach(async () => {
      server = await serve({ '/never': never })
    })

    it('ends with the reason of its signal', async () => {
      const stop = new AbortController()
      const reason = new Error('enough')
      const asked = open().get(`${server.origin}/never`, { maxBytes: 10, signal: stop.signal })
      setImmediate(() => stop.abort(reason))
      await expect(asked).rejects.toBe(reason)
      await expect(open().get(server.origin, { maxBytes: 10, signal: stop.signal })).rejects.toBe(reason)
    })

    it('ends at the deadline for all of it, what was spent before included', async () => {
      const client = open({}, { deadlines: { ...SMALL, firstByteMs: 20_000, totalMs: 100 } })
      expect(await reasonFor(client, `${server.origin}/never`)).toBe('timeout-total')
      const long = open({}, { deadlines: { ...SMALL, firstByteMs: 90_000, totalMs: 90_000 } })
      expect(await reasonFor(long, `${server.origin}/never`, { spentMs: 89_950 })).toBe('timeout-total')
    })
  })
})
