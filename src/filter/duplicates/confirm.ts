import type { HashPairs } from './hamming-pairs.ts'
import type { Member, Members } from './members.ts'
import { likeness, thumbColours, type Likeness, type ThumbColours } from './thumb-distance.ts'

/** Hashes whose thumbs are held ready. */
const HELD = 4096
/** Different thumbs of one hash that are compared, in the order of their uids. */
const THUMBS = 64

export interface ConfirmOptions {
  /** Greatest distance of two thumbs, levels of 0..255. */
  colours: number
  mirror: boolean
}

/** Members whose thumbs are equal, by the first of them; `colours` is theirs. */
interface Look {
  first: number
  colours: ThumbColours
}

/**
 * Compares the thumbs of all members of one hash, and of the hashes of each pair, and tells who is like whom, by their
 * numbers in the list. Thumbs that are equal are compared once.
 *
 * hot: hashes with more different thumbs than are compared, and how many were left out.
 * Memory: the thumbs of 4,096 hashes, 3 KiB each. Returns the number of comparisons.
 */
export function confirm(
  members: Members,
  pairs: HashPairs,
  { colours: limit, mirror }: ConfirmOptions,
  found: (a: number, b: number, likeness: Likeness) => void,
  hot: (hash: number, by: number) => void,
): number {
  const { list } = members
  const held = new Map<number, Look[]>()
  let compared = 0

  function looksOf(hash: number, isFirst = false): Look[] {
    const known = held.get(hash)
    if (known) return known
    const looks = new Map<string, Look>()
    let left = 0
    for (let i = firstOf(list, hash); i < list.length && list[i]!.hash === hash; i++) {
      const thumb = members.thumb(list[i]!)
      const key = thumb.toString('latin1')
      const look = looks.get(key)
      if (look) {
        if (isFirst) found(look.first, i, { kind: 'copy', distance: 0 })
      } else if (looks.size < THUMBS) looks.set(key, { first: i, colours: thumbColours(thumb) })
      else left++
    }
    if (left > 0 && isFirst) hot(hash, left)
    if (held.size >= HELD) held.clear()
    const made = [...looks.values()]
    held.set(hash, made)
    return made
  }
  function compare(a: Look, b: Look): void {
    compared++
    const like = likeness(a.colours, b.colours, limit, mirror)
    if (like) found(a.first, b.first, like)
  }

  for (let i = 0; i < list.length;) {
    const { hash } = list[i]!
    const looks = looksOf(hash, true)
    looks.forEach((a, at) => looks.slice(at + 1).forEach((b) => compare(a, b)))
    while (i < list.length && list[i]!.hash === hash) i++
  }
  for (let pair = 0; pair < pairs.size; pair++) {
    const others = looksOf(pairs.b[pair]!)
    for (const a of looksOf(pairs.a[pair]!)) for (const b of others) compare(a, b)
  }
  return compared
}

function firstOf(list: readonly Member[], hash: number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (list[middle]!.hash < hash) low = middle + 1
    else high = middle
  }
  return low
}
