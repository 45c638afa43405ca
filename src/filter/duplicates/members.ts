import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Row } from '../../core/column.ts'
import type { Mergeable } from '../../core/merge-rows.ts'
import { THUMB_BYTES } from '../../media/thumb.ts'
import { thumbColours } from './thumb-distance.ts'

/** A row that may be a duplicate. */
export interface Member {
  /** Number of its hash. */
  hash: number
  uid: string
  /** px. */
  area: number
  /** NaN where there is none. */
  score: number
  isGray: boolean
  /** Of an earlier data set. */
  isEarlier: boolean
  /** Its record in the file, bytes. */
  offset: number
  length: number
}

/** Such rows: what decides about them in memory, thumbs and texts in a file. */
export interface Members {
  /** By hash, earlier ones first, then by uid. */
  list: readonly Member[]
  thumb(member: Member): Buffer
  texts(member: Member): Mergeable
  close(): void
}

export interface MemberWriter {
  add(hash: number, row: Row, isEarlier: boolean): void
  /** Of rows with one uid the first. */
  done(): Members
}

const WRITE_BYTES = 2 ** 20

/**
 * Opens a file of members in a folder of scratch.
 *
 * Memory: some 150 bytes a member, most of it the uid.
 */
export function openMembers(folder: string): MemberWriter {
  const file = openSync(join(folder, 'near-duplicates'), 'w+')
  let held: Buffer[] = []
  let heldBytes = 0
  let offset = 0
  const all: Member[] = []

  function flush(): void {
    writeSync(file, Buffer.concat(held), 0, heldBytes, offset - heldBytes)
    held = []
    heldBytes = 0
  }
  function read(from: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length)
    readSync(file, bytes, 0, length, from)
    return bytes
  }
  return {
    add(hash, row, isEarlier) {
      const { uid, texts, merged_uids } = row as unknown as Mergeable
      const json = isEarlier ? '' : JSON.stringify({ uid, texts, merged_uids })
      const record = Buffer.concat([row.thumb16 as Uint8Array, Buffer.from(json)])
      const { area, score } = row as Record<string, number | null>
      const { isGray } = thumbColours(record)
      const { length } = record
      all.push({ hash, uid, area: area ?? 0, score: score ?? NaN, isGray, isEarlier, offset, length })
      held.push(record)
      offset += record.length
      heldBytes += record.length
      if (heldBytes >= WRITE_BYTES) flush()
    },
    done() {
      flush()
      const bytesOf = (m: Member) => read(m.offset, m.length)
      all.sort((a, b) => byHash(a, b) || Buffer.compare(bytesOf(a), bytesOf(b)))
      const taken = new Set<string>()
      const kept = all.filter(({ uid, isEarlier }) => isEarlier || (!taken.has(uid) && taken.add(uid)))
      return {
        list: kept,
        thumb: ({ offset: from }) => read(from, THUMB_BYTES),
        texts({ offset: from, length }) {
          const json = read(from + THUMB_BYTES, length - THUMB_BYTES).toString()
          return JSON.parse(json) as Mergeable
        },
        close: () => closeSync(file),
      }
    },
  }
}

function byHash(a: Member, b: Member): number {
  return (
    a.hash - b.hash ||
    Number(b.isEarlier) - Number(a.isEarlier) ||
    (a.uid < b.uid ? -1 : a.uid > b.uid ? 1 : b.area - a.area || a.length - b.length)
  )
}
