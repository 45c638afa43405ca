import { promises as dns } from 'node:dns'
import { hashFraction } from '../core/index.ts'

/** What name servers say of a host. */
export interface NameAnswer {
  /** IPv4 where the host has any, else IPv6; none where there is no such name or it has no address. */
  addresses: string[]
  /** How long it holds, ms; Infinity where there is no address. */
  ttlMs: number
}

/** Codes of an answer; all others are of a server that has none. */
const NOT_FOUND = new Set(['ENOTFOUND', 'ENODATA'])
/** A server that has said nothing for so long has failed, ms. */
const SILENT_MS = 10_000

/**
 * Asks several name servers: the next one when one fails (SERVFAIL, REFUSED, unreachable), or when it has had its share of
 * the time, and the first answer of any holds, also that there is no such name. A single server is asked twice, as UDP
 * loses packets. Hosts begin with different servers, always the same for one host: load is shared, and caches are met.
 *
 * servers: `address` or `address:port`; those of this machine where there are none. What is given back rejects with the
 * last server's error (`ESERVFAIL`, `EREFUSED`), or with `ETIMEOUT`.
 */
export function openNameServers(
  servers: readonly string[],
): (host: string, timeoutMs: number) => Promise<NameAnswer> {
  const all = (servers.length > 0 ? servers : dns.getServers()).map(openServer)
  const most = Math.max(2, all.length)

  return (host, timeoutMs) =>
    new Promise((resolve, reject) => {
      const first = Math.floor(hashFraction('name server', host) * all.length)
      let asked = 0
      let failed = 0
      let failure: Error = Object.assign(new Error('No answer in time'), { code: 'ETIMEOUT' })
      let share: NodeJS.Timeout | undefined
      const late = setTimeout(() => end(), timeoutMs)

      function end(answer?: NameAnswer): void {
        clearTimeout(share)
        clearTimeout(late)
        if (answer) resolve(answer)
        else reject(failure)
      }
      function askNext(): void {
        clearTimeout(share)
        const server = all[(first + asked++) % all.length]!
        if (asked < most) share = setTimeout(askNext, timeoutMs / most)
        server(host).then(end, (error: Error) => {
          failure = error
          failed++
          if (asked < all.length) askNext()
          else if (failed === asked) end()
        })
      }
      askNext()
    })
}

function openServer(server: string): (host: string) => Promise<NameAnswer> {
  const resolver = new dns.Resolver({ timeout: SILENT_MS, tries: 1 })
  resolver.setServers([server])

  async function records(host: string): Promise<{ address: string; ttl: number }[]> {
    try {
      return await resolver.resolve4(host, { ttl: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENODATA') throw error
      return resolver.resolve6(host, { ttl: true })
    }
  }

  return async (host) => {
    try {
      const found = await records(host)
      return {
        addresses: found.map(({ address }) => address),
        ttlMs: Math.min(...found.map(({ ttl }) => ttl * 1000)),
      }
    } catch (error) {
      if (NOT_FOUND.has((error as NodeJS.ErrnoException).code ?? ''))
        return { addresses: [], ttlMs: Infinity }
      throw error
    }
  }
}
