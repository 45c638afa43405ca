/** Origins kept in memory, and bytes of the files that their rules were read from, which they take several times over. */
export const ORIGINS = 5000
const FILE_BYTES = 16 * 2 ** 20

/** A file is asked for again after this long (RFC 9309, 2.4), ms. */
export const ORIGIN_FILE_MS = 24 * 3600 * 1000

/**
 * What files of origins say, each loaded once, however many ask at once, and again after a day. The origin used longest
 * ago is forgotten where there are too many, or where their files are too large: one site may have any number of
 * sub-domains, each with the longest file that is read.
 *
 * load: given what was known a day ago, or undefined. One that rejects is forgotten: nothing is known then.
 * now: ms of a clock that never goes back.
 */
export function openOriginCache<T extends { bytes: number }>(
  load: (origin: string, before: T | undefined) => Promise<T>,
  now: () => number = () => performance.now(),
): (origin: string) => Promise<T> {
  const origins = new Map<string, { value: Promise<T>; at: number; bytes: number }>()
  let bytes = 0

  function forget(origin: string): void {
    bytes -= origins.get(origin)?.bytes ?? 0
    origins.delete(origin)
  }
  function forgetOldest(): void {
    while (origins.size > ORIGINS || (bytes > FILE_BYTES && origins.size > 1))
      forget(origins.keys().next().value!)
  }

  return (origin) => {
    const known = origins.get(origin)
    const isFresh = known !== undefined && now() - known.at < ORIGIN_FILE_MS
    const entry = isFresh ? known : { value: reload(origin, known?.value), at: now(), bytes: 0 }
    // Forgotten and set again, the newest is last in the map and the oldest first.
    forget(origin)
    origins.set(origin, entry)
    bytes += entry.bytes
    forgetOldest()
    if (isFresh) return entry.value
    entry.value.then(
      (value) => {
        if (origins.get(origin) !== entry) return
        entry.bytes = value.bytes
        bytes += value.bytes
        forgetOldest()
      },
      () => {
        if (origins.get(origin) === entry) forget(origin)
      },
    )
    return entry.value
  }

  async function reload(origin: string, before: Promise<T> | undefined): Promise<T> {
    return load(origin, await before)
  }
}
