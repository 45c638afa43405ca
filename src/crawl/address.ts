import { BlockList, isIP } from 'node:net'

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
 * @throws RangeError where one of them is neither
 */
export function addressRule(allow: readonly string[]): AddressRule {
  const allowed = new BlockList()
  for (const range of allow) add(allowed, range)
  return {
    allows(address) {
      const family = isIP(address) === 4 ? 'ipv4' : isIP(address) === 6 ? 'ipv6' : null
      if (family === null) return false
      return allowed.check(address, family) || !refused.check(address, family)
    },
  }
}

const refused = new BlockList()
for (const range of [...REFUSED.ipv4, ...REFUSED.ipv6]) add(refused, range)

function add(list: BlockList, range: string): void {
  const [address = '', prefix] = range.split('/')
  const family = isIP(address) === 4 ? 'ipv4' : isIP(address) === 6 ? 'ipv6' : null
  const bits = prefix === undefined ? (family === 'ipv4' ? 32 : 128) : Number(prefix)
  if (family === null || !Number.isInteger(bits) || bits < 0 || bits > (family === 'ipv4' ? 32 : 128)) {
    throw new RangeError(`Expected an address or a CIDR range, got ${range}`)
  }
  list.addSubnet(address, bits, family)
}
