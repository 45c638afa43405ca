import { sendBytes } from '../web.ts'
import { PICTURE } from './bytes.ts'
import type { DnsAnswer } from '../dns.ts'
import { WEB_ADDRESS, type Trouble, type Troubles } from './trouble.ts'

/** A host that only the name server knows; its port is that of the web, and that where nobody may come. */
const named = (ends: string, dns: DnsAnswer): Trouble => ({
  ends,
  dns,
  answer: sendBytes('image/jpeg', PICTURE),
  url: ({ host, forbiddenPort }) => `http://${host}:${forbiddenPort}/picture`,
})
const refused = 'dropped.address-refused'

/** What a name server says that it should not. */
export const NAME_TROUBLES: Troubles = {
  'name-unknown': named('failed.dns-not-found', 'nxdomain'),
  'name-without-address': named('failed.dns-not-found', {}),
  'name-server-fails': named('failed.dns-failed', 'servfail'),
  'name-server-refuses': named('failed.dns-failed', 'refused'),
  'name-server-silent': named('failed.timeout-dns', 'silent'),
  'name-of-loopback': named(refused, { a: ['127.0.0.1'] }),
  'name-of-metadata': named(refused, { a: ['169.254.169.254'] }),
  'name-of-private': named(refused, { a: ['10.0.0.1'] }),
  'name-of-cgnat': named(refused, { a: ['100.64.0.1'] }),
  'name-of-zero': named(refused, { a: ['0.0.0.0'] }),
  'name-of-v6-loopback': named(refused, { aaaa: ['::1'] }),
  'name-of-mapped': named(refused, { aaaa: ['::ffff:127.0.0.1'] }),
  'name-of-nat64': named(refused, { aaaa: ['64:ff9b::7f00:1'] }),
  'name-of-unique-local': named(refused, { aaaa: ['fd00:ec2::254'] }),
  'name-of-public-and-private': named(refused, { a: [WEB_ADDRESS, '127.0.0.1'] }),
  'alias-of-loopback': named(refused, { cname: 'loopback.test' }),
  // What was checked is what is connected to: the second answer is never asked for, or it is refused.
  'name-that-rebinds': named('kept', [
    { a: [WEB_ADDRESS], ttl: 0 },
    { a: ['127.0.0.1'], ttl: 0 },
  ]),
  'name-that-comes-late': named('kept', { a: [WEB_ADDRESS], delayMs: 100 }),
  'alias-of-the-web': named('kept', { cname: 'web.test' }),
}
