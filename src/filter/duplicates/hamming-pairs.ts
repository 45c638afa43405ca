import { hashOf, ones, type HashSet } from './hash-set.ts'

/** Bands that a pair shares at least, beyond which a bucket is not parted further. */
const DEPTH = 4
/** Entries up to which comparing all pairs of a bucket costs less than parting it. */
const SMALL = 32

export interface PairOptions {
  /** Bits in which two hashes of a pair may differ. */
  radius: number
  /** Also finds hashes near the mirror image of another. */
  mirror: boolean
  /** Entries with which each one of a bucket is compared at most, and pairs in which a hash stands at most. */
  bucket: number
}

/** Pairs of hashes, by their numbers: a < b but for a hash that its own mirror image is near to, which is none. */
export interface HashPairs {
  a: Uint32Array
  b: Uint32Array
  size: number
  /** Comparisons that were made. */
  compared: number
  /** Hashes around which pairs were left out, and how many comparisons or pairs that were. */
  hot: Map<string, number>
}

/**
 * All pairs of hashes within a Hamming radius, each once, or twice where the mirror image is as near.
 *
 * Multi-index hashing (Norouzi et al. 2012, arXiv 1307.2982) with several bands at once, as C. Manku et al. 2007 take
 * simhashes: of m bands a pair within r bits shares m - r at least. Hashes are parted by one band, each part by a later
 * one and so on, until a part is small: its pairs are compared. A pair belongs to the part of the first bands that it
 * shares, so it is found once. Parts grow smaller with every band, so that comparisons of a hash stay about as many
 * however many hashes there are.
 *
 * What is found depends on the set of hashes alone. Memory: 8 bytes an entry (a hash, or its mirror image), 8 bytes a
 * pair, and the largest part of the first band.
 */
export function hammingPairs(hashes: HashSet, { radius, mirror, bucket }: PairOptions): HashPairs {
  const { words, width, size } = hashes
  const bands = bandsOf(width, radius)
  const pairs = { a: new Uint32Array(1024), b: new Uint32Array(1024), size: 0 }
  const degrees = new Uint16Array(size)
  const hot = new Map<string, number>()
  let compared = 0
  const entries = mirror ? 2 * size : size

  // One part of the first band: entries (from `size` on mirror images) and their words, so that the rest is near by.
  let part = new Uint32Array(0)
  let near = new Uint32Array(0)
  const orders = Array.from({ length: DEPTH + 1 }, () => new Uint32Array(0))
  const values = Math.max(...bands.map(({ mask }) => mask + 1))
  const tables = Array.from({ length: DEPTH + 1 }, () => new Uint32Array(values + 1))
  const chosen = new Int32Array(DEPTH + 1)

  function load(order: Uint32Array, from: number, to: number): void {
    const count = to - from
    if (part.length < count) {
      const room = Math.ceil(count * 1.25)
      part = new Uint32Array(room)
      near = new Uint32Array(room * width)
      for (let depth = 1; depth <= DEPTH; depth++) orders[depth] = new Uint32Array(room)
    }
    const first = orders[1]!
    for (let i = 0; i < count; i++) {
      const entry = order[from + i]!
      part[i] = entry
      first[i] = i
      const isMirror = entry >= size
      const at = (isMirror ? entry - size : entry) * width
      for (let w = 0; w < width; w++)
        near[i * width + w] = isMirror ? words[at + w]! ^ hashes.mirror : words[at + w]!
    }
  }

  /** Pairs of `orders[depth]` from..to, which share the first `depth` chosen bands. Mirror images come last in it. */
  function split(depth: number, from: number, to: number): void {
    const order = orders[depth]!
    if (part[order[from]!]! >= size) return // Mirror images alone.
    if (to - from <= SMALL || depth === DEPTH) return compare(depth, from, to)
    const next = orders[depth + 1]!
    const table = tables[depth + 1]!
    for (let band = chosen[depth]! + 1; band <= radius + depth; band++) {
      const { word, shift, mask } = bands[band]!
      table.fill(0)
      for (let i = from; i < to; i++) table[((near[order[i]! * width + word]! >>> shift) & mask) + 1]!++
      for (let value = 0; value <= mask; value++) table[value + 1]! += table[value]!
      for (let i = from; i < to; i++) {
        const local = order[i]!
        next[table[(near[local * width + word]! >>> shift) & mask]!++] = local
      }
      chosen[depth + 1] = band
      // Each start has moved to the end of its value.
      for (let value = 0, begin = 0; value <= mask; begin = table[value++]!) {
        if (table[value]! - begin > 1) split(depth + 1, begin, table[value]!)
      }
    }
  }

  function compare(depth: number, from: number, to: number): void {
    const order = orders[depth]!
    for (let i = from; i < to; i++) {
      const x = order[i]!
      const a = part[x]!
      if (a >= size) return
      const last = Math.min(to, i + 1 + bucket)
      if (last < to) addHot(a, to - last)
      compared += last - i - 1
      for (let j = i + 1; j < last; j++) {
        const y = order[j]!
        let distance = 0
        for (let w = 0; w < width && distance <= radius; w++)
          distance += ones(near[x * width + w]! ^ near[y * width + w]!)
        if (distance <= radius && sharesFirst(depth, x, y)) add(a, part[y]!)
      }
    }
  }

  /** Whether the bands chosen are the first that two entries share. */
  function sharesFirst(depth: number, x: number, y: number): boolean {
    let shared = 0
    for (let band = 0; band <= chosen[depth]!; band++) {
      const { word, shift, mask } = bands[band]!
      if ((((near[x * width + word]! ^ near[y * width + word]!) >>> shift) & mask) === 0) shared++
    }
    return shared === depth
  }

  function add(a: number, other: number): void {
    const b = other >= size ? other - size : other
    // a near the mirror image of b is b near the mirror image of a: one of them is enough.
    if (a >= b) return
    if (degrees[a]! >= bucket || degrees[b]! >= bucket) return addHot(degrees[a]! >= bucket ? a : b, 1)
    degrees[a]!++
    degrees[b]!++
    if (pairs.size === pairs.a.length) {
      pairs.a = grown(pairs.a)
      pairs.b = grown(pairs.b)
    }
    pairs.a[pairs.size] = a
    pairs.b[pairs.size++] = b
  }

  function addHot(number: number, by: number): void {
    const hash = hashOf(hashes, number)
    hot.set(hash, (hot.get(hash) ?? 0) + by)
  }

  const order = new Uint32Array(entries)
  for (let band = 0; band <= radius; band++) {
    const { word, shift, mask } = bands[band]!
    const valueOf = (entry: number) => {
      const isMirror = entry >= size
      const w = words[(isMirror ? entry - size : entry) * width + word]!
      return ((isMirror ? w ^ hashes.mirror : w) >>> shift) & mask
    }
    const table = tables[1]!.fill(0)
    for (let entry = 0; entry < entries; entry++) table[valueOf(entry) + 1]!++
    for (let value = 0; value <= mask; value++) table[value + 1]! += table[value]!
    for (let entry = 0; entry < entries; entry++) order[table[valueOf(entry)]!++] = entry
    chosen[1] = band
    for (let value = 0, begin = 0; value <= mask; begin = table[value++]!) {
      const count = table[value]! - begin
      if (count < 2) continue
      load(order, begin, table[value]!)
      split(1, 0, count)
    }
  }
  return { ...pairs, compared, hot }
}

interface Band {
  word: number
  shift: number
  mask: number
}

/** At least radius + DEPTH bands, none over the border of two words. */
function bandsOf(width: number, radius: number): Band[] {
  const perWord = Math.ceil((radius + DEPTH) / width)
  return Array.from({ length: perWord * width }, (_, i) => {
    const [word, place] = [Math.floor(i / perWord), i % perWord]
    const from = Math.floor((place * 32) / perWord)
    const to = Math.floor(((place + 1) * 32) / perWord)
    return { word, shift: from, mask: 2 ** (to - from) - 1 }
  })
}

function grown(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const more = new Uint32Array(array.length * 2)
  more.set(array)
  return more
}
