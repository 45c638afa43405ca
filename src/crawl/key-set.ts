/**
 * A set of digests of 64 bits or more, of which the first 64 bits are kept. Memory: 8 bytes an entry.
 *
 * What was never added is taken for an entry with odds of entries / 2^64: one in 10^13 look-ups, at a million of them.
 */
export class KeySet {
  #keys = new BigUint64Array(16)
  #size = 0
  #isSorted = true

  get size(): number {
    return this.#size
  }

  /** hex: 16 digits at least. */
  add(hex: string): void {
    if (this.#size === this.#keys.length) {
      const wider = new BigUint64Array(2 * this.#size)
      wider.set(this.#keys)
      this.#keys = wider
    }
    this.#keys[this.#size++] = keyOf(hex)
    this.#isSorted = false
  }

  has(hex: string): boolean {
    if (!this.#isSorted) {
      this.#keys = this.#keys.slice(0, this.#size).sort()
      this.#isSorted = true
    }
    const key = keyOf(hex)
    let [low, high] = [0, this.#size]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#keys[middle]! < key) low = middle + 1
      else high = middle
    }
    return low < this.#size && this.#keys[low] === key
  }
}

function keyOf(hex: string): bigint {
  return BigInt(`0x${hex.slice(0, 16)}`)
}
