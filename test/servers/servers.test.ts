import { Resolver } from 'node:dns/promises'
import { connect as connectHttp2 } from 'node:http2'
import { get } from 'node:https'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDns, type DnsServer } from './dns.ts'
import { startTls, trustTestAuthority, type TlsServer } from './tls.ts'

describe('startDns', () => {
  let server: DnsServer
  const resolver = new Resolver({ timeout: 200, tries: 1 })
  beforeAll(async () => {
    server = await startDns({
      'a.test': { a: ['93.184.216.34', '127.0.0.1'], aaaa: ['2001:db8::7', '::ffff:10.0.0.1'], ttl: 7 },
      'alias.test': { cname: 'a.test' },
      'rebound.test': [{ a: ['93.184.216.34'] }, { a: ['127.0.0.1'] }],
      'no-address.test': {},
      'broken.test': 'servfail',
      'silent.test': 'silent',
      'late.test': { a: ['127.0.0.2'], delayMs: 20 },
    })
    resolver.setServers([server.address])
  })
  afterAll(() => server.close())

  it('answers with addresses of both families', async () => {
    expect(await resolver.resolve4('A.test', { ttl: true })).toEqual([
      { address: '93.184.216.34', ttl: 7 },
      { address: '127.0.0.1', ttl: 7 },
    ])
    expect(await resolver.resolve6('a.test')).toEqual(['2001:db8::7', '::ffff:10.0.0.1'])
    expect(await resolver.resolve4('alias.test')).toEqual(['93.184.216.34', '127.0.0.1'])
    expect(await resolver.resolve4('late.test')).toEqual(['127.0.0.2'])
  })

  it('answers otherwise the next time where it is told to', async () => {
    for (const address of ['93.184.216.34', '127.0.0.1', '127.0.0.1'])
      expect(await resolver.resolve4('rebound.test')).toEqual([address])
    expect([server.asked('rebound.test'), server.asked('rebound.test', 'AAAA')]).toEqual([3, 0])
  })

  it.each([
    ['broken.test', 'ESERVFAIL'],
    ['no-address.test', 'ENODATA'],
    ['unknown.test', 'ENOTFOUND'],
    ['silent.test', 'ETIMEOUT'],
  ])('of %s says %s', async (name, code) => {
    await expect(resolver.resolve4(name)).rejects.toMatchObject({ code })
  })
})

describe('startTls', () => {
  let server: TlsServer
  let distrust: () => void
  beforeAll(async () => {
    distrust = trustTestAuthority()
    server = await startTls({ '/': 'found', 'a.test/': 'a', 'img.b.test/': 'b' }, { http2: true })
  })
  afterAll(async () => {
    distrust()
    await server.close()
  })

  const body = (servername: string) =>
    new Promise<string>((resolve, reject) => {
      const headers = { host: servername }
      get(`${server.origin}/`, { servername, headers, agent: false }, (response) => {
        response.setEncoding('utf8').on('data', resolve)
      }).on('error', (error: NodeJS.ErrnoException) => reject(new Error(error.code)))
    })

  it('has a good certificate for its names and addresses', async () => {
    expect([await body('a.test'), await body('img.b.test')]).toEqual(['a', 'b'])
    const socket = await new Promise<TLSSocket>((resolve, reject) => {
      const opened: TLSSocket = connect({ host: '127.0.0.1', port: server.port }, () => resolve(opened))
      opened.on('error', reject)
    })
    expect(socket.authorized).toBe(true)
    socket.destroy()
  })

  it.each([
    ['expired.test', 'CERT_HAS_EXPIRED'],
    ['wrong-name.test', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['self-signed.test', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('has a bad one for %s: %s', async (name, code) => {
    await expect(body(name)).rejects.toThrow(code)
  })

  it('speaks HTTP/2 with those who offer it', async () => {
    const session = connectHttp2(server.origin)
    const stream = session.request({ ':path': '/' })
    const text = await stream.setEncoding('utf8').toArray()
    expect(text.join('')).toBe('found')
    expect(server.http2Requests()).toBe(1)
    session.destroy()
  })
})
