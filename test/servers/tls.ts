import { readFileSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { createSecureContext, getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { SecureContext, TLSSocket } from 'node:tls'
import { listenForHosts, type HostRoutes } from '../../demo/serve.ts'
import { routesOf, type Answer, type TestServer } from './web.ts'

/** The authority that the good certificates are from. Child processes trust it by NODE_EXTRA_CA_CERTS. */
export const TEST_CA = join(import.meta.dirname, 'certs', 'ca.pem')

/** Names that get no good certificate. */
const BAD = ['expired', 'wrong-name', 'self-signed'] as const
const STALLED = 'stalled'

const certificate = (name: string) => ({
  key: readFileSync(join(import.meta.dirname, 'certs', `${name}-key.pem`)),
  cert: readFileSync(join(import.meta.dirname, 'certs', `${name}.pem`)),
})

export interface TlsOptions {
  /** HTTP/2 for those who offer it; else HTTP/1.1 alone. Default false. */
  http2?: boolean
  /** Default 127.0.0.1. */
  address?: string
}

/** A server of a few answers over TLS. */
export interface TlsServer extends TestServer {
  /** Handshakes that were finished. */
  handshakes(): number
  /** Of these, handshakes that took up a session of an earlier one. */
  resumed(): number
  /** Requests that came over HTTP/2. */
  http2Requests(): number
}

/**
 * Serves answers over TLS on a free port; routes as in `startServer`.
 *
 * The good certificate is for 127.0.0.1 to 127.0.0.99 and for `a.test` to `h.test`, `secure.test`, `cdn.test` and all names one
 * label below these. `expired.test`, `wrong-name.test` and `self-signed.test` get such certificates, and to
 * `stalled.test` the handshake never ends; so it is with a number behind the name, `expired-7.test`.
 */
export async function startTls(
  routes: Record<string, Answer | string | Buffer>,
  options: TlsOptions = {},
): Promise<TlsServer> {
  const { hosts, names } = routesOf(routes)
  const server = await startTlsHosts(hosts, options)
  const address = `${options.address ?? '127.0.0.1'}:${server.port}`
  return {
    ...server,
    origin: `https://${address}`,
    hosts: Object.fromEntries(names.map((name) => [name, address])),
  }
}

/** The same for hosts of any kind. */
export async function startTlsHosts(
  hosts: ReadonlyMap<string, HostRoutes>,
  { http2 = false, address = '127.0.0.1' }: TlsOptions = {},
): Promise<Omit<TlsServer, 'origin' | 'hosts'>> {
  const { answer, ...counts } = listenForHosts(hosts)
  const bad = new Map<string, SecureContext>(
    BAD.map((name) => [name, createSecureContext(certificate(name))]),
  )
  const seen = { handshakes: 0, resumed: 0, http2Requests: 0 }
  const settings = {
    ...certificate('good'),
    SNICallback(host: string, done: (error: Error | null, context?: SecureContext) => void) {
      const name = /^(.+?)(?:-\d+)?\.test$/.exec(host)?.[1] ?? host
      if (name !== STALLED) done(null, bad.get(name) ?? good)
    },
  }
  const good = createSecureContext(certificate('good'))
  const respond = (request: IncomingMessage, response: ServerResponse) => {
    if (request.httpVersionMajor === 2) seen.http2Requests++
    answer(request, response)
  }
  const server = http2
    ? createSecureServer({ ...settings, allowHTTP1: true }, (request, response) =>
        // Its requests and responses have what answers use of their elders.
        respond(request as unknown as IncomingMessage, response as unknown as ServerResponse),
      )
    : createServer({ ...settings, keepAliveTimeout: 60_000 }, respond)

  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    seen.handshakes++
    if (socket.isSessionReused()) seen.resumed++
  })
  // A client that refuses the certificate ends the handshake: its business.
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, address, resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    ...counts,
    port,
    handshakes: () => seen.handshakes,
    resumed: () => seen.resumed,
    http2Requests: () => seen.http2Requests,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        // Those that are still in their handshake are no connections of the server's yet.
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Makes this process trust the test authority, and workers it starts from now on. Returns how to undo it. */
export function trustTestAuthority(): () => void {
  const before = getCACertificates('default')
  const { NODE_EXTRA_CA_CERTS } = process.env
  setDefaultCACertificates([...before, readFileSync(TEST_CA, 'utf8')])
  process.env.NODE_EXTRA_CA_CERTS = TEST_CA
  return () => {
    setDefaultCACertificates(before)
    if (NODE_EXTRA_CA_CERTS === undefined) delete process.env.NODE_EXTRA_CA_CERTS
    else process.env.NODE_EXTRA_CA_CERTS = NODE_EXTRA_CA_CERTS
  }
}
