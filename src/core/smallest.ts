/** The distinct values with the smallest keys, out of any number added in any order. */
export interface Smallest<T> {
  /** Adds a value unless one of its key is there. */
  add(value: T): void
  /** At most `limit` values in the order of their keys. */
  values(): T[]
}

/** Memory: at most 2 x limit values. Keys are compared by UTF-16 code unit. */
export function openSmallest<T>(limit: number, keyOf: (value: T) => string): Smallest<T> {
  let held = new Map<string, T>()
  const sorted = () => [...held].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, limit)
  return {
    add(value) {
      const key = keyOf(value)
      if (held.has(key)) return
      held.set(key, value)
      if (held.size >= 2 * limit) held = new Map(sorted())
    },
    values: () => sorted().map(([, value]) => value),
  }
}
