import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import type { Answer } from '../web.ts'
import { PICTURE } from './bytes.ts'
import type { Troubles } from './trouble.ts'

/** More than any test allows, and small once it is packed. */
const ZEROS = Buffer.alloc(64 * 2 ** 20)

/** Made before anybody asks: a server that packs while it should answer is late for all. */
function packed(encoding: string, bytes: () => Buffer): Answer {
  const made = bytes()
  const head = { 'content-type': 'image/jpeg', 'content-encoding': encoding, 'content-length': made.length }
  return (_request, response) => void response.writeHead(200, head).end(made)
}

/**
 * A frame whose window is 2^27 bytes, which a decoder must hold: RFC 9659 allows 8 MiB over HTTP.
 *
 * RFC 8878, 3.1.1: magic, no flags, window of exponent 17; one raw block, the last.
 */
function wideZstd(): Buffer {
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 17 << 3, 0, 0, 0])
  head.writeUIntLE((PICTURE.length << 3) | 1, 6, 3)
  return Buffer.concat([head, PICTURE])
}

/** What Content-Encoding says, and what comes out. */
export const ENCODING_TROUBLES: Troubles = {
  'gzip-bomb': { ends: 'dropped.too-many-bytes', answer: packed('gzip', () => gzipSync(ZEROS)) },
  'deflate-bomb': { ends: 'dropped.too-many-bytes', answer: packed('deflate', () => deflateSync(ZEROS)) },
  'brotli-bomb': {
    ends: 'dropped.too-many-bytes',
    answer: packed('br', () =>
      brotliCompressSync(ZEROS, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
    ),
  },
  'zstd-bomb': { ends: 'dropped.too-many-bytes', answer: packed('zstd', () => zstdCompressSync(ZEROS)) },
  'bomb-in-a-bomb': {
    ends: 'dropped.too-many-bytes',
    answer: packed('gzip, gzip', () => gzipSync(gzipSync(ZEROS))),
  },
  'many-members': {
    ends: 'dropped.too-many-bytes',
    answer: packed('gzip', () => {
      const member = gzipSync(Buffer.alloc(2 ** 20))
      return Buffer.concat(Array.from({ length: 64 }, () => member))
    }),
  },
  'three-encodings': {
    ends: 'failed.bad-encoding',
    answer: packed('gzip, gzip, gzip', () => gzipSync(gzipSync(gzipSync(PICTURE)))),
  },
  'gzip-that-is-none': { ends: 'failed.bad-encoding', answer: packed('gzip', () => PICTURE) },
  'brotli-that-is-gzip': { ends: 'failed.bad-encoding', answer: packed('br', () => gzipSync(PICTURE)) },
  'cut-gzip': {
    ends: 'failed.bad-encoding',
    answer: packed('gzip', () => gzipSync(PICTURE).subarray(0, 1000)),
  },
  'zstd-with-a-wide-window': { ends: 'failed.bad-encoding', answer: packed('zstd', wideZstd) },
  'unknown-encoding': { ends: 'failed.bad-encoding', answer: packed('lzma', () => PICTURE) },
  'encoding-of-the-prototype': { ends: 'failed.bad-encoding', answer: packed('__proto__', () => PICTURE) },
  'zstd-unasked': { ends: 'kept', answer: packed('zstd', () => zstdCompressSync(PICTURE)) },
  'gzip-twice': { ends: 'kept', answer: packed('gzip, gzip', () => gzipSync(gzipSync(PICTURE))) },
}
