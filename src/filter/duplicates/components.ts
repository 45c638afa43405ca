import type { Member } from './members.ts'
import type { Likeness } from './thumb-distance.ts'

/** Joins members into components. */
export interface Components {
  add(a: number, b: number, likeness: Likeness): void
  /** The keeper of each member, by number; of one that is alone, itself. */
  keepers(): Int32Array
}

/**
 * Components of likeness, by union-find.
 *
 * Copies join. A grey picture is like its coloured original and like a recoloured twin of it alike: it joins neither
 * of them to the other, but goes, with its own copies, to the one it is nearest to (of several, the first in the list).
 * The keeper is an earlier member, else the one of the largest picture, then of the best score, then of the smallest uid.
 * Nothing depends on the order of adding. Memory: 8 bytes a member, and what is grey and near to colour.
 */
export function openComponents(list: readonly Member[]): Components {
  const parents = Int32Array.from(list, (_, i) => i)
  const grays: { gray: number; other: number; distance: number }[] = []

  function rootOf(member: number): number {
    let root = member
    while (parents[root] !== root) {
      parents[root] = parents[parents[root]!]!
      root = parents[root]!
    }
    return root
  }
  function join(a: number, b: number): void {
    const [x, y] = [rootOf(a), rootOf(b)]
    parents[Math.max(x, y)] = Math.min(x, y)
  }
  function attachGrays(): void {
    // Grey pictures that are joined to colours by a copy of both stay with those.
    const coloured = new Uint8Array(list.length)
    list.forEach(({ isGray }, member) => {
      if (!isGray) coloured[rootOf(member)] = 1
    })
    const nearest = new Map<number, (typeof grays)[number]>()
    for (const edge of grays) {
      const root = rootOf(edge.gray)
      if (coloured[root] === 1) continue
      const best = nearest.get(root)
      const isNearer = !best || edge.distance < best.distance
      if (isNearer || (edge.distance === best.distance && edge.other < best.other)) nearest.set(root, edge)
    }
    for (const { gray, other } of nearest.values()) join(gray, other)
  }
  return {
    add(a, b, { kind, distance }) {
      if (kind === 'copy') join(a, b)
      else if (list[a]!.isGray) grays.push({ gray: a, other: b, distance })
      else grays.push({ gray: b, other: a, distance })
    },
    keepers() {
      attachGrays()
      const best = new Map<number, number>()
      list.forEach((_, member) => {
        const root = rootOf(member)
        const held = best.get(root)
        if (held === undefined || isBetter(list[member]!, list[held]!)) best.set(root, member)
      })
      return Int32Array.from(list, (_, member) => best.get(rootOf(member))!)
    },
  }
}

/** Whether the first of two goes on rather than the second. */
function isBetter(a: Member, b: Member): boolean {
  if (a.isEarlier !== b.isEarlier) return a.isEarlier
  if (a.area !== b.area) return a.area > b.area
  const [first, second] = [scoreOf(a), scoreOf(b)]
  if (first !== second) return first > second
  return a.uid < b.uid
}

function scoreOf({ score }: Member): number {
  return Number.isNaN(score) ? -Infinity : score
}
