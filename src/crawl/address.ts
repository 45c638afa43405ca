import { BlockList, isIP } from 'node:net'
import { PairloomError } from '../core/error.ts'

/**
 * Ranges that a public web site cannot have (IANA special-purpose registries, RFC 6890 and its updates), and the one
 * cloud metadata address outside them (Azure's wire server).
 */
const REFUSED = {
  ipv4: [
    '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '168.63.129.16/32', '169.254.0.0/16', '172.16.0.0/12',
    '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24',
    '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
  ],
  // Only 2000::/3 is the public internet; of that, ranges that carry or translate IPv4 could smuggle a private address.
  ipv6: ['::/3', '4000::/2', '8000::/1', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'],
} as const // prettier-ignore

export interface AddressRule {
  /** Whether a crawl may connect to the address (an IPv4 or IPv6 literal without brackets or zone). */
  allows(address: string): boolean
}

/**
 * Refuses private, loopback, link-local, CGNAT, metadata, multicast, IPv4-mapped, NAT64 and 6to4 addresses, but for
 * those that `allow` names.
 *
 * allow: addresses and CIDR ranges, such as `127.0.0.1` or `10.1.0.0/16`.
 * @throws PairloomError `PL_CONFIG` where one of them is neither
 */
export function addressRule(allow: readonly string[]): AddressRule {
  const allowed = rangeSet(allow)
  return {
    allows: (address) => isIP(address) !== 0 && (allowed(address) || !refused(address)),
  }
}

const refused = rangeSet([...REFUSED.ipv4, ...REFUSED.ipv6])

/**
 * Whether an address lies in one of the ranges of its own family. One list for both would not do: Node's BlockList
 * takes an IPv4 address for its IPv4-mapped IPv6 one, and the other way round.
 */
function rangeSet(ranges: readonly string[]): (address: string) => boolean {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() }
  for (const range of ranges) {
    const parsed = parseRange(range)
    if (parsed === null)
      throw new PairloomError('PL_CONFIG', `network.allow: expected an address or a CIDR range, got ${range}`)
    const { address, bits, family } = parsed
    lists[family].addSubnet(address, bits, family)
  }
  return (address) => lists[familyOf(address)].check(address, familyOf(address))
}

interface Range {
  address: string
  /** Leading bits that count. */
  bits: number
  family: 'ipv4' | 'ipv6'
}

/** `127.0.0.1`, `10.1.0.0/16`, `::1` or `fd00::/8`; null where it is none of these. */
export function parseRange(text: string): Range | null {
  const [address = '', prefix, ...more] = text.split('/')
  const family = familyOf(address)
  const most = family === 'ipv4' ? 32 : 128
  const bits = prefix === undefined ? most : /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN
  if (isIP(address) === 0 || address.includes('%') || !(bits <= most) || more.length > 0) return null
  return { address, bits, family }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6'
}
