import { sendBytes, sendStatus, type Answer } from '../web.ts'
import { PICTURE } from './bytes.ts'
import { hostName, type Place, type Trouble, type Troubles } from './trouble.ts'

const picture = sendBytes('image/jpeg', PICTURE)

/** `/picture` leads there; every other address of the host has a picture. */
function to(ends: string, location: string | ((place: Place) => string)): Trouble {
  return {
    ends,
    answerAt: (place) => {
      const target = typeof location === 'string' ? location : location(place)
      return (request, response) =>
        (request.url === '/picture' ? sendStatus(302, { location: target }) : picture)(request, response)
    },
  }
}

const refused = 'dropped.address-refused'
const bad = 'failed.bad-redirect'
const forbidden = (host: string) => (place: Place) => `http://${host}:${place.forbiddenPort}/`

/** A chain of so many redirects with a picture at its end. */
const chain = (length: number): Answer => {
  return (request, response) => {
    const step = Number(/\d+$/.exec(request.url ?? '')?.[0] ?? 0)
    const answer = step < length ? sendStatus(302, { location: `/step/${step + 1}` }) : picture
    return answer(request, response)
  }
}

/** Where redirects lead that should not. */
export const REDIRECT_TROUBLES: Troubles = {
  'redirect-nowhere': { ends: bad, answer: sendStatus(302) },
  'redirect-to-itself': to('failed.redirect-loop', '/picture#again'),
  'redirect-in-a-circle': {
    ends: 'failed.redirect-loop',
    answer: (request, response) =>
      sendStatus(302, { location: request.url === '/picture' ? '/other' : '/picture' })(request, response),
  },
  'cookie-wall': {
    ends: 'failed.redirect-loop',
    answer: (request, response) =>
      (request.headers.cookie === undefined
        ? sendStatus(302, { location: '/picture', 'set-cookie': 'seen=1' })
        : picture)(request, response),
  },
  'six-redirects': { ends: 'failed.too-many-redirects', answer: chain(6) },
  'five-redirects': { ends: 'kept', answer: chain(5) },
  'redirect-to-a-long-url': to('kept', `/${'x'.repeat(10_000)}`),
  'redirect-to-metadata': to(refused, 'http://169.254.169.254/latest/meta-data/'),
  'redirect-to-metadata-v6': to(refused, 'http://[fd00:ec2::254]/latest/meta-data/'),
  'redirect-to-azure-wire': to(refused, 'http://168.63.129.16/machine'),
  'redirect-to-v6-loopback': to(refused, forbidden('[::1]')),
  'redirect-to-loopback': to(refused, forbidden('127.0.0.1')),
  'redirect-to-short-hex': to(refused, forbidden('0x7f.1')),
  'redirect-to-a-number': to(refused, forbidden('2130706433')),
  'redirect-to-octal': to(refused, forbidden('017700000001')),
  'redirect-to-short-form': to(refused, forbidden('127.1')),
  'redirect-to-percent-digits': to(refused, forbidden('%31%32%37.0.0.1')),
  'redirect-to-zero': to(refused, forbidden('0')),
  'redirect-to-mapped': to(refused, forbidden('[::ffff:127.0.0.1]')),
  'redirect-to-mapped-hex': to(refused, forbidden('[::ffff:7f00:1]')),
  'redirect-to-compatible': to(refused, forbidden('[::7f00:1]')),
  'redirect-to-nat64': to(refused, forbidden('[64:ff9b::7f00:1]')),
  'redirect-to-6to4': to(refused, forbidden('[2002:7f00:1::]')),
  'redirect-to-unique-local': to(refused, 'http://[fd12::1]/'),
  'redirect-to-link-local': to(refused, 'http://[fe80::1]/'),
  'redirect-to-private-a': to(refused, 'http://10.0.0.1/'),
  'redirect-to-private-b': to(refused, 'http://172.31.255.255/'),
  'redirect-to-private-c': to(refused, 'http://192.168.1.1/'),
  'redirect-to-cgnat': to(refused, 'http://100.64.0.1/'),
  'redirect-to-multicast': to(refused, 'http://224.0.0.251/'),
  'redirect-to-broadcast': to(refused, 'http://255.255.255.255/'),
  'redirect-to-file': to(bad, 'file:///etc/passwd'),
  'redirect-to-unix': to(bad, (place) => `unix:${place.forbiddenSocket}`),
  'redirect-to-http-unix': to(bad, (place) => `http+unix://${encodeURIComponent(place.forbiddenSocket)}/`),
  'redirect-to-ftp': to(bad, 'ftp://ftp.test/picture.jpg'),
  'redirect-to-gopher': to(bad, (place) => `gopher://127.0.0.1:${place.forbiddenPort}/_QUIT`),
  'redirect-to-data': to(bad, `data:image/jpeg;base64,${PICTURE.toString('base64').slice(0, 1000)}`),
  'redirect-to-script': to(bad, 'javascript:alert(1)'),
  'redirect-to-no-url': to(bad, 'http://['),
  'redirect-with-credentials': to(bad, (place) => `http://user:secret@${place.host}/other`),
  'redirect-with-user': to(bad, (place) => `//user@${place.host}/other`),
  'redirect-into-closed-host': to('dropped.robots', (place) => `http://${place.closedHost}/picture`),
  'redirect-with-line-ends': {
    ends: 'failed.bad-response',
    answer: ({ socket }) =>
      void socket.end('HTTP/1.1 302 Found\r\nLocation: /other\r X-Smuggled: 1\r\nContent-Length: 0\r\n\r\n'),
  },
  'redirect-to-another-host-of-its-own': {
    ends: 'kept',
    answer: (request, response) =>
      (request.url === '/picture'
        ? sendStatus(307, { location: `//${hostName(request).toUpperCase()}/moved` })
        : picture)(request, response),
  },
}
