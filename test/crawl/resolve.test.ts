import { afterEach, describe, expect, it } from 'vitest'
import { NO_NETWORK } from '../../src/core/collect.ts'
import { openResolver, parseEndpoint, resolverOf, type Endpoint } from '../../src/crawl/resolve.ts'
import { startDns, type DnsAnswer, type DnsServer } from '../servers/dns.ts'

const open = (hosts: Record<string, string>, servers: string[] = []) =>
  openResolver({ hosts, dns: { ...NO_NETWORK.dns, servers } })

describe('openResolver', () => {
  it('asks the pipeline first', async () => {
    const resolver = open({ 'a.test': '127.0.0.1:8080', '8.8.8.8': '10.0.0.1' })
    expect(await resolver.resolve('a.test', 1000)).toEqual([{ address: '127.0.0.1', port: 8080 }])
    expect(await resolver.resolve('8.8.8.8', 1000)).toEqual([{ address: '10.0.0.1', port: null }])
  })

  it('takes literals as they are, and names of this machine from its own table', async () => {
    const resolver = open({})
    expect(await resolver.resolve('1.2.3.4', 1000)).toEqual([{ address: '1.2.3.4', port: null }])
    expect(await resolver.resolve('2001:db8::1', 1000)).toEqual([{ address: '2001:db8::1', port: null }])
    expect((await resolver.resolve('localhost', 1000)).map(({ address }) => address)).toContain('127.0.0.1')
  })

  it('asks once for a name that nobody has', async () => {
    const resolver = open({})
    const answers = await Promise.allSettled(
      ['x.invalid', 'x.invalid'].map((host) => resolver.resolve(host, 1000)),
    )
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'PL_FETCH' } })
  })
})

describe('openResolver with name servers', () => {
  const opened: DnsServer[] = []
  const serve = async (records: Record<string, DnsAnswer>) => {
    const server = await startDns(records)
    opened.push(server)
    return server
  }
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((server) => server.close()))
  })
  const addresses = (found: Endpoint[]) => found.map(({ address }) => address)

  it('keeps an answer, one that there is no such name too, and asks once for all who ask at once', async () => {
    const server = await serve({
      'a.test': { a: ['192.0.2.1', '192.0.2.2'], delayMs: 5 },
      'six.test': { aaaa: ['2001:db8::1'] },
      'bare.test': {},
    })
    const resolver = open({}, [server.address])
    for (let i = 0; i < 3; i++) {
      const both = await Promise.all([resolver.resolve('a.test', 5000), resolver.resolve('a.test', 5000)])
      expect(both.map(addresses)).toEqual(Array(2).fill(['192.0.2.1', '192.0.2.2']))
      expect(addresses(await resolver.resolve('six.test', 5000))).toEqual(['2001:db8::1'])
      for (const name of ['unknown.test', 'bare.test'])
        await expect(resolver.resolve(name, 5000)).rejects.toMatchObject({
          data: { reason: 'dns-not-found' },
        })
    }
    expect(['a.test', 'six.test', 'unknown.test', 'bare.test'].map((name) => server.asked(name))).toEqual([
      1, 2, 1, 2,
    ])
  })

  it('asks the next server where one fails or is silent, whichever a name begins with', async () => {
    const names = Array.from({ length: 8 }, (_, i) => `n${i}.test`)
    const records = (answer: DnsAnswer) => Object.fromEntries(names.map((name) => [name, answer]))
    const good = { a: ['192.0.2.9'] }
    const servers = await Promise.all([
      serve(records('servfail')),
      serve(records(good)),
      serve(records('silent')),
    ])
    const resolver = open(
      {},
      servers.map(({ address }) => address),
    )
    for (const name of names) expect(addresses(await resolver.resolve(name, 600))).toEqual(['192.0.2.9'])
    const asked = servers.map((server) => names.filter((name) => server.asked(name) > 0).length)
    expect(asked[1]).toBe(8)
    // Names begin with different servers.
    for (const count of asked) expect(count).toBeGreaterThan(0)
    for (const count of asked) expect(count).toBeLessThanOrEqual(8)
  })

  it('asks a single server again that has lost the question', async () => {
    const server = await serve({ 'lost.test': ['silent', { a: ['192.0.2.3'] }] })
    expect(addresses(await open({}, [server.address]).resolve('lost.test', 1000))).toEqual(['192.0.2.3'])
  })

  it.each([
    ['servfail', 'dns-failed', 'ESERVFAIL'],
    ['refused', 'dns-failed', 'EREFUSED'],
    ['silent', 'timeout-dns', 'ETIMEOUT'],
  ] as const)(
    'ends as it should where all servers are %s, and asks none of them again at once',
    async (answer, reason, evidence) => {
      const servers = await Promise.all([1, 2].map(() => serve({ 'a.test': answer })))
      const resolver = open(
        {},
        servers.map(({ address }) => address),
      )
      for (let i = 0; i < 3; i++)
        await expect(resolver.resolve('a.test', 100)).rejects.toMatchObject({ data: { reason, evidence } })
      expect(servers.map((server) => server.asked('a.test'))).toEqual([1, 1])
    },
  )

  it('is one for all clients of a network', () => {
    const network = { ...NO_NETWORK }
    expect(resolverOf(network)).toBe(resolverOf(network))
    expect(resolverOf(network)).not.toBe(resolverOf({ ...NO_NETWORK }))
  })
})

describe('parseEndpoint', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1', null],
    ['127.0.0.1:80', '127.0.0.1', 80],
    ['::1', '::1', null],
    ['[::1]', '::1', null],
    ['[::1]:65535', '::1', 65535],
  ])('%s', (text, address, port) => expect(parseEndpoint(text)).toEqual({ address, port }))

  it.each(['a.test', 'a.test:80', '127.0.0.1:0', '127.0.0.1:65536', '127.0.0.1:x', ':80', ''])(
    'refuses "%s"',
    (text) => {
      expect(parseEndpoint(text)).toBeNull()
      expect(() => open({ 'a.test': text })).toThrow(/network\.hosts: .*address:port/)
    },
  )
})
