import { z } from 'zod'
import { defineSource, hash128, LINK_COLUMNS, type Row } from '../src/index.ts'

const BATCH_ROWS = 1000
const PARTITION_ROWS = 50_000
/** Of ten rows, the place of the one whose picture is nearly that of the first. */
const COPY = 9

const options = z.strictObject({ rows: z.int().min(1).default(2_000_000).describe('rows in all') })

/**
 * Rows with hashes and thumbs of pictures that never were, one in ten nearly that of another row: 0 to 6 bits of its hash
 * are turned, and each level of its thumb is moved a little. Each row is a function of its number.
 */
export const pictures = defineSource({
  name: 'bench/pictures',
  version: 1,
  summary: 'Hashes and thumbs by the number of the row, one in ten nearly that of another',
  options,
  columns: {
    ...LINK_COLUMNS,
    phash: { type: 'utf8', doc: 'hash of no picture' },
    thumb16: { type: 'binary', distinct: true, doc: 'thumb of no picture' },
    original_width: { type: 'int32', doc: 'px' },
    original_height: { type: 'int32', doc: 'px' },
  },
  partitions: ({ rows }) =>
    Array.from({ length: Math.ceil(rows / PARTITION_ROWS) }, (_, i) => ({
      first: i * PARTITION_ROWS,
      last: Math.min(rows, (i + 1) * PARTITION_ROWS),
    })),
  async *read({ first, last }) {
    for (let i = first as number; i < (last as number); i += BATCH_ROWS) {
      const length = Math.min(BATCH_ROWS, (last as number) - i)
      yield await Promise.resolve(Array.from({ length }, (_, j) => row(i + j)))
    }
  },
})

function row(number: number): Row {
  const uid = hash128(`row ${number}`)
  const isCopy = number % 10 === COPY
  const picture = hash128(`picture ${isCopy ? number - COPY : number}`)
  const url = `https://images.site${number % 5000}.test/${number}.jpg`
  return {
    uid,
    image_id: uid,
    url,
    site: `site${number % 5000}.test`,
    texts: [{ kind: 'alt', text: `picture ${number}`, language: null, score: null, page: null }],
    caption: 0,
    merged_uids: [],
    phash: isCopy ? turned(picture.slice(0, 16), uid) : picture.slice(0, 16),
    thumb16: thumbOf(Buffer.from(picture, 'hex'), isCopy ? 1 + (number % 7) : 0),
    original_width: isCopy ? 256 : 512,
    original_height: 384,
  }
}

/** Six bits named by the uid are turned; one that is named twice is not. */
function turned(hash: string, uid: string): string {
  let value = BigInt(`0x${hash}`)
  for (let i = 0; i < 6; i++) value ^= 1n << (BigInt(Number.parseInt(uid.slice(2 * i, 2 * i + 2), 16)) & 63n)
  return value.toString(16).padStart(16, '0')
}

/** Four fields of one colour each. */
function thumbOf(seed: Buffer, shift: number): Uint8Array {
  const thumb = new Uint8Array(768)
  for (let part = 0, at = 0; part < 256; part++) {
    const field = (part % 16 < 8 ? 0 : 1) + (part < 128 ? 0 : 2)
    for (let channel = 0; channel < 3; channel++) thumb[at++] = (seed[3 * field + channel]! >>> 1) + shift
  }
  return thumb
}
