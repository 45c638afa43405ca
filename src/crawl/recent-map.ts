/** A map of the keys that were set or asked for last, at most so many. */
export interface RecentMap<T> {
  get(key: string): T | undefined
  set(key: string, value: T): void
}

/** Memory: `most` entries. */
export function openRecentMap<T>(most: number): RecentMap<T> {
  const map = new Map<string, T>()

  function set(key: string, value: T): void {
    // Deleted and set again, the newest is last in the map and the oldest first.
    map.delete(key)
    map.set(key, value)
    if (map.size > most) map.delete(map.keys().next().value!)
  }
  return {
    get(key) {
      const value = map.get(key)
      if (value !== undefined) set(key, value)
      return value
    },
    set,
  }
}
