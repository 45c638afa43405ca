/** Origins kept in memory; the one used longest ago is forgotten. */
const ORIGINS = 5000

/** A file is asked for again after this long (RFC 9309, 2.4), ms. */
export const ORIGIN_FILE_MS = 24 * 3600 * 1000

/**
 * What files of origins say, each loaded once, however many ask at once, and again after a day.
 *
 * load: given what was known a day ago, or undefined. One that rejects is forgotten: nothing is known then.
 * now: ms of a clock that never goes back.
 */
export function openOriginCache<T>(
  load: (origin: string, before: T | undefined) => Promise<T>,
  now: () => number = () => performance.now(),
): (origin: string) => Promise<T> {
  const origins = new Map<string, { value: Promise<T>; at: number }>()

  return (origin) => {
    const known = origins.get(origin)
    const isFresh = known !== undefined && now() - known.at < ORIGIN_FILE_MS
    const entry = isFresh ? known : { value: reload(origin, known?.value), at: now() }
    // Deleted and set again, the newest is last in the map and the oldest first.
    origins.delete(origin)
    origins.set(origin, entry)
    if (origins.size > ORIGINS) origins.delete(origins.keys().next().value!)
    entry.value.catch(() => {
      if (origins.get(origin) === entry) origins.delete(origin)
    })
    return entry.value
  }

  async function reload(origin: string, before: Promise<T> | undefined): Promise<T> {
    return load(origin, await before)
  }
}
