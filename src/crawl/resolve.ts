import { promises as dns } from 'node:dns'
import { isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import PQueue from 'p-queue'
import { PairloomError, type Network } from '../core/index.ts'
import { fetchError } from './fetch-error.ts'
import { fromHostsFile } from './hosts-file.ts'
import { openNameServers, type NameAnswer } from './name-servers.ts'

export interface Endpoint {
  /** IPv4 or IPv6 literal. */
  address: string
  /** Port to connect to in place of the URL's, or null. */
  port: number | null
}

export interface Resolver {
  /**
   * Addresses of a host, IPv4 first. timeoutMs: of one lookup, from when it is its turn.
   *
   * @throws PairloomError `PL_FETCH`: dns-not-found, dns-failed, timeout-dns
   */
  resolve(host: string, timeoutMs: number): Promise<Endpoint[]>
}

interface Cached {
  answer: Promise<Endpoint[]>
  /** `performance.now()` until which it holds. */
  until: number
}

const MIN_TTL_MS = 30_000
const MAX_TTL_MS = 600_000
const NEGATIVE_TTL_MS = 60_000
/** Servers that failed are not asked the same again at once (RFC 9520, 3.2). */
const FAILURE_TTL_MS = 1000
const MAX_CACHED = 50_000

const resolvers = new WeakMap<Network, Resolver>()

/** The resolver of a pipeline's network: one for all tasks of this process, so that they share its cache. */
export function resolverOf(network: Network): Resolver {
  const known = resolvers.get(network)
  if (known) return known
  const opened = openResolver(network)
  resolvers.set(network, opened)
  return opened
}

/**
 * Host names to addresses: the pipeline's `hosts` map first, then literals, then name servers, with a cache. That a name
 * is not there is kept for a minute, that servers failed for a second.
 *
 * Asks them through c-ares, because getaddrinfo holds one of the four threads that sharp and the file system share
 * for as long as a dead name server takes. What c-ares does not read, `/etc/hosts` and search domains, is asked
 * where it can matter: the file when DNS knows no such name, getaddrinfo for names of one label.
 *
 * Memory: about 200 bytes a host, at most 50,000 hosts.
 */
export function openResolver({ hosts, dns: { servers, atOnce } }: Pick<Network, 'hosts' | 'dns'>): Resolver {
  const askServers = openNameServers(servers)
  const turns = new PQueue({ concurrency: atOnce })
  const known = new Map(
    Object.entries(hosts).map(([host, text]) => {
      const endpoint = parseEndpoint(text)
      if (endpoint === null)
        throw new PairloomError('PL_CONFIG', `network.hosts: expected address or address:port, got ${text}`)
      return [host.toLowerCase(), endpoint] as const
    }),
  )
  const cache = new Map<string, Cached>()

  async function ask(host: string, timeoutMs: number): Promise<NameAnswer> {
    const isOrdinary = host.includes('.') && !host.endsWith('.localhost')
    const own = () => ({ addresses: fromHostsFile(host), ttlMs: MAX_TTL_MS })
    try {
      const found = isOrdinary ? await askServers(host, timeoutMs) : await lookup(host, timeoutMs)
      return found.addresses.length > 0 ? found : own()
    } catch (error) {
      const named = own()
      if (named.addresses.length > 0) return named
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
      if (code === 'ENOTFOUND') return named
      throw fetchError(code === 'ETIMEOUT' ? 'timeout-dns' : 'dns-failed', host, {
        evidence: code,
        cause: error,
      })
    }
  }

  function look(host: string, timeoutMs: number): Cached {
    const entry: Cached = { answer: Promise.resolve([]), until: Infinity }
    const keep = (ms: number) => (entry.until = performance.now() + ms)
    entry.answer = turns
      .add(() => ask(host, timeoutMs))
      .then(
        ({ addresses, ttlMs }) => {
          keep(addresses.length === 0 ? NEGATIVE_TTL_MS : Math.min(MAX_TTL_MS, Math.max(MIN_TTL_MS, ttlMs)))
          return addresses.map((address) => ({ address, port: null }))
        },
        (error: unknown) => {
          keep(FAILURE_TTL_MS)
          throw error
        },
      )
    return entry
  }

  return {
    async resolve(host, timeoutMs) {
      const mapped = known.get(host.replace(/\.$/, ''))
      if (mapped !== undefined) return [mapped]
      if (isIP(host) !== 0) return [{ address: host, port: null }]

      let entry = cache.get(host)
      if (entry === undefined || entry.until < performance.now()) {
        entry = look(host, timeoutMs)
        cache.delete(host)
        cache.set(host, entry)
        if (cache.size > MAX_CACHED) cache.delete(cache.keys().next().value!)
      }
      const endpoints = await entry.answer
      if (endpoints.length === 0)
        throw fetchError('dns-not-found', host, { evidence: `no address of ${host}` })
      return endpoints
    },
  }
}

/** `127.0.0.1`, `127.0.0.1:8080`, `::1` or `[::1]:8080`; null where it is none of these. */
export function parseEndpoint(text: string): Endpoint | null {
  if (isIP(text) !== 0) return { address: text, port: null }
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text)
  const address = match?.[1] ?? match?.[2] ?? ''
  const port = match?.[3] === undefined ? null : Number(match[3])
  if (isIP(address) === 0 || (port !== null && (port < 1 || port > 65535))) return null
  return { address, port }
}

async function lookup(host: string, timeoutMs: number): Promise<NameAnswer> {
  const done = new AbortController()
  const late = sleep(timeoutMs, null, { signal: done.signal }).catch(() => null)
  const found = await Promise.race([dns.lookup(host, { all: true, order: 'ipv4first' }), late])
  done.abort()
  if (found === null) throw Object.assign(new Error('No answer in time'), { code: 'ETIMEOUT' })
  return { addresses: found.map(({ address }) => address), ttlMs: MAX_TTL_MS }
}
