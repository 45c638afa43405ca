import { sendStatus } from '../web.ts'
import { PICTURE } from './bytes.ts'
import { drip, flood, never, raw, rawEnd, type Troubles } from './trouble.ts'

const OK = 'HTTP/1.1 200 OK\r\n'
const BODY = `Content-Length: ${PICTURE.length}\r\n\r\n`

/** What is wrong before a body comes. */
export const HEAD_TROUBLES: Troubles = {
  'no-answer': { ends: 'failed.timeout-first-byte', answer: never },
  'slow-head': { ends: 'failed.timeout-first-byte', answer: drip(OK, 'X-Slow: loris\r\n', 50) },
  'half-status-line': { ends: 'failed.timeout-first-byte', answer: raw('HTTP/1.1 2') },
  'one-early-hint': {
    ends: 'failed.timeout-first-byte',
    answer: raw('HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n'),
  },
  'early-hints-without-end': {
    ends: 'failed.timeout-first-byte',
    answer: drip('', 'HTTP/1.1 103 Early Hints\r\n\r\n', 50),
  },
  'large-head': {
    ends: 'failed.bad-response',
    answer: raw(OK, `X-Large: ${'x'.repeat(200_000)}\r\n`, BODY, PICTURE),
  },
  'head-without-end': {
    ends: 'failed.bad-response',
    answer: flood(OK, Buffer.from('X-More: x\r\n'.repeat(100))),
  },
  'switching-protocols': {
    ends: 'failed.bad-response',
    answer: raw('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
  },
  'continue-unasked': { ends: 'failed.bad-response', answer: raw('HTTP/1.1 100 Continue\r\n\r\n') },
  'mail-server': { ends: 'failed.bad-response', answer: rawEnd('220 mail.test ESMTP\r\n') },
  'picture-without-head': { ends: 'failed.bad-response', answer: rawEnd(PICTURE) },
  'status-of-words': { ends: 'failed.bad-response', answer: rawEnd('HTTP/1.1 fine OK\r\n', BODY, PICTURE) },
  'status-of-four-digits': {
    ends: 'failed.bad-response',
    answer: rawEnd('HTTP/1.1 2000 OK\r\n', BODY, PICTURE),
  },
  'two-lengths': { ends: 'failed.bad-response', answer: rawEnd(OK, 'Content-Length: 5\r\n', BODY, PICTURE) },
  'negative-length': {
    ends: 'failed.bad-response',
    answer: rawEnd(OK, 'Content-Length: -1\r\n\r\n', PICTURE),
  },
  'length-and-chunks': {
    ends: 'failed.bad-response',
    answer: rawEnd(OK, 'Transfer-Encoding: chunked\r\n', BODY, PICTURE),
  },
  'header-without-colon': {
    ends: 'failed.bad-response',
    answer: rawEnd(OK, 'no colon here\r\n', BODY, PICTURE),
  },
  'closed-before-head': { ends: 'failed.connect-reset', answer: (request) => void request.socket.destroy() },
  'reset-before-head': {
    ends: 'failed.connect-reset',
    answer: (request) => void request.socket.resetAndDestroy(),
  },
  'closed-in-head': { ends: 'failed.connect-reset', answer: rawEnd(OK, 'Content-Type: image/j') },
  'closed-on-accept': { ends: 'failed.robots-unreachable', at: 'closing' },
  'nobody-listens': { ends: 'failed.connect-refused', at: 'nobody' },

  'status-999': { ends: 'failed.http-999', answer: sendStatus(999) },
  'status-204': { ends: 'failed.http-204', answer: rawEnd('HTTP/1.1 204 No Content\r\n\r\n') },
  'status-205': { ends: 'failed.http-205', answer: sendStatus(205) },
  'status-206': {
    ends: 'failed.http-206',
    answer: rawEnd('HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/9999\r\n', BODY, PICTURE),
  },
  'status-300': { ends: 'failed.http-300', answer: sendStatus(300, { location: '/other' }) },
  'status-304': { ends: 'failed.http-304', answer: rawEnd('HTTP/1.1 304 Not Modified\r\n\r\n') },
  'status-401': {
    ends: 'failed.http-401',
    answer: sendStatus(401, { 'www-authenticate': 'Basic realm="all"' }),
  },
  'status-404': { ends: 'failed.http-404', answer: sendStatus(404) },
  'status-404-with-endless-page': {
    ends: 'failed.http-404',
    answer: flood('HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n', Buffer.alloc(10_000, ' ')),
  },
  'status-404-with-stalled-page': {
    ends: 'failed.timeout-body',
    answer: raw('HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\nNot'),
  },
  'status-410': { ends: 'failed.http-410', answer: sendStatus(410) },
  'status-451': { ends: 'failed.http-451', answer: sendStatus(451) },
  'status-500': { ends: 'failed.http-500', answer: sendStatus(500) },
  'status-429-for-ever': { ends: 'failed.http-429', answer: sendStatus(429, { 'retry-after': '1' }) },
  'status-429-with-nonsense': { ends: 'failed.http-429', answer: sendStatus(429, { 'retry-after': 'soon' }) },
  'status-429-for-a-day': { ends: 'failed.http-429', answer: sendStatus(429, { 'retry-after': '86400' }) },
  'status-503-for-a-day': {
    ends: 'failed.http-503',
    answer: (request, response) => {
      const date = new Date(Date.now() + 86_400_000).toUTCString()
      return sendStatus(503, { 'retry-after': date })(request, response)
    },
  },
  'status-503-for-a-second': { ends: 'failed.http-503', answer: sendStatus(503, { 'retry-after': '1' }) },
  'x-robots-tag': {
    ends: 'dropped.x-robots-tag',
    answer: rawEnd(OK, 'X-Robots-Tag: googlebot: index\r\nX-ROBOTS-TAG: NoAI\r\n', BODY, PICTURE),
  },
}
