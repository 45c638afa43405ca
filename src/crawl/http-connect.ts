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
  /** TCP and TLS handshakes together. */
  connectMs: number
  /** Told the address of each new connection. */
  onAddress(origin: string, address: string): void
}

/**
 * An undici connector that resolves the host, checks every address and connects to a checked one, so that a name
 * that changes its answer between check and connect gains nothing.
 *
 * One TLS context for all connections: making one costs 18 ms of reading root certificates.
 */
export function openConnector({
  resolver,
  rule,
  dnsMs,
  connectMs,
  onAddress,
}: ConnectOptions): buildConnector.connector {
  let secureContext: SecureContext | undefined

  async function open({ hostname, protocol, port }: buildConnector.Options): Promise<Socket> {
    const url = `${protocol}//${hostname}`
    const endpoints = await within(dnsMs, resolver.resolve(hostname), () => fetchError('timeout-dns', url))
    const refused = endpoints.find(({ address }) => !rule.allows(address))
    if (refused) {
      throw fetchError('address-refused', url, {
        evidence: `${hostname} is ${refused.address}, an address of no public site`,
      })
    }
    if (protocol === 'https:') secureContext ??= createSecureContext()
    const until = performance.now() + connectMs
    let failure: unknown
    // One further address is tried, as a host with a dead IPv4 address and a live one is common.
    for (const endpoint of endpoints.slice(0, 2)) {
      try {
        const socket = await connect(
          endpoint,
          hostname,
          protocol,
          port,
          until - performance.now(),
          secureContext,
        )
        onAddress(`${protocol}//${hostname}${port ? `:${port}` : ''}`, endpoint.address)
        return socket
      } catch (error) {
        failure = error
        if (reasonOf(error) === 'tls') break
      }
    }
    throw failure as Error
  }

  return (options, callback) => {
    open(options).then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error, null),
    )
  }
}

function connect(
  endpoint: Endpoint,
  hostname: string,
  protocol: string,
  urlPort: string,
  timeoutMs: number,
  secureContext: SecureContext | undefined,
): Promise<Socket> {
  const secure = protocol === 'https:'
  const url = `${protocol}//${hostname}`
  const { address } = endpoint
  const port = endpoint.port ?? (Number(urlPort) || (secure ? 443 : 80))
  return new Promise((resolve, reject) => {
    const socket = secure
      ? connectTls({
          host: address,
          port,
          // A name in the handshake has no dot at its end (RFC 6066, 3).
          ...(isIP(hostname) === 0 ? { servername: hostname.replace(/\.$/, '') } : {}),
          ...(secureContext ? { secureContext } : {}),
          ALPNProtocols: ['http/1.1'],
        })
      : connectTcp({ host: address, port })
    socket.setNoDelay(true)
    const timer = setTimeout(
      () =>
        socket.destroy(
          fetchError('timeout-connect', url, { evidence: `no connection to ${address}:${port}` }),
        ),
      Math.max(1, timeoutMs),
    )
    const fail = (error: Error) => {
      clearTimeout(timer)
      reject(connectError(error, url))
    }
    socket.once('error', fail)
    const closed = () => fail(new Error('closed during the handshake'))
    socket.once('close', closed)
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer)
      socket.removeListener('close', closed)
      socket.removeListener('error', fail)
      resolve(socket)
    })
  })
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

async function within<T>(timeoutMs: number, promise: Promise<T>, error: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(error()), timeoutMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
