import { readFileSync } from 'node:fs'
import { promises as dns } from 'node:dns'
import { isIP } from 'node:net'
import { PairloomError } from '../core/error.ts'
import { fetchError } from './fetch-error.ts'

export interface Endpoint {
  /** IPv4 or IPv6 literal. */
  address: string
  /** Port to connect to in place of the URL's, or null. */
  port: number | null
}

export interface Resolver {
  /** Addresses of a host, IPv4 first. @throws PairloomError `PL_FETCH`: dns-not-found, dns-failed, timeout-dns */
  resolve(host: string): Promise<Endpoint[]>
}

interface Answer {
  endpoints: Endpoint[]
  /** `performance.now()` until which it holds. */
  until: number
}

const NOT_FOUND = new Set(['ENOTFOUND', 'ENODATA', 'NOTFOUND'])
const MIN_TTL_MS = 30_000
const MAX_TTL_MS = 600_000
const NEGATIVE_TTL_MS = 60_000
const MAX_CACHED = 50_000

/**
 * Host names to addresses: the pipeline's `hosts` map first, then literals, then DNS with a cache in the process.
 *
 * Asks DNS through c-ares, because getaddrinfo holds one of the four threads that sharp and the file system share
 * for as long as a dead name server takes. What c-ares does not read, `/etc/hosts` and search domains, is asked
 * where it can matter: the file when DNS knows no such name, getaddrinfo for names of one label.
 *
 * Memory: about 200 bytes a host, at most 50,000 hosts.
 */
export function openResolver(hosts: Record<string, string>, timeoutMs: number): Resolver {
  const servers = new dns.Resolver({ timeout: Math.max(1, Math.ceil(timeoutMs / 2)), tries: 2 })
  const known = new Map(
    Object.entries(hosts).map(([host, text]) => {
      const endpoint = parseEndpoint(text)
      if (endpoint === null)
        throw new PairloomError('PL_CONFIG', `network.hosts: expected address or address:port, got ${text}`)
      return [host.toLowerCase(), endpoint] as const
    }),
  )
  const cache = new Map<string, Promise<Answer>>()

  async function ask(host: string): Promise<Answer> {
    try {
      const found =
        host.includes('.') && !host.endsWith('.localhost') ? await query(host) : await lookup(host)
      return { endpoints: found.endpoints, until: performance.now() + found.ttlMs }
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
      const named = fromHostsFile(host)
      if (named.length > 0) return { endpoints: named, until: performance.now() + MAX_TTL_MS }
      if (NOT_FOUND.has(code)) return { endpoints: [], until: performance.now() + NEGATIVE_TTL_MS }
      throw fetchError(code === 'ETIMEOUT' || code === 'TIMEOUT' ? 'timeout-dns' : 'dns-failed', host, {
        evidence: code,
        cause: error,
      })
    }
  }

  async function query(host: string): Promise<{ endpoints: Endpoint[]; ttlMs: number }> {
    let records = await servers.resolve4(host, { ttl: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENODATA') return []
      throw error
    })
    if (records.length === 0) records = await servers.resolve6(host, { ttl: true })
    const ttlMs = Math.min(...records.map(({ ttl }) => ttl * 1000))
    return {
      endpoints: records.map(({ address }) => ({ address, port: null })),
      ttlMs: Math.min(MAX_TTL_MS, Math.max(MIN_TTL_MS, ttlMs)),
    }
  }

  return {
    async resolve(host) {
      const mapped = known.get(host.replace(/\.$/, ''))
      if (mapped !== undefined) return [mapped]
      if (isIP(host) !== 0) return [{ address: host, port: null }]

      let answer = cache.get(host)
      if (answer !== undefined && (await answer).until < performance.now()) answer = undefined
      if (answer === undefined) {
        answer = ask(host)
        cache.delete(host)
        cache.set(host, answer)
        // A failure is no answer: the next request asks again.
        answer.catch(() => cache.delete(host))
        if (cache.size > MAX_CACHED) cache.delete(cache.keys().next().value!)
      }
      const { endpoints } = await answer
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

async function lookup(host: string): Promise<{ endpoints: Endpoint[]; ttlMs: number }> {
  const found = await dns.lookup(host, { all: true, order: 'ipv4first' })
  return { endpoints: found.map(({ address }) => ({ address, port: null })), ttlMs: MAX_TTL_MS }
}

let hostsFile: Map<string, Endpoint[]> | null = null

function fromHostsFile(host: string): Endpoint[] {
  hostsFile ??= readHostsFile()
  return hostsFile.get(host) ?? []
}

function readHostsFile(): Map<string, Endpoint[]> {
  const names = new Map<string, Endpoint[]>()
  let text: string
  try {
    text = readFileSync(
      process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts',
      'utf8',
    )
  } catch {
    // A machine without the file has no names in it.
    return names
  }
  for (const line of text.split('\n')) {
    const [address = '', ...hostsOfLine] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (isIP(address) === 0) continue
    for (const name of hostsOfLine) {
      const key = name.toLowerCase()
      names.set(key, [...(names.get(key) ?? []), { address, port: null }])
    }
  }
  return names
}
