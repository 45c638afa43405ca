/**
 * Numbers for runs of characters, from 0 on, in the order in which they were added.
 *
 * Memory: 2 to 4 bytes a character and 32 to 64 a run.
 */
export class UnitTable {
  size = 0
  /** Hash, number + 1, and where its characters begin and end, by the hash; number 0 is none. At most half full. */
  #slots = new Int32Array(4 * 1024)
  #characters = new Uint16Array(4096)
  #used = 0

  /** The number of a run, or -1. */
  find(text: string): number {
    return this.findHashed(text, 0, text.length, hashOf(text, 0, text.length))
  }

  /** The number of text[from, to), or -1. hash: `FNV_BASIS`, then each unit, `folded`. */
  findHashed(text: string, from: number, to: number, hash: number): number {
    const slots = this.#slots
    const last = slots.length - 4
    for (let slot = (hash << 2) & last; ; slot = (slot + 4) & last) {
      const unit = slots[slot + 1]! - 1
      if (unit < 0) return -1
      if (slots[slot] === hash && this.#is(slots[slot + 2]!, slots[slot + 3]!, text, from, to)) return unit
    }
  }

  add(text: string, from: number, to: number): number {
    const hash = hashOf(text, from, to)
    const found = this.findHashed(text, from, to, hash)
    if (found >= 0) return found
    const start = this.#used
    const end = start + to - from
    if (end > this.#characters.length) {
      const wider = new Uint16Array(2 * end)
      wider.set(this.#characters)
      this.#characters = wider
    }
    for (let i = from; i < to; i++) this.#characters[start + i - from] = text.charCodeAt(i)
    this.#used = end
    if (8 * (this.size + 1) > this.#slots.length) this.#widen()
    put(this.#slots, hash, this.size + 1, start, end)
    return this.size++
  }

  #is(start: number, end: number, text: string, from: number, to: number): boolean {
    if (end - start !== to - from) return false
    for (let i = from; i < to; i++)
      if (this.#characters[start + i - from] !== text.charCodeAt(i)) return false
    return true
  }

  #widen(): void {
    const narrow = this.#slots
    this.#slots = new Int32Array(2 * narrow.length)
    for (let i = 0; i < narrow.length; i += 4) {
      if (narrow[i + 1] !== 0) put(this.#slots, narrow[i]!, narrow[i + 1]!, narrow[i + 2]!, narrow[i + 3]!)
    }
  }
}

/** FNV-1a over UTF-16 units. */
export const FNV_BASIS = 0x811c9dc5 | 0
export const FNV_PRIME = 0x01000193

/** The hash of a run: the last product, its high bits folded into the low ones that the table goes by. */
export function folded(product: number): number {
  return product ^ (product >>> 15)
}

function hashOf(text: string, from: number, to: number): number {
  let hash = FNV_BASIS
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME)
  return folded(hash)
}

function put(slots: Int32Array, hash: number, number: number, start: number, end: number): void {
  const last = slots.length - 4
  let slot = (hash << 2) & last
  while (slots[slot + 1] !== 0) slot = (slot + 4) & last
  slots[slot] = hash
  slots[slot + 1] = number
  slots[slot + 2] = start
  slots[slot + 3] = end
}
