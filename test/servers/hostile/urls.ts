import type { Place, Trouble, Troubles } from './trouble.ts'

const at = (ends: string, url: string | ((place: Place) => string)): Trouble => ({
  ends,
  url: typeof url === 'string' ? () => url : url,
})
const refused = 'dropped.address-refused'
const bad = 'dropped.bad-url'
const forbidden =
  (host: string, scheme = 'http') =>
  (place: Place) =>
    `${scheme}://${host}:${place.forbiddenPort}/${place.host}`

/** Addresses that a list holds and nobody should ask for. */
export const URL_TROUBLES: Troubles = {
  'url-of-metadata': at(refused, ({ host }) => `http://169.254.169.254/${host}`),
  'url-of-loopback': at(refused, forbidden('127.0.0.1')),
  'url-of-loopback-tls': at(refused, forbidden('127.0.0.1', 'https')),
  'url-of-v6-loopback': at(refused, forbidden('[::1]')),
  'url-of-short-hex': at(refused, forbidden('0x7f.1')),
  'url-of-mapped': at(refused, forbidden('[::ffff:127.0.0.1]')),
  'url-of-localhost': at(refused, forbidden('localhost')),
  'url-of-cgnat': at(refused, ({ host }) => `http://100.127.255.254/${host}`),
  'url-of-nat64': at(refused, ({ host }) => `http://[64:ff9b::a00:1]/${host}`),
  'url-of-file': at(bad, 'file:///etc/passwd'),
  'url-of-unix': at(bad, (place) => `unix:${place.forbiddenSocket}`),
  'url-of-ftp': at(bad, ({ host }) => `ftp://${host}/picture`),
  'url-of-data': at(bad, 'data:image/gif;base64,R0lGODlhAQABAAAAACw='),
  'url-with-credentials': at(bad, ({ host }) => `http://user:secret@${host}/picture`),
  'url-of-10000': at(bad, ({ host }) => `http://${host}/${'x'.repeat(10_000)}`),
  'url-of-nothing': at(bad, 'no url'),
}
