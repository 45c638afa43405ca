import { getServers } from 'node:dns'
import type { Network } from '../../core/stage.ts'
import { plural } from '../../core/plural.ts'
import { reasonOf } from '../../crawl/fetch-error.ts'
import { openResolver } from '../../crawl/resolve.ts'
import { checked, type Check } from './check.ts'

const LOOKUP_MS = 5000
/** Slower lookups hold up a crawl of millions of names. */
const SLOW_MS = 500

/** Top-level domains that RFC 6761 keeps out of the public DNS: names there are asked for at servers of one's own alone. */
const RESERVED = /(?:^|\.)(?:test|example|invalid|localhost)$/

const OTHERS =
  'use a caching resolver of your own (unbound, knot-resolver) and name it in network.dns.servers'

/**
 * Looks up names at each name server of the pipeline, all at once as a crawl would, and says which of them answer and
 * how fast. That a name is not there is an answer. Names that the pipeline maps itself are not asked for.
 */
export async function dnsCheck(network: Network, names: readonly string[]): Promise<Check> {
  const unmapped = names.filter((name) => !Object.hasOwn(network.hosts, name))
  const invented = network.dns.servers.length > 0 ? [] : unmapped.filter((name) => RESERVED.test(name))
  const asked = unmapped.filter((name) => !invented.includes(name))
  if (asked.length === 0) {
    const own = `${plural(invented.length, 'name')} such as ${invented[0]} that the public DNS never has`
    const why =
      invented.length > 0
        ? `not asked for ${own}: the run needs network.hosts for them (npm run demo gives its own)`
        : names.length > 0
          ? `not asked: network.hosts of the file or of its run has ${names.length === 1 ? 'the one name' : `all ${names.length} names`}`
          : 'no names are known before a source has run; give one with --probe'
    return { name: 'dns', status: 'skip', seen: why, advice: null }
  }
  const servers = network.dns.servers.length > 0 ? network.dns.servers : getServers()
  const found = await Promise.all(servers.map((server) => askServer(server, asked, network)))
  const answers = found.flatMap((f) => f.timesMs)
  const dead = found.filter((f) => f.timesMs.length < asked.length / 2)
  return checked(
    'dns',
    `${plural(asked.length, 'name')}${invented.length > 0 ? ` (not ${plural(invented.length, 'name')} such as ${invented[0]} that the public DNS never has)` : ''}: ${found.map((f) => said(f, asked.length)).join('; ')}`,
    answers.length === 0 && ['fail', `no name server answers: check the network, or ${OTHERS}`],
    found.every((f) => f.missing === f.timesMs.length) && [
      'fail',
      'the name servers know none of these names: do they know the public web?',
    ],
    dead.length > 0 && ['warn', `${dead.map((f) => f.server).join(', ')} mostly fails: leave it out`],
    answers.length < 0.95 * asked.length * servers.length && [
      'warn',
      `name servers fail, and pictures will be lost for that: ${OTHERS}`,
    ],
    median(answers) > SLOW_MS && ['warn', `lookups are slow: ${OTHERS}`],
  )
}

interface Answers {
  server: string
  /** Of lookups that were answered, rising, ms. */
  timesMs: number[]
  /** Names that the server does not know. */
  missing: number
  /** Why others were not answered. */
  failures: Map<string, number>
}

async function askServer(server: string, names: readonly string[], { dns }: Network): Promise<Answers> {
  const resolver = openResolver({ hosts: {}, dns: { ...dns, servers: [server] } })
  const answers: Answers = { server, timesMs: [], missing: 0, failures: new Map() }
  await Promise.all(
    names.map(async (name) => {
      const began = performance.now()
      const reason = await resolver.resolve(name, LOOKUP_MS).then(
        () => null,
        (error: unknown) => reasonOf(error) ?? 'dns-failed',
      )
      if (reason === 'dns-not-found') answers.missing++
      if (reason === null || reason === 'dns-not-found') answers.timesMs.push(performance.now() - began)
      else answers.failures.set(reason, (answers.failures.get(reason) ?? 0) + 1)
    }),
  )
  answers.timesMs.sort((a, b) => a - b)
  return answers
}

function said({ server, timesMs, missing, failures }: Answers, names: number): string {
  const why = [...failures].sort(([a], [b]) => (a < b ? -1 : 1)).map(([reason, n]) => `, ${reason} ${n}`)
  const unknown = missing > 0 ? `, dns-not-found ${missing}` : ''
  const slowest = timesMs.at(-1) ?? 0
  const times =
    timesMs.length > 0 ? ` in ${median(timesMs).toFixed(0)} ms, the slowest ${slowest.toFixed(0)} ms` : ''
  return `${server} answered ${timesMs.length} of ${names}${times}${unknown}${why.join('')}`
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
}
