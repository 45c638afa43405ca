import { isIP, connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls'
import type { buildConnector } from 'undici'
import type { PairloomError } from '../core/error.ts'
import type { AddressRule } from './address.ts'
import { fetchError, reasonOf } from './fetch-error.ts'
import type { Endpoint, Resolver } from './resolve.ts'

export interface ConnectOptions {
  resolver: Resolver
  rule: AddressRule
  dnsMs: number
  /** TCP handshake, over all addresses that are tried. */
  connectMs: number
  /** TLS handshake. */
  tlsMs: number
  /** Offers HTTP/2 beside HTTP/1.1. */
  http2: boolean
  /** Told the address of each new connection. */
  onAddress(origin: string, address: string): void
}

/** Where a connection goes, and how. */
interface Target {
  endpoint: Endpoint
  hostname: string
  port: number
  /** Null without TLS. */
  tls: { context: SecureContext; protocols: string[]; timeoutMs: number } | null
}

/** TLS sessions kept, by host and port; one is a few kB. */
const MAX_SESSIONS = 1000

/** Making a context reads all root certificates, 18 ms: one for all connections of the process. */
let secureContext: SecureContext | undefined
const sessions = new Map<string, Buffer>()

/**
 * An undici connector that resolves the host, checks every address and connects to a checked one, so that a name
 * that changes its answer between check and connect gains nothing.
 *
 * TLS sessions are taken up again: a host that is asked once in ten seconds has closed its connection by then.
 */
export function openConnector(options: ConnectOptions): buildConnector.connector {
  const { resolver, rule, dnsMs, connectMs, tlsMs, onAddress } = options
  const protocols = options.http2 ? ['h2', 'http/1.1'] : ['http/1.1']

  async function open({ hostname, protocol, port }: buildConnector.Options): Promise<Socket> {
    const url = `${protocol}//${hostname}`
    const endpoints = await resolver.resolve(hostname, dnsMs)
    const refused = endpoints.find(({ address }) => !rule.allows(address))
    if (refused) {
      throw fetchError('address-refused', url, {
        evidence: `${hostname} is ${refused.address}, an address of no public site`,
      })
    }
    const isSecure = protocol === 'https:'
    if (isSecure) secureContext ??= createSecureContext()
    const tls = isSecure ? { context: secureContext!, protocols, timeoutMs: tlsMs } : null
    const until = performance.now() + connectMs
    let failure: unknown
    // One further address is tried, as a host with a dead IPv4 address and a live one is common.
    for (const endpoint of endpoints.slice(0, 2)) {
      try {
        const target = { endpoint, hostname, port: Number(port) || (isSecure ? 443 : 80), tls }
        const socket = await connect(target, url, until - performance.now())
        onAddress(`${protocol}//${hostname}${port ? `:${port}` : ''}`, endpoint.address)
        return socket
      } catch (error) {
        failure = error
        if (/^(?:timeout-)?tls$/.test(reasonOf(error) ?? '')) break
      }
    }
    throw failure as Error
  }

  return (connection, callback) => {
    open(connection).then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error, null),
    )
  }
}

function connect(target: Target, url: string, timeoutMs: number): Promise<Socket> {
  const { tls } = target
  const { address } = target.endpoint
  const port = target.endpoint.port ?? target.port
  return new Promise((resolve, reject) => {
    const socket = tls === null ? connectTcp({ host: address, port }) : secure(target, address, port)
    socket.setNoDelay(true)
    const late = (reason: 'timeout-connect' | 'timeout-tls', evidence: string, ms: number) =>
      setTimeout(() => socket.destroy(fetchError(reason, url, { evidence })), Math.max(1, ms))
    let timer = late('timeout-connect', `no connection to ${address}:${port}`, timeoutMs)
    const fail = (error: Error) => {
      clearTimeout(timer)
      reject(connectError(error, url))
    }
    socket.once('error', fail)
    const closed = () => fail(new Error('closed during the handshake'))
    socket.once('close', closed)
    if (tls !== null) {
      socket.once('connect', () => {
        clearTimeout(timer)
        timer = late('timeout-tls', `no TLS with ${address}:${port} in ${tls.timeoutMs} ms`, tls.timeoutMs)
      })
    }
    socket.once(tls === null ? 'connect' : 'secureConnect', () => {
      clearTimeout(timer)
      socket.removeListener('close', closed)
      socket.removeListener('error', fail)
      resolve(socket)
    })
  })
}

function secure({ hostname, tls }: Target, address: string, port: number): Socket {
  const { context, protocols } = tls!
  const key = `${hostname} ${port} ${protocols.length}`
  const session = sessions.get(key)
  const socket = connectTls({
    host: address,
    port,
    // A name in the handshake has no dot at its end (RFC 6066, 3).
    ...(isIP(hostname) === 0 ? { servername: hostname.replace(/\.$/, '') } : {}),
    secureContext: context,
    ALPNProtocols: protocols,
    ...(session && { session }),
  })
  socket.on('session', (given: Buffer) => {
    sessions.delete(key)
    sessions.set(key, given)
    if (sessions.size > MAX_SESSIONS) sessions.delete(sessions.keys().next().value!)
  })
  // A session may be what the server fails at: without it the next try is a whole handshake.
  const forget = () => sessions.delete(key)
  socket.once('error', forget)
  socket.once('secureConnect', () => socket.removeListener('error', forget))
  return socket
}

/** What Node and OpenSSL throw while connecting, as a `PL_FETCH`. */
function connectError(error: NodeJS.ErrnoException, url: string): PairloomError {
  if (reasonOf(error) !== null) return error as unknown as PairloomError
  const detail = { evidence: error.code ? `${error.code} ${error.message}` : error.message, cause: error }
  switch (error.code) {
    case 'ECONNREFUSED':
      return fetchError('connect-refused', url, detail)
    case 'ETIMEDOUT':
      return fetchError('timeout-connect', url, detail)
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'EACCES':
    case 'EPERM':
    case 'EMFILE':
    case 'ENFILE':
      return fetchError('connect-unreachable', url, detail)
    case undefined:
    case 'ECONNRESET':
    case 'EPIPE':
      return fetchError('connect-reset', url, detail)
    default:
      return fetchError('tls', url, detail)
  }
}
