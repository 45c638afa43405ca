import { crc32, constants, deflateRawSync } from 'node:zlib'

export const BOMB_SIDE = 30_000 // px
const ROWS_A_BLOCK = 300
const ADLER_MODULUS = 65_521

let bomb: Buffer | undefined

/**
 * A valid PNG of 30,000 x 30,000 black pixels, 1 bit each, in about 110 kB; decoded to bytes it fills 900 MB.
 *
 * The deflate stream is one fully flushed block of 300 rows, repeated: no more than 1.2 MB is held.
 */
export function pixelBomb(): Buffer {
  bomb ??= makeBomb()
  return bomb
}

function makeBomb(): Buffer {
  const rowBytes = 1 + Math.ceil(BOMB_SIDE / 8) // filter type 0, then the bits
  const block = deflateRawSync(Buffer.alloc(rowBytes * ROWS_A_BLOCK), {
    level: 9,
    finishFlush: constants.Z_FULL_FLUSH,
  })
  const last = deflateRawSync(Buffer.alloc(0))
  // Adler-32 of n zero bytes: a stays 1, b counts them.
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(((rowBytes * BOMB_SIDE) % ADLER_MODULUS) * 65_536 + 1)
  const blocks = Array.from({ length: BOMB_SIDE / ROWS_A_BLOCK }, () => block)
  const header = Buffer.alloc(13)
  header.writeUInt32BE(BOMB_SIDE, 0)
  header.writeUInt32BE(BOMB_SIDE, 4)
  header.writeUInt8(1, 8) // bit depth; colour type 0 is grey, the rest stays 0
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', Buffer.concat([Buffer.from([0x78, 0xda]), ...blocks, last, checksum])),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}
