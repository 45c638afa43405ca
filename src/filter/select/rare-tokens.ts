import { z } from 'zod'
import type { Row } from '../../core/column.ts'
import { captionOf } from '../../core/row.ts'
import { defineGlobal, type GlobalBatch, type GlobalInput } from '../../core/stage.ts'
import { intoPartitions, rowsByUid, SLOTS } from '../by-uid.ts'
import { HashIds } from './hash-ids.ts'
import { countTokens, findRare, rowKey, type RareFiles } from './token-counts.ts'
import { eachToken, type Hash64 } from './token-hash.ts'

const NAME = 'filter/rare-tokens'

const options = z.strictObject({
  mostFrequent: z
    .int()
    .min(1)
    .default(100_000_000)
    .describe('tokens that are not rare: the most frequent words and pairs of words of all captions'),
  minCount: z.int().min(1).default(1).describe('fewest times that a token that is not rare occurs'),
  partitions: z
    .int()
    .min(1)
    .max(SLOTS)
    .optional()
    .describe('output partitions; as many as come in where it is not given'),
})

/**
 * Drops captions with any token that is rare in all of them.
 *
 * Tokens are words, in small letters, and pairs of words that follow each other. ALIGN (arXiv 2102.05918, 3) keeps the 100
 * million most frequent of its raw data; tokens as frequent as the last of these stay too. Counts are exact but for
 * collisions of hashes of 64 bits. Ends as `rare-token`, the value the rarest one and its count, the limit the least
 * count that is not rare. Rows come out by md5(uid).
 * Memory: as `rowsByUid`, and an eighth of the worker's for counts; 20 bytes of scratch for each token of each caption.
 */
export const rareTokens = defineGlobal({
  name: NAME,
  version: 1,
  summary: 'Drop captions with a word or pair of words that is rare in all of them',
  options,
  reads: ['uid', 'texts', 'caption'],
  adds: {},
  partitions: (chosen) => chosen.partitions ?? 0,
  async *run(input, { options: chosen, memoryBytes, scratch, drop, count }): AsyncGenerator<GlobalBatch> {
    const partitions = chosen.partitions ?? Math.max(1, input.partitions)
    const counted = await countTokens(captions(input), { rows: input.rows, memoryBytes, scratch })
    try {
      count('tokens', counted.tokens)
      const least = Math.max(chosen.minCount, counted.leastOf(chosen.mostFrequent))
      const rare = findRare(counted, least, { rows: input.rows, scratch })
      try {
        const rareIn = openRanges(rare)
        yield* intoPartitions(rowsByUid(input, memoryBytes, statement), partitions, (twins) => {
          const kept: Row[] = []
          for (const { pairloom_slot: slot, ...row } of twins) {
            const text = captionOf(row)
            const found = rareIn(row.uid as string, Number.parseInt(slot as string, 16), text)
            if (found === null) kept.push(row)
            else
              drop(row, {
                status: 'dropped',
                rule: NAME,
                reason: 'rare-token',
                value: found,
                limit: `>= ${least}`,
              })
          }
          return kept
        })
      } finally {
        rare.files.close()
      }
    } finally {
      counted.files.close()
    }
  },
})

async function* captions(input: GlobalInput): AsyncGenerator<Row[]> {
  yield* input.sql(
    'SELECT uid, caption_text(texts, caption) AS words, substr(md5(uid), 1, 4) AS slot FROM input',
  )
}

/** Tells the rarest token of a caption and its count, or null. Rows must come by slot: one range of them is held. */
function openRanges({ files, rangeOf }: RareFiles) {
  const key: Hash64 = [0, 0]
  let range = -1
  let ids = new HashIds()
  let rarest: { high: number; low: number; count: number }[] = []

  function load(next: number): void {
    range = next
    ids = new HashIds()
    rarest = []
    for (const records of files.read(range)) {
      for (let at = 0; at < records.length; at += 5) {
        const [keyHigh, keyLow, high, low, count] = records.subarray(at, at + 5) as unknown as number[]
        const id = ids.idOf(keyHigh!, keyLow!)
        const other = rarest[id]
        if (!other || isBefore([count!, high!, low!], [other.count, other.high, other.low]))
          rarest[id] = { high: high!, low: low!, count: count! }
      }
    }
  }
  return (uid: string, slot: number, text: string): string | null => {
    if (rangeOf(slot) !== range) load(rangeOf(slot))
    if (ids.size === 0) return null
    rowKey(uid, text, key)
    const found = rarest[ids.find(key[0], key[1])]
    return found ? `${tokenOf(text, found)} (${found.count})` : null
  }
}

function tokenOf(text: string, { high, low }: { high: number; low: number }): string {
  const small = text.toLowerCase()
  let token = ''
  eachToken(small, (hash, start, end) => {
    if (hash[0] === high && hash[1] === low) token = small.slice(start, Math.min(end, start + 100))
  })
  return token
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, i) => value !== b[i])
  return at >= 0 && a[at]! < b[at]!
}

function statement(from: string, to: string): string {
  return `
    WITH placed AS (SELECT *, substr(md5(uid), 1, 4) AS pairloom_slot FROM input)
    SELECT * FROM placed WHERE pairloom_slot >= '${from}' AND pairloom_slot < '${to}' ORDER BY pairloom_slot, uid`
}
