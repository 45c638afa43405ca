import type { EntryCounts } from './entry-counts.ts'

/** The t of each list: entries that more captions have are its head, and are sampled. */
export type HeadLimits = ReadonlyMap<string, number>

/** One t for all lists. */
export function sameLimits(counts: EntryCounts, t: number): HeadLimits {
  return new Map(counts.lists.map((list) => [list, t]))
}

/**
 * MetaCLIP 2's t a language (arXiv 2507.22062, section 3.2): t is that of one list; each other list gets the t at which
 * the share of its matches that the tail has is nearest to the share that it has in that list.
 */
export function equalTails(counts: EntryCounts, reference: string, t: number): HeadLimits {
  const share = tailShare(counts.sorted(reference), t)
  return new Map(
    counts.lists.map((list) => [list, list === reference ? t : countAtShare(counts.sorted(list), share)]),
  )
}

/** The share of matches that belong to entries of less than t. counts: smallest first. */
export function tailShare(counts: Float64Array, t: number): number {
  let [tail, all] = [0, 0]
  for (const count of counts) {
    if (count < t) tail += count
    all += count
  }
  return all === 0 ? 0 : tail / all
}

/** Of counts, smallest first, the one up to which they add up to nearest that share; of equals the smallest. */
export function countAtShare(counts: Float64Array, share: number): number {
  const all = counts.reduce((sum, count) => sum + count, 0)
  let sum = 0
  let nearest = Infinity
  let found = 1
  for (const count of counts) {
    sum += count
    const distance = Math.abs(sum / all - share)
    if (distance >= nearest) break
    nearest = distance
    found = count
  }
  return found
}
