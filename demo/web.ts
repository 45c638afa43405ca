import { planDomains, planHosts } from './hosts.ts'
import type { Domain, Host } from './hosts.ts'
import { planSites } from './pages.ts'
import type { Site } from './pages.ts'
import { planPictures } from './pictures.ts'
import type { Picture } from './pictures.ts'
import { TROUBLE_NAMES } from './troubles.ts'
import type { TroubleName } from './troubles.ts'

/** What the whole demo shows: about 4,500 links. */
export const DEMO_PICTURES = 3200
const CUT_BELOW = 480

export interface WebOptions {
  seed?: number
  /** Picture addresses, good and troubled together; from 60 on every trouble has a place. */
  pictures?: number
  /** Which troubles to plant; all of them by default. */
  troubles?: readonly TroubleName[]
}

/** The whole demo web before anything is rendered: a pure function of its options. */
export interface Web {
  seed: number
  domains: readonly Domain[]
  hosts: readonly Host[]
  sites: readonly Site[]
  pictures: readonly Picture[]
}

/** Plans hosts, pictures, texts, pages and troubles; reads the names and code points of the packages on first use. */
export function planWeb({
  seed = 1,
  pictures = DEMO_PICTURES,
  troubles = TROUBLE_NAMES,
}: WebOptions = {}): Web {
  const isCut = pictures < CUT_BELOW
  const domains = planDomains(isCut)
  const hosts = planHosts(domains)
  const planned = planPictures(seed, pictures, troubles, domains, hosts)
  return {
    seed,
    domains,
    hosts,
    sites: planSites(seed, planned, troubles, domains, isCut),
    pictures: planned,
  }
}
