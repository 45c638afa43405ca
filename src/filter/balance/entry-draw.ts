import { hash } from 'node:crypto'

/** 128 bits of a sha256, as four numbers of 32. */
export type Digest = Int32Array

export function digestOf(text: string): Digest {
  const bytes = hash('sha256', text, 'buffer')
  return Int32Array.from([0, 4, 8, 12], (at) => bytes.readInt32LE(at))
}

/**
 * A number in [0, 1) that depends on two digests alone, evenly spread and, over pairs of them, as if drawn: 48 bits.
 *
 * One sha256 a row and one an entry instead of one a pair: a row of ten entries costs a tenth. at: where the second begins.
 */
export function drawOf(row: Digest, entries: Int32Array, at: number): number {
  const a = mixed(row[0]! ^ entries[at]! ^ mixed(row[1]! ^ entries[at + 1]!))
  const b = mixed(row[2]! ^ entries[at + 2]! ^ mixed(row[3]! ^ entries[at + 3]! ^ a))
  return ((a >>> 0) * 2 ** 16 + (b >>> 16)) / 2 ** 48
}

/** The last steps of MurmurHash3, which let every bit decide about every other. */
function mixed(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
