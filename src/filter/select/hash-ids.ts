/** Gives each hash of 64 bits, in two halves, a number of its own from 0 on. Memory: 16 to 28 bytes a hash. */
export class HashIds {
  #size = 0
  #high = new Uint32Array(1024)
  #low = new Uint32Array(1024)
  /** Open addressing: id + 1, or 0 where a place is free. Twice as long as the others at least. */
  #places = new Uint32Array(4096)

  get size(): number {
    return this.#size
  }

  /** The number of a hash, a new one where it had none. */
  idOf(high: number, low: number): number {
    const place = this.#placeOf(high, low)
    if (this.#places[place] !== 0) return this.#places[place]! - 1
    if (this.#size === this.#high.length) {
      this.#grow()
      return this.idOf(high, low)
    }
    const id = this.#size++
    this.#high[id] = high
    this.#low[id] = low
    this.#places[place] = id + 1
    return id
  }

  /** The number of a hash, or -1. */
  find(high: number, low: number): number {
    return this.#places[this.#placeOf(high, low)]! - 1
  }

  #placeOf(high: number, low: number): number {
    const mask = this.#places.length - 1
    // The high half has chosen the bucket: within one, the low half tells hashes apart.
    for (let place = low & mask; ; place = (place + 1) & mask) {
      const id = this.#places[place]! - 1
      if (id < 0 || (this.#low[id] === low && this.#high[id] === high)) return place
    }
  }

  #grow(): void {
    const length = this.#high.length * 2
    const [high, low] = [this.#high, this.#low]
    this.#high = new Uint32Array(length)
    this.#low = new Uint32Array(length)
    this.#high.set(high)
    this.#low.set(low)
    this.#places = new Uint32Array(length * 4)
    for (let id = 0; id < this.#size; id++) this.#places[this.#placeOf(high[id]!, low[id]!)] = id + 1
  }
}
