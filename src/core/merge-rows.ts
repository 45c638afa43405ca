import type { LinkRow, Text } from './row.ts'
import { openSmallest } from './smallest.ts'

/** What of a row is joined into another. */
export type Mergeable = Pick<LinkRow, 'uid' | 'texts' | 'merged_uids'>

/** One image and the texts of all rows that show it. */
export interface Merge<R extends Mergeable> {
  keeper: R
  add(row: Mergeable): void
  row(): R & Pick<LinkRow, 'caption'>
}

/**
 * Joins rows into a keeper: its caption comes first, then the texts of all rows, each (kind, text, page) once, in the
 * order of page and text; then the uids of all others. The result does not depend on the order in which they come.
 *
 * Memory: at most twice `limit` texts and uids.
 */
export function openMerge<R extends Mergeable & Pick<LinkRow, 'caption'>>(
  keeper: R,
  limit: number,
): Merge<R> {
  const caption = keeper.texts[keeper.caption]
  const keyOf = ({ kind, text, page }: Text) => `${page ?? ''}\0${text}\0${kind}`
  const texts = openSmallest(limit, keyOf)
  const uids = openSmallest(limit, (uid: string) => uid)
  function add(row: Mergeable): void {
    row.texts.forEach((text) => texts.add(text))
    for (const uid of [row.uid, ...row.merged_uids]) if (uid !== keeper.uid) uids.add(uid)
  }
  add(keeper)
  return {
    keeper,
    add,
    row() {
      const first = caption ? [caption] : []
      const others = texts.values().filter((text) => !caption || keyOf(text) !== keyOf(caption))
      const all = [...first, ...others].slice(0, limit)
      return { ...keeper, texts: all, caption: 0, merged_uids: uids.values() }
    },
  }
}
