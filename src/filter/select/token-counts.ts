import type { Row } from '../../core/column.ts'
import { SLOTS } from '../by-uid.ts'
import { BucketFiles } from './bucket-files.ts'
import { HashIds } from './hash-ids.ts'
import { eachToken, hashText, type Hash64 } from './token-hash.ts'

/** What a token of a caption takes on disk, and in the table of its bucket at most, bytes. */
const TOKEN_BYTES = 48
/** Tokens of a caption, estimated: about as many words as pairs. */
const CAPTION_TOKENS = 16
/** Share of the worker's memory for the table of a bucket. */
const TABLE_SHARE = 1 / 8
const MAX_BUCKETS = 512
/** Rows whose rare tokens are held at once. */
const RANGE_ROWS = 250_000
/** Numbers of a record: hash of the token, hash of the row, slot of the row. */
const WIDTH = 5

export interface TokenCounts {
  /** Different tokens. */
  tokens: number
  /** The least count among so many of the most frequent tokens; 1 where there are no more. */
  leastOf(mostFrequent: number): number
  files: BucketFiles
}

/** Tokens below a count with the rows that have them, by ranges of slots. */
export interface RareFiles {
  files: BucketFiles
  rangeOf(slot: number): number
}

interface Sizes {
  rows: number
  scratch: string
}

/** Parts the tokens of all captions into buckets by their hash, and counts each: rows of `uid`, `words`, `slot`. */
export async function countTokens(
  captions: AsyncIterable<Row[]>,
  { rows, scratch, memoryBytes }: Sizes & { memoryBytes: number },
): Promise<TokenCounts> {
  const wanted = Math.ceil((rows * CAPTION_TOKENS * TOKEN_BYTES) / (memoryBytes * TABLE_SHARE))
  const buckets = Math.max(1, Math.min(MAX_BUCKETS, wanted))
  const files = new BucketFiles(scratch, 'tokens', buckets, WIDTH)
  const key: Hash64 = [0, 0]
  for await (const batch of captions) {
    for (const { uid, words, slot } of batch as { uid: string; words: string; slot: string }[]) {
      rowKey(uid, words, key)
      const place = Number.parseInt(slot, 16)
      eachToken(words.toLowerCase(), (hash) => {
        const { into, at } = files.add(Math.floor((hash[0] / 2 ** 32) * buckets))
        into[at] = hash[0]
        into[at + 1] = hash[1]
        into[at + 2] = key[0]
        into[at + 3] = key[1]
        into[at + 4] = place
      })
    }
  }
  const tokensByCount = new Map<number, number>()
  let tokens = 0
  for (let bucket = 0; bucket < buckets; bucket++) {
    const { counts } = countBucket(files, bucket)
    tokens += counts.length
    for (const count of counts) tokensByCount.set(count, (tokensByCount.get(count) ?? 0) + 1)
  }
  return { tokens, files, leastOf: (mostFrequent) => leastOf(mostFrequent, tokensByCount) }
}

/** Finds the tokens below a count, with the rows that have them. */
export function findRare({ files, tokens }: TokenCounts, least: number, { rows, scratch }: Sizes): RareFiles {
  const ranges = Math.max(1, Math.min(MAX_BUCKETS, Math.ceil(rows / RANGE_ROWS)))
  const rangeOf = (slot: number) => Math.floor((slot * ranges) / SLOTS)
  const rare = new BucketFiles(scratch, 'rare', ranges, WIDTH)
  for (let bucket = 0; bucket < files.buckets && least > 1 && tokens > 0; bucket++) {
    const { ids, counts } = countBucket(files, bucket)
    for (const records of files.read(bucket)) {
      for (let i = 0; i < records.length; i += WIDTH) {
        const count = counts[ids.find(records[i]!, records[i + 1]!)]!
        if (count >= least) continue
        const { into, at } = rare.add(rangeOf(records[i + 4]!))
        into[at] = records[i + 2]!
        into[at + 1] = records[i + 3]!
        into[at + 2] = records[i]!
        into[at + 3] = records[i + 1]!
        into[at + 4] = count
      }
    }
  }
  return { files: rare, rangeOf }
}

/** Names a caption of a row: rows of one uid may have several. */
export function rowKey(uid: string, text: string, into: Hash64): void {
  const whole = `${uid} ${text}`
  hashText(whole, 0, whole.length, into)
}

function countBucket(files: BucketFiles, bucket: number): { ids: HashIds; counts: number[] } {
  const ids = new HashIds()
  const counts: number[] = []
  for (const records of files.read(bucket)) {
    for (let i = 0; i < records.length; i += WIDTH) {
      const id = ids.idOf(records[i]!, records[i + 1]!)
      counts[id] = (counts[id] ?? 0) + 1
    }
  }
  return { ids, counts }
}

function leastOf(mostFrequent: number, tokensByCount: ReadonlyMap<number, number>): number {
  let kept = 0
  for (const [count, tokens] of [...tokensByCount].sort(([a], [b]) => b - a)) {
    kept += tokens
    if (kept >= mostFrequent) return count
  }
  return 1
}
