import { digestOf, drawOf } from './entry-draw.ts'

/**
 * How many captions have each entry, by list.
 *
 * Memory: about 120 bytes an entry that was found.
 */
export class EntryCounts {
  #numbers = new Map<string, Map<string, number>>()
  #counts = new Float64Array(1024)
  #digests = new Int32Array(4096)
  size = 0

  get lists(): string[] {
    return [...this.#numbers.keys()].sort()
  }

  /** Adds one to each entry. */
  add(list: string, entries: readonly string[]): void {
    let numbers = this.#numbers.get(list)
    if (numbers === undefined) this.#numbers.set(list, (numbers = new Map<string, number>()))
    for (const entry of entries) {
      let number = numbers.get(entry)
      if (number === undefined) {
        numbers.set(entry, (number = this.size++))
        if (number === this.#counts.length) this.#grow()
        this.#digests.set(digestOf(`${list}\0${entry}`), 4 * number)
      }
      this.#counts[number]!++
    }
  }

  /** 0 of an entry that no caption has. */
  of(list: string, entry: string): number {
    const number = this.#numbers.get(list)?.get(entry)
    return number === undefined ? 0 : this.#counts[number]!
  }

  /** Counts of one list, or of all, smallest first. */
  sorted(list?: string): Float64Array {
    if (list === undefined) return this.#counts.slice(0, this.size).sort()
    return Float64Array.from(
      this.#numbers.get(list)?.values() ?? [],
      (number) => this.#counts[number]!,
    ).sort()
  }

  /**
   * The least t above which a row is kept: of its entries' draws, each times its count, the smallest. `draw < t / count`
   * for one entry at least is the same. Null without entries.
   */
  leastT(seed: string, uid: string, list: string, entries: readonly string[]): number | null {
    const numbers = this.#numbers.get(list)
    if (numbers === undefined || entries.length === 0) return null
    const row = digestOf(`${seed}\0${uid}`)
    let least = Infinity
    for (const entry of entries) {
      const number = numbers.get(entry)
      if (number === undefined) continue
      least = Math.min(least, this.#counts[number]! * drawOf(row, this.#digests, 4 * number))
    }
    return least === Infinity ? null : least
  }

  #grow(): void {
    const counts = new Float64Array(2 * this.#counts.length)
    counts.set(this.#counts)
    this.#counts = counts
    const digests = new Int32Array(2 * this.#digests.length)
    digests.set(this.#digests)
    this.#digests = digests
  }
}
