import { gzipSync } from 'node:zlib'
import { sendBytes, sendStatus, type Answer } from '../web.ts'
import { PICTURE } from './bytes.ts'
import { drip, flood, never, rawEnd, type Troubles } from './trouble.ts'

const answer = sendBytes('image/jpeg', PICTURE)
const unreachable = 'failed.robots-unreachable'
const text = (body: string | Buffer) => sendBytes('text/plain', body)
const OK = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n'
const BOMB = gzipSync(Buffer.alloc(2 ** 24))
const bomb: Answer = (_request, response) =>
  void response.writeHead(200, { 'content-encoding': 'gzip' }).end(BOMB)
const SECRET = 'User-agent: *\nDisallow: /\n'

/** What is wrong with the robots.txt of a host; its pictures are good. */
export const ROBOTS_TROUBLES: Troubles = {
  'robots-closed': { ends: 'dropped.robots', robots: text(SECRET), answer },
  'robots-500': { ends: unreachable, robots: sendStatus(500), answer },
  'robots-503-for-a-day': { ends: unreachable, robots: sendStatus(503, { 'retry-after': '86400' }), answer },
  'robots-429': { ends: unreachable, robots: sendStatus(429), answer },
  'robots-without-answer': { ends: unreachable, robots: never, answer },
  'robots-stalled': { ends: unreachable, robots: drip(OK, '', 1000), answer },
  'robots-in-a-circle': { ends: unreachable, robots: sendStatus(302, { location: '/robots.txt' }), answer },
  'robots-at-metadata': {
    ends: unreachable,
    robots: sendStatus(302, { location: 'http://169.254.169.254/robots.txt' }),
    answer,
  },
  'robots-in-a-file': {
    ends: unreachable,
    robots: sendStatus(302, { location: 'file:///etc/passwd' }),
    answer,
  },
  'robots-with-credentials': {
    ends: unreachable,
    robots: sendStatus(302, { location: 'http://user:secret@robots-with-credentials.test/' }),
    answer,
  },
  'robots-reset': { ends: unreachable, robots: (request) => void request.socket.destroy(), answer },
  'robots-no-http': { ends: unreachable, robots: rawEnd('220 mail.test ESMTP\r\n'), answer },
  'robots-gzip-bomb': {
    ends: unreachable,
    robots: bomb,
    answer,
  },
  // RFC 9309, 2.5: a parser may stop at 500 KiB, and what stands there holds.
  'robots-endless': { ends: 'kept', robots: flood(OK, Buffer.from('# nothing\n'.repeat(1000))), answer },
  'robots-endless-line': { ends: 'kept', robots: flood(OK, Buffer.alloc(10_000, 'x')), answer },
  'robots-too-long': {
    ends: 'kept',
    robots: text(`${'# nothing\n'.repeat(60_000)}${SECRET}`),
    answer,
  },
  'robots-long': { ends: 'dropped.robots', robots: text(`${SECRET}${'# nothing\n'.repeat(60_000)}`), answer },
  'robots-403': { ends: 'kept', robots: sendStatus(403), answer },
  'robots-204': { ends: 'kept', robots: rawEnd('HTTP/1.1 204 No Content\r\n\r\n'), answer },
  'robots-page': {
    ends: 'kept',
    robots: sendBytes('text/html', '<!doctype html><title>Home</title>'),
    answer,
  },
  'robots-of-bytes': { ends: 'kept', robots: text(Buffer.alloc(1000, 0xfe)), answer },
  'robots-delay-of-a-day': { ends: 'kept', robots: text('User-agent: *\nCrawl-delay: 86400\n'), answer },
}

/** What is wrong with the ai.txt and the tdmrep.json of a host: what cannot be read says nothing at level standard. */
export const CONSENT_TROUBLES: Troubles = {
  'consent-500': { ends: 'kept', consent: sendStatus(500), answer },
  'consent-without-answer': { ends: 'kept', consent: never, answer },
  'consent-endless': { ends: 'kept', consent: flood(OK, Buffer.from('# nothing\n'.repeat(1000))), answer },
  'consent-in-a-circle': { ends: 'kept', consent: sendStatus(302, { location: '/ai.txt' }), answer },
  'consent-at-metadata': {
    ends: 'kept',
    consent: sendStatus(302, { location: 'http://169.254.169.254/ai.txt' }),
    answer,
  },
  'consent-in-a-file': { ends: 'kept', consent: sendStatus(302, { location: 'file:///etc/passwd' }), answer },
  'consent-of-a-bomb': {
    ends: 'kept',
    consent: bomb,
    answer,
  },
  'consent-refused-by-ai-txt': { ends: 'dropped.ai-txt', consent: text(SECRET), answer },
}

/**
 * What is wrong with TLS. A host that gives no robots.txt for no better reason than a lost connection is `unreachable`. The names of the first three decide their certificates: `tls.ts`.
 */
export const TLS_TROUBLES: Troubles = {
  expired: { ends: 'failed.tls', at: 'tls', answer },
  'wrong-name': { ends: 'failed.tls', at: 'tls', answer },
  'self-signed': { ends: 'failed.tls', at: 'tls', answer },
  stalled: { ends: 'failed.timeout-tls', at: 'tls', answer },
  'plain-http-on-the-tls-port': {
    ends: 'failed.tls',
    at: 'http',
    url: ({ host }) => `https://${host}/picture`,
    answer,
  },
  'tls-on-the-plain-port': {
    ends: unreachable,
    at: 'tls',
    url: ({ host }) => `http://${host}/picture`,
    answer,
  },
  'tls-closed-on-accept': {
    ends: unreachable,
    at: 'closing',
    url: ({ host }) => `https://${host}/picture`,
  },
  'good-tls': { ends: 'kept', at: 'tls', domain: 'secure.test', answer },
}
