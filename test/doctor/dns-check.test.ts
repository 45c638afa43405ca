import { afterEach, describe, expect, it } from 'vitest'
import { NO_NETWORK } from '../../src/core/collect.ts'
import { dnsCheck } from '../../src/pipeline/doctor/dns-check.ts'
import { startDns, type DnsAnswer, type DnsServer } from '../servers/dns.ts'

const opened: DnsServer[] = []
afterEach(() => Promise.all(opened.splice(0).map((server) => server.close())))

async function open(records: Record<string, DnsAnswer>): Promise<DnsServer> {
  const server = await startDns(records)
  opened.push(server)
  return server
}

const NAMES = ['a.test', 'b.test', 'c.test', 'd.test']
const all = (answer: DnsAnswer) => Object.fromEntries(NAMES.map((name) => [name, answer]))
const live = all({ a: ['192.0.2.1'] })

function check(servers: DnsServer[], names: readonly string[] = NAMES, hosts: Record<string, string> = {}) {
  const dns = { ...NO_NETWORK.dns, servers: servers.map((s) => s.address) }
  return dnsCheck({ ...NO_NETWORK, hosts, dns }, names)
}

describe('the check of name servers', () => {
  it('asks each server for each name that the pipeline does not map', async () => {
    const servers = [await open(live), await open(live)]
    const { status, seen } = await check(servers, NAMES, { 'd.test': '127.0.0.1' })
    expect(status).toBe('ok')
    for (const server of servers) {
      expect(seen).toMatch(new RegExp(`${server.address} answered 3 of 3 in \\d+ ms`))
      expect(server.asked('a.test')).toBe(1)
      expect(server.asked('d.test')).toBe(0)
    }
  })

  it.each<[string, Record<string, DnsAnswer>, string, RegExp, RegExp]>([
    ['that fail', all('servfail'), 'fail', /answered 0 of 4, dns-failed 4$/, /no name server answers/],
    ['that know no name', {}, 'fail', /answered 4 of 4.*, dns-not-found 4$/, /do they know the public web/],
    [
      'that know some names',
      { ...live, 'd.test': 'nxdomain' },
      'ok',
      /answered 4 of 4.*, dns-not-found 1$/,
      /^null$/,
    ],
    [
      'that fail now and then',
      { ...live, 'd.test': 'refused' },
      'warn',
      /answered 3 of 4.*, dns-failed 1$/,
      /caching resolver.*network\.dns\.servers/,
    ],
    [
      'that are slow',
      all({ a: ['192.0.2.1'], delayMs: 700 }),
      'warn',
      /answered 4 of 4 in \d{3,} ms/,
      /lookups are slow/,
    ],
  ])('of servers %s', async (_which, records, status, seen, advice) => {
    const found = await check([await open(records)])
    expect(found.status).toBe(status)
    expect(found.seen).toMatch(seen)
    expect(String(found.advice)).toMatch(advice)
  })

  it('names the one of several that fails', async () => {
    const [good, bad] = [await open(live), await open(all('servfail'))]
    const found = await check([good, bad])
    expect(found).toMatchObject({ status: 'warn', advice: `${bad.address} mostly fails: leave it out` })
  })

  it('has nothing to ask without names', async () => {
    const server = await open(live)
    expect(await check([server], [])).toMatchObject({ status: 'skip' })
    expect(await check([server], ['d.test'], { 'd.test': '127.0.0.1' })).toMatchObject({
      status: 'skip',
      seen: 'not asked: network.hosts of the file or of its run has the one name',
    })
  })

  it('asks no public server for names that are never public, and says so', async () => {
    const { status, seen } = await dnsCheck(NO_NETWORK, ['shop.example', 'www.a.test'])
    expect([status, seen]).toEqual([
      'skip',
      expect.stringMatching(/not asked for 2 names such as shop\.example/),
    ])
  })
})
