import { createServer, type AddressInfo, type Server } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NO_NETWORK } from '../../src/core/collect.ts'
import type { Network } from '../../src/core/stage.ts'
import { openHttp } from '../../src/crawl/http.ts'
import { reasonOf } from '../../src/crawl/fetch-error.ts'
import { startDns, type DnsServer } from '../servers/dns.ts'

const PUBLIC = '127.0.0.2'
const PRIVATE = '127.0.0.1'

/** A server that counts connections, answers each with one word and ends it. */
async function listen(address: string, port = 0): Promise<{ server: Server; count(): number; port: number }> {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.on('error', () => undefined)
    socket.once('data', () =>
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nword'),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, resolve)
  })
  return { server, count: () => connections, port: (server.address() as AddressInfo).port }
}

// The address of the one that is allowed stands for a public one.
describe('a name whose first answer is public and whose second is private', () => {
  let dns: DnsServer
  let open: Awaited<ReturnType<typeof listen>>
  let forbidden: Awaited<ReturnType<typeof listen>>
  let network: Network
  beforeEach(async () => {
    dns = await startDns({
      'rebound.test': [
        { a: [PUBLIC], ttl: 0 },
        { a: [PRIVATE], ttl: 0 },
      ],
    })
    open = await listen(PUBLIC)
    forbidden = await listen(PRIVATE, open.port)
    network = { ...NO_NETWORK, allow: [PUBLIC], dns: { servers: [dns.address], atOnce: 4 } }
  })
  afterEach(async () => {
    await Promise.all([
      dns.close(),
      ...[open, forbidden].map(({ server }) => new Promise((done) => void server.close(done))),
    ])
  })

  /** What so many requests end in, each over a connection of its own. */
  async function ends(of: Network, count: number): Promise<string[]> {
    const client = openHttp(of)
    const url = `http://rebound.test:${open.port}/`
    const all: string[] = []
    try {
      for (let i = 0; i < count; i++) {
        const asked = client.get(url, { maxBytes: 100 })
        all.push(
          await asked.then(
            ({ address }) => address!,
            (error: unknown) => reasonOf(error)!,
          ),
        )
      }
      return all
    } finally {
      await client.close()
    }
  }

  it('is connected to where it was checked, as often as its answer holds', async () => {
    expect(await ends(network, 3)).toEqual([PUBLIC, PUBLIC, PUBLIC])
    expect(dns.asked('rebound.test', 'A')).toBe(1)
    expect([open.count(), forbidden.count()]).toEqual([3, 0])
  })

  it('is refused as soon as it is asked again', async () => {
    expect(await ends(network, 1)).toEqual([PUBLIC])
    // Another object is another cache: the answer has run out.
    expect(await ends({ ...network }, 2)).toEqual(['address-refused', 'address-refused'])
    expect(dns.asked('rebound.test', 'A')).toBe(2)
    expect([open.count(), forbidden.count()]).toEqual([1, 0])
  })
})
