import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { NO_NETWORK } from '../../src/core/collect.ts'
import type { Network } from '../../src/core/stage.ts'
import { openHttp, type HttpClient, type HttpOptions } from '../../src/crawl/http.ts'
import { startTls, trustTestAuthority, type TlsOptions, type TlsServer } from '../servers/tls.ts'

const opened: { close(): Promise<unknown> }[] = []
let distrust: () => void
beforeAll(() => {
  distrust = trustTestAuthority()
})
afterAll(() => distrust())
afterEach(async () => {
  await Promise.all(opened.splice(0).map((it) => it.close()))
})

async function serve(options: TlsOptions = {}): Promise<TlsServer> {
  const server = await startTls({ 'a.test/': 'found', 'a.test/2': 'more', 'stalled.test/': '' }, options)
  opened.push(server)
  return server
}

function open(server: TlsServer, network: Partial<Network> = {}, options: HttpOptions = {}): HttpClient {
  const full = { ...NO_NETWORK, allow: ['127.0.0.0/8'], hosts: server.hosts, ...network }
  const client = openHttp(full, options)
  opened.push(client)
  return client
}

const get = async (client: HttpClient, url: string) =>
  (await client.get(url, { maxBytes: 1000 })).body.toString()

describe('openHttp over TLS', () => {
  it('has a deadline for the handshake apart from the connection', async () => {
    const client = open(await serve(), {}, { deadlines: { tlsMs: 50 } })
    await expect(get(client, 'https://stalled.test/')).rejects.toMatchObject({
      data: {
        reason: 'timeout-tls',
        evidence: expect.stringMatching(/no TLS with 127\.0\.0\.1:\d+ in 50 ms/),
      },
    })
  })

  it('takes up its sessions again, also with the next client', async () => {
    const server = await serve()
    for (let i = 0; i < 3; i++) {
      const client = open(server, {}, { connectionsPerOrigin: 1 })
      expect(await get(client, 'https://a.test/')).toBe('found')
      // The session comes after the handshake, at the latest with the next answer.
      expect(await get(client, 'https://a.test/2')).toBe('more')
      await client.close()
    }
    expect([server.handshakes(), server.resumed()]).toEqual([3, 2])
  })

  it.each([
    { server: true, client: true, over: 2 },
    { server: true, client: false, over: 0 },
    { server: false, client: true, over: 0 },
  ])(
    'server $server and client $client: $over of two requests over HTTP/2',
    async ({ server, client, over }) => {
      const web = await serve({ http2: server })
      const http = open(web, { http2: client })
      expect(await get(http, 'https://a.test/')).toBe('found')
      expect(await get(http, 'https://a.test/2')).toBe('more')
      expect(web.http2Requests()).toBe(over)
    },
  )
})
