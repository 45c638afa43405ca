import { PICTURE } from './bytes.ts'
import { drip, flood, raw, rawEnd, type Troubles } from './trouble.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n'
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`
const FRAME = Buffer.concat([
  Buffer.from(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${PICTURE.length}\r\n\r\n`),
  PICTURE,
  Buffer.from('\r\n'),
])
const MJPEG = 'HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n'

const chunk = (bytes: Buffer) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])

/** What is wrong with how a body comes. */
export const BODY_TROUBLES: Troubles = {
  'empty-body': { ends: 'failed.empty-body', answer: rawEnd(OK, 'Content-Length: 0\r\n\r\n') },
  'empty-chunks': { ends: 'failed.empty-body', answer: raw(CHUNKED, '0\r\n\r\n') },
  'stalled-body': {
    ends: 'failed.timeout-body',
    answer: raw(OK, `Content-Length: ${PICTURE.length}\r\n\r\n`, PICTURE.subarray(0, 100)),
  },
  'stalled-at-once': { ends: 'failed.timeout-body', answer: raw(OK, 'Content-Length: 5\r\n\r\n') },
  'chunks-without-end': { ends: 'failed.timeout-body', answer: raw(CHUNKED, chunk(PICTURE)) },
  'dripping-body': {
    ends: 'failed.timeout-body',
    answer: drip(`${OK}Content-Length: 100000\r\n\r\n`, Buffer.alloc(5), 50),
  },
  'dripping-chunks': {
    ends: 'failed.timeout-body',
    answer: drip(CHUNKED, chunk(Buffer.alloc(1)), 50),
  },
  // Each part keeps the smallest rate: only the deadline for all of it ends this.
  'never-quite-too-slow': { ends: 'failed.timeout-total', answer: drip(`${OK}\r\n`, Buffer.alloc(1000), 50) },
  'camera-stream': { ends: 'dropped.too-many-bytes', answer: flood(MJPEG, FRAME) },
  'camera-stream-at-its-pace': { ends: 'failed.timeout-total', answer: drip(MJPEG, FRAME, 500) },
  'endless-body': { ends: 'dropped.too-many-bytes', answer: flood(`${OK}\r\n`, Buffer.alloc(20_000)) },
  'endless-chunks': {
    ends: 'dropped.too-many-bytes',
    answer: flood(CHUNKED, Buffer.concat(Array.from({ length: 500 }, () => chunk(Buffer.alloc(16))))),
  },
  'announced-terabytes': {
    ends: 'dropped.too-many-bytes',
    answer: raw(OK, 'Content-Length: 9000000000000\r\n\r\n'),
  },
  'length-beyond-numbers': {
    ends: 'failed.bad-response',
    answer: raw(OK, `Content-Length: ${'9'.repeat(40)}\r\n\r\n`),
  },
  'length-too-long': {
    ends: 'failed.bad-length',
    answer: rawEnd(OK, `Content-Length: ${PICTURE.length + 1000}\r\n\r\n`, PICTURE),
  },
  'length-too-short': {
    ends: 'failed.image-truncated',
    answer: rawEnd(OK, `Content-Length: ${PICTURE.length >> 1}\r\nConnection: close\r\n\r\n`, PICTURE),
  },
  'reset-in-body': {
    ends: 'failed.bad-length',
    answer: ({ socket }) => {
      socket.write(`${OK}Content-Length: ${PICTURE.length}\r\n\r\n`)
      socket.write(PICTURE.subarray(0, 200), () => setTimeout(() => socket.resetAndDestroy(), 50))
    },
  },
  'closed-in-chunks': { ends: 'failed.connect-reset', answer: rawEnd(CHUNKED, chunk(PICTURE)) },
  'bad-chunk-size': { ends: 'failed.bad-response', answer: raw(CHUNKED, 'zz\r\nxx\r\n0\r\n\r\n') },
  'chunk-size-beyond-numbers': { ends: 'failed.bad-response', answer: raw(CHUNKED, `${'F'.repeat(20)}\r\n`) },
  'chunk-extension-without-end': {
    ends: 'failed.timeout-body',
    answer: flood(`${CHUNKED}5;`, Buffer.alloc(20_000, 'x')),
  },
  'trailers-without-end': {
    ends: 'failed.bad-response',
    answer: flood(`${CHUNKED}0\r\n`, Buffer.from('X-More: x\r\n'.repeat(100))),
  },
  // RFC 9112, 6.3: where chunked is not the last encoding, the body is all that comes.
  'chunked-by-another-name': {
    ends: 'failed.not-an-image',
    answer: rawEnd(OK, 'Transfer-Encoding: gzip, chunked, identity\r\n\r\n', chunk(PICTURE), '0\r\n\r\n'),
  },
}
