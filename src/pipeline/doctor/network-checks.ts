import { getServers } from 'node:dns'
import type { Network } from '../../core/stage.ts'
import { reasonOf } from '../../crawl/fetch-error.ts'
import { openHttp } from '../../crawl/http.ts'
import { openResolver } from '../../crawl/resolve.ts'
import { toPairloomError } from '../../core/error.ts'
import type { CostEstimate } from '../cost/estimate.ts'
import { checked, mib, type Check } from './check.ts'

const DNS_MS = 5000
/** Lookups slower than this hold up a crawl of millions of names. */
const SLOW_LOOKUP_MS = 500
const PROBE_BYTES = 64 * 2 ** 20
const PROBE_MS = 60_000
/** Certificates and Retry-After dates are judged by the clock. */
const MAX_SKEW_SECONDS = 60

/** Looks up names as the crawl would, at once, and says how many answers came and how fast. */
export async function dnsCheck(network: Network, names: readonly string[]): Promise<Check> {
  const mapped = new Set(Object.keys(network.hosts))
  const asked = names.filter((name) => !mapped.has(name))
  const { servers: own } = network.dns
  const servers = (own.length > 0 ? own : getServers()).join(', ')
  if (asked.length === 0) {
    const why =
      names.length > 0
        ? `all ${names.length} names are in network.hosts`
        : 'no names are known before a source has run; give one with --probe'
    return { name: 'dns', status: 'skip', seen: why, advice: null }
  }
  const resolver = openResolver(network)
  const times: number[] = []
  const reasons = new Map<string, number>()
  await Promise.all(
    asked.map(async (name) => {
      const began = performance.now()
      try {
        await resolver.resolve(name, DNS_MS)
        times.push(performance.now() - began)
      } catch (error) {
        const reason = reasonOf(error) ?? 'dns-failed'
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
        if (reason === 'dns-not-found') times.push(performance.now() - began)
      }
    }),
  )
  times.sort((a, b) => a - b)
  const median = times[Math.floor(times.length / 2)] ?? 0
  const missing = reasons.get('dns-not-found') ?? 0
  const failed = asked.length - times.length
  const why = [...reasons].sort(([a], [b]) => (a < b ? -1 : 1)).map(([reason, n]) => `, ${reason} ${n}`)
  return checked(
    'dns',
    `${times.length} of ${asked.length} names answered, median ${median.toFixed(0)} ms, slowest ${(times.at(-1) ?? 0).toFixed(0)} ms${why.join('')}; servers ${servers}`,
    times.length === 0 && [
      'fail',
      'no name server answers: check the network, or name others in network.dns.servers',
    ],
    missing === asked.length && [
      'fail',
      'the name servers know none of these names: do they know the public web?',
    ],
    failed > 0.05 * asked.length && [
      'warn',
      'name servers fail: pictures will be lost for that; use a caching resolver of your own (unbound, knot-resolver)',
    ],
    median > SLOW_LOOKUP_MS && ['warn', 'lookups are slow: use a caching resolver near this machine'],
  )
}

/** Reads from a URL that the user names, once: how fast the line is, and whether the clock is right. */
export async function probeChecks(
  network: Network,
  url: string | null,
  estimate: CostEstimate | null,
): Promise<Check[]> {
  if (url === null) {
    const seen = 'not measured: give --probe with the URL of a large file of your own'
    return [
      { name: 'bandwidth', status: 'skip', seen, advice: null },
      { name: 'clock', status: 'skip', seen: 'not compared: give --probe', advice: null },
    ]
  }
  const http = openHttp(network, { deadlines: { totalMs: PROBE_MS } })
  try {
    const began = performance.now()
    const { status, headers, body, firstByteMs } = await http.get(url, {
      maxBytes: PROBE_BYTES,
      oversize: 'cut',
    })
    const seconds = (performance.now() - began) / 1000
    const rate = body.length / seconds
    const needed = estimate && estimate.wall.seconds > 0 ? estimate.total.bytesIn / estimate.wall.seconds : 0
    const seen = `${mib(body.length)} in ${seconds.toFixed(2)} s, ${mib(rate)}/s, first byte after ${firstByteMs.toFixed(0)} ms, status ${status}`
    const bandwidth = checked(
      'bandwidth',
      needed > 0 ? `${seen}; the estimate needs ${mib(needed)}/s` : seen,
      status >= 400 && ['warn', 'the server refused: give another URL'],
      body.length < 2 ** 20 && ['warn', 'too little came to tell: give the URL of a larger file'],
      rate < needed && ['warn', 'the line will be full: expect timeouts, and set fewer --workers'],
    )
    return [bandwidth, clockCheck(headers.date)]
  } catch (error) {
    const failure = toPairloomError(error)
    return [
      checked('bandwidth', failure.message, [
        'fail',
        'check the URL, the network, and network.allow for an address of your own',
      ]),
      { name: 'clock', status: 'skip', seen: 'not compared', advice: null },
    ]
  } finally {
    await http.close()
  }
}

function clockCheck(date: string | undefined): Check {
  const then = Date.parse(date ?? '')
  if (Number.isNaN(then))
    return { name: 'clock', status: 'skip', seen: 'the server told no time', advice: null }
  const skew = Math.round((Date.now() - then) / 1000)
  const seen =
    Math.abs(skew) <= 1
      ? 'as the server has it'
      : `${Math.abs(skew)} s ${skew > 0 ? 'ahead of' : 'behind'} the server`
  return checked(
    'clock',
    seen,
    Math.abs(skew) > MAX_SKEW_SECONDS && ['warn', 'set the clock (NTP): certificates are judged by it'],
  )
}
