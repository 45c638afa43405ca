import type { Cause } from '../../crawl/failure-cause.ts'
import type { CauseHealth, FetchHealth } from './fetch-health.ts'

export interface Finding {
  cause: Cause
  /** What the rows show, and what it mostly means. */
  seen: string
  /** What to do about it, or that there is nothing to do. */
  advice: string
}

/** A cause that took less is not spoken of. */
const SPOKEN_SHARE = 0.02

/**
 * Says in words why pictures did not come and what to do, the largest cause first.
 *
 * What others got: 86-94 % of fresh lists (datacomp issues 3 and 39), 70 % of CC3M (img2dataset issue 391), 50-60 % of
 * GRIT (hycoclip issue 3), and 0.5-14 % where name servers or a proxy failed (img2dataset issues 400 and 430, datacomp
 * issue 39).
 */
export function diagnose({ rows, causes }: FetchHealth): Finding[] {
  return causes
    .filter((c) => c.rows >= SPOKEN_SHARE * rows)
    .map((health) => ({ cause: health.cause, ...WORDS[health.cause](health, health.rows / rows) }))
}

/** How a share of success compares with what others got. */
export function judgeSuccess({ rows, kept }: Pick<FetchHealth, 'rows' | 'kept'>): string {
  if (rows === 0) return 'as none was asked for yet'
  const share = kept / rows
  if (share >= 0.86) return 'as good as fresh lists get (86-94 %)'
  if (share >= 0.5) return 'usual for lists of some years (50-70 %), low for a fresh one (86-94 %)'
  if (share >= 0.15) return 'less than old lists give (50-70 %): see the largest cause'
  return 'so few come where name servers or a proxy fail (0.5-14 %), or one site refuses'
}

type Words = (health: CauseHealth, share: number) => Omit<Finding, 'cause'>

const WORDS: Record<Cause, Words> = {
  dns(health) {
    const first = most(health)
    if (first === 'dns-not-found') {
      return {
        seen: 'name servers answer, and do not know these names: sites that have ended, or a name server that knows no public names',
        advice:
          'nothing, where pairloom doctor resolves names that live; else use name servers that know the web',
      }
    }
    if (first === 'address-refused') {
      return {
        seen: 'these names lead to addresses of no public site: a name server that filters answers so, and so do traps',
        advice:
          'use a name server that does not filter; a site of your own network is named in network.allow',
      }
    }
    return {
      seen: 'name servers failed or were too slow: they are overloaded, or limit how much they are asked',
      advice:
        'run pairloom doctor, which times them; use a caching resolver of your own (unbound, knot-resolver), fewer --workers or a smaller concurrency; then run with --retry dns,given-up,robots-unreachable',
    }
  },
  tls: (_health, share) => ({
    seen: 'no secure connection came about: certificates that are not valid here',
    advice:
      share > 0.1
        ? 'so many are rarely the sites: check the clock of this machine, and whether a proxy re-signs TLS (give its certificate by NODE_EXTRA_CA_CERTS)'
        : 'nothing: those sites have broken certificates',
  }),
  timeout(health) {
    const first = most(health)
    if (first === 'timeout-connect') {
      return {
        seen: 'hosts did not answer at all: they are gone, drop our packets, or too many connections are opened at once',
        advice:
          'compare with a smaller concurrency, as routers lose track of too many connections; then run with --retry timeout,given-up',
      }
    }
    return {
      seen: 'hosts connected and then were too slow: they are overloaded, or our line is full',
      advice:
        'measure the line with pairloom doctor --probe URL; where it is full, a smaller concurrency or fewer --workers; else raise firstByteMs and totalMs; then run with --retry timeout,given-up',
    }
  },
  blocked: (health) => ({
    seen:
      most(health) === 'http-429'
        ? 'sites ask for fewer requests'
        : 'sites refuse: by login, by country, or because they do not want unknown robots',
    advice: `${
      most(health) === 'http-429' ? 'set a smaller perHost' : 'give network.contact, which some sites ask for'
    }; an honest User-Agent gets more than that of a browser, which is no way out${atFew(health)}`,
  }),
  gone: () => ({
    seen: 'sites that live say that these pictures are no more, or nothing serves there any more: links rot',
    advice: 'nothing: fetch lists soon after they are made, and newer ones',
  }),
  'opt-out': (health) => ({
    seen: 'owners do not want these pictures used: robots.txt, headers, lists',
    advice: `nothing: it is obeyed${atFew(health)}`,
  }),
  'not-an-image': (health) => ({
    seen: 'something else came than a whole picture of a known format: mostly pages that say that it is gone',
    advice: `look at a few in report.html, and drop sites that give only these before the fetch${atFew(health)}`,
  }),
  other(health) {
    const first = most(health)
    if (first.startsWith('http-5'))
      return {
        seen: 'servers had troubles of their own',
        advice: `run later with --retry 5xx,given-up,robots-unreachable${atFew(health)}`,
      }
    return {
      seen: `mostly ${first}, which belongs to no group`,
      advice: 'pairloom explain URL shows the evidence of one row; report.html those of some',
    }
  },
}

function most({ reasons }: CauseHealth): string {
  return reasons[0]?.reason ?? ''
}

/** Names the hosts where three or fewer hold most of the rows: then it is their matter, not ours. */
function atFew({ hosts, rows }: CauseHealth): string {
  const few = hosts.slice(0, 3)
  const held = few.reduce((sum, h) => sum + h.rows, 0)
  return rows >= 10 && held > rows / 2 ? `; most are at ${few.map((h) => h.host).join(', ')}` : ''
}
