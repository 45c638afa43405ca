/** Bits of a band. */
const BAND = 16
/** With 16 bands of 16 bits, PDQ hashes up to 31 bits apart have a band in which they differ by one bit at most. */
export const MAX_PDQ_DISTANCE = 31

/**
 * Finds hashes within a Hamming distance, exactly: by the pigeonhole principle two hashes of that distance differ by at
 * most distance / bands bits in one of their bands of 16 bits (multi-index hashing, Norouzi et al. 2012, arXiv
 * 1307.2982), so only hashes that share such a band are compared whole.
 *
 * hashes: all of one length, a multiple of four hex digits. Gives their places in the list, in order.
 * Memory: 6 bytes a band of a hash, and 256 KiB a band.
 */
export function hashIndex(hashes: readonly string[], distance: number): (hash: string) => number[] {
  const bands = (hashes[0]?.length ?? 4) / 4
  const words = new Uint16Array(hashes.length * bands)
  hashes.forEach((hash, i) => words.set(bandsOf(hash, bands), i * bands))

  // Of each band, hashes sorted by their value in it: those of value v stand at starts[v] to starts[v + 1].
  const starts = Array.from({ length: bands }, () => new Uint32Array(2 ** BAND + 1))
  const places = Array.from({ length: bands }, () => new Uint32Array(hashes.length))
  for (let band = 0; band < bands; band++) {
    const start = starts[band]!
    for (let i = 0; i < hashes.length; i++) start[words[i * bands + band]! + 1]!++
    for (let value = 0; value < 2 ** BAND; value++) start[value + 1]! += start[value]!
    const next = start.slice()
    for (let i = 0; i < hashes.length; i++) places[band]![next[words[i * bands + band]!]!++] = i
  }
  const flips = flipsOf(Math.floor(distance / bands))

  return (hash) => {
    const asked = bandsOf(hash, bands)
    const found = new Set<number>()
    for (let band = 0; band < bands; band++) {
      for (const flip of flips) {
        const value = asked[band]! ^ flip
        for (let at = starts[band]![value]!; at < starts[band]![value + 1]!; at++) {
          const place = places[band]![at]!
          if (isWithin(words, place * bands, asked, distance)) found.add(place)
        }
      }
    }
    return [...found].sort((a, b) => a - b)
  }
}

/** What may differ within a band: every choice of that many bits at most. */
function flipsOf(bits: number, from = 0): number[] {
  if (bits === 0) return [0]
  const more = Array.from({ length: BAND - from }, (_, i) =>
    flipsOf(bits - 1, from + i + 1).map((flip) => flip | (1 << (from + i))),
  )
  return [0, ...more.flat()]
}

function bandsOf(hash: string, bands: number): Uint16Array {
  return Uint16Array.from({ length: bands }, (_, band) =>
    Number.parseInt(hash.slice(band * 4, band * 4 + 4), 16),
  )
}

function isWithin(words: Uint16Array, at: number, asked: Uint16Array, distance: number): boolean {
  let sum = 0
  for (let band = 0; band < asked.length && sum <= distance; band++)
    sum += ones(words[at + band]! ^ asked[band]!)
  return sum <= distance
}

function ones(word: number): number {
  let x = word - ((word >>> 1) & 0x5555)
  x = (x & 0x3333) + ((x >>> 2) & 0x3333)
  x = (x + (x >>> 4)) & 0x0f0f
  return (x + (x >>> 8)) & 0x1f
}
