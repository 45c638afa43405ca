/** Bits of a hash, of one of its bands, and the number of bands. */
const BITS = 256
const BAND = 16
const BANDS = BITS / BAND
/** With 16 bands, hashes up to 31 bits apart have a band in which they differ by one bit at most. */
export const MAX_DISTANCE = 31

/**
 * Finds PDQ hashes within a Hamming distance, exactly: by the pigeonhole principle two hashes of that distance differ by
 * at most distance / 16 bits in one of 16 bands (multi-index hashing, Norouzi et al. 2012, arXiv 1307.2982), so only
 * hashes that share such a band are compared whole.
 *
 * hashes: 64 hex digits each. Memory: 96 bytes a hash, and 4 MiB.
 */
export function pdqIndex(hashes: readonly string[], distance: number): (hash: string) => string | null {
  const words = new Uint16Array(hashes.length * BANDS)
  hashes.forEach((hash, i) => words.set(bandsOf(hash), i * BANDS))

  // Of each band, hashes sorted by their value in it: those of value v stand at starts[v] to starts[v + 1].
  const starts = Array.from({ length: BANDS }, () => new Uint32Array(2 ** BAND + 1))
  const places = Array.from({ length: BANDS }, () => new Uint32Array(hashes.length))
  for (let band = 0; band < BANDS; band++) {
    const start = starts[band]!
    for (let i = 0; i < hashes.length; i++) start[words[i * BANDS + band]! + 1]!++
    for (let value = 0; value < 2 ** BAND; value++) start[value + 1]! += start[value]!
    const next = start.slice()
    for (let i = 0; i < hashes.length; i++) places[band]![next[words[i * BANDS + band]!]!++] = i
  }
  // What may differ within a band: nothing, or one bit.
  const flips = distance < BANDS ? [0] : [0, ...Array.from({ length: BAND }, (_, bit) => 1 << bit)]

  return (hash) => {
    const asked = bandsOf(hash)
    for (let band = 0; band < BANDS; band++) {
      for (const flip of flips) {
        const value = asked[band]! ^ flip
        for (let at = starts[band]![value]!; at < starts[band]![value + 1]!; at++) {
          const found = places[band]![at]!
          if (isWithin(words, found * BANDS, asked, distance)) return hashes[found]!
        }
      }
    }
    return null
  }
}

function bandsOf(hash: string): Uint16Array {
  return Uint16Array.from({ length: BANDS }, (_, band) =>
    Number.parseInt(hash.slice(band * 4, band * 4 + 4), 16),
  )
}

function isWithin(words: Uint16Array, at: number, asked: Uint16Array, distance: number): boolean {
  let sum = 0
  for (let band = 0; band < BANDS && sum <= distance; band++) sum += ones(words[at + band]! ^ asked[band]!)
  return sum <= distance
}

function ones(word: number): number {
  let x = word - ((word >>> 1) & 0x5555)
  x = (x & 0x3333) + ((x >>> 2) & 0x3333)
  x = (x + (x >>> 4)) & 0x0f0f
  return (x + (x >>> 8)) & 0x1f
}
