import { z } from 'zod'
import type { Row } from '../../core/column.ts'
import { openMerge, type Merge, type Mergeable } from '../../core/merge-rows.ts'
import type { LinkRow } from '../../core/row.ts'
import { defineGlobal, type GlobalBatch, type StageContext } from '../../core/stage.ts'
import { intoPartitions, rowsByUid, SLOTS } from '../by-uid.ts'
import { earlierDigest } from './earlier.ts'
import { findDuplicates, type Duplicates } from './find-duplicates.ts'
import { HASHES, type HashName } from './hash-set.ts'

const NAME = 'filter/near-duplicates'

const options = z.strictObject({
  by: z
    .enum(Object.keys(HASHES) as [HashName, ...HashName[]])
    .default('phash')
    .describe('perceptual hash that finds candidates; `hashes` of the crawl makes it'),
  radius: z
    .int()
    .min(0)
    .max(31)
    .default(8)
    .describe('bits by which the hashes of two pictures may differ; of `pdq` 31 is usual'),
  colours: z
    .number()
    .min(0)
    .max(255)
    .default(20)
    .describe(
      'how far the 16 x 16 thumbs of two pictures may be apart, root mean square of luma and of colour, levels of 0..255',
    ),
  mirror: z.boolean().default(true).describe('takes the mirror image of a picture for it'),
  score: z
    .string()
    .regex(/^[a-z_][a-z0-9_]*$/, 'expected the name of a column')
    .nullable()
    .default(null)
    .describe('column of numbers of which, among pictures of one size, the row with the highest stays'),
  mergeTexts: z.boolean().default(true).describe('gives the row that stays the texts of those that go'),
  maxTexts: z
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe('texts, and merged uids, that one row keeps at most'),
  against: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'folders of earlier data sets (a stage of a run, or Parquet files with uid, hash and thumb16): what is near to one of theirs goes too. Relative to the working directory',
    ),
  bucket: z
    .int()
    .min(1)
    .max(65_535)
    .default(1024)
    .describe(
      'hashes with which one is compared at most within a bucket, and found near at most: what bounds the work where thousands look alike; such hashes are counted as `hot`',
    ),
  partitions: z
    .int()
    .min(1)
    .max(SLOTS)
    .optional()
    .describe('output partitions; as many as come in where it is not given'),
})

export type NearOptions = z.infer<typeof options>

/**
 * Keeps one row of those whose pictures look the same: other sizes and encodings, slightly blurred, cut or brightened, grey,
 * or mirrored.
 *
 * Candidates are rows whose hashes differ by `radius` bits at most, each confirmed by the distance of the thumbs, so that
 * recoloured twins stay. They join into components (`openComponents` says who keeps), whose rows go as `near-duplicate`, or
 * `earlier-duplicate` where the keeper is of an earlier data set; the value is the keeper's uid, the limit says how far they
 * are apart. A chain may be longer than the radius. Rows without hash or thumb stay. Rows come out by md5(uid).
 * Memory: 24 bytes for each distinct hash, some 200 bytes for each candidate, and as `rowsByUid`.
 */
export const nearDuplicates = defineGlobal({
  name: NAME,
  version: 1,
  summary: 'Drop rows whose picture looks like that of another row, and give their texts to it',
  options,
  reads: ['uid', 'texts', 'caption', 'merged_uids', 'thumb16', 'original_width', 'original_height'],
  optionReads: ({ by, score }) => [by, ...(score === null ? [] : [score])],
  adds: {},
  identity: ({ against }) => earlierDigest(against),
  partitions: (chosen) => chosen.partitions ?? 0,
  async *run(input, context): AsyncGenerator<GlobalBatch> {
    const { options: chosen, memoryBytes } = context
    const partitions = chosen.partitions ?? Math.max(1, input.partitions)
    const duplicates = await findDuplicates(input, context)
    try {
      yield* intoPartitions(rowsByUid(input, memoryBytes, statement), partitions, (twins) =>
        twins.flatMap((row) => settle(row, duplicates, context)),
      )
    } finally {
      duplicates.close()
    }
  },
})

/** The row as it goes on, or nothing. */
function settle(found: Row, duplicates: Duplicates, context: StageContext<NearOptions>): Row[] {
  const { pairloom_slot: _, ...row } = found
  const { options: chosen } = context
  const member = duplicates.of(row.uid as string)
  if (member === null) return [row]
  const { keeper } = member
  if (keeper === null) return [chosen.mergeTexts ? merged(row, member.others(), chosen.maxTexts) : row]
  const { bits, colours } = member.distance()
  const limit = `${bits} <= ${chosen.radius} bits, ${colours.toFixed(1)} <= ${chosen.colours} levels`
  const far = bits > chosen.radius || colours > chosen.colours ? `, by way of others` : ''
  context.drop(row, {
    status: 'dropped',
    rule: NAME,
    reason: keeper.isEarlier ? 'earlier-duplicate' : 'near-duplicate',
    value: keeper.uid,
    limit: limit + far,
  })
  return []
}

function merged(row: Row, others: Iterable<Mergeable>, maxTexts: number): Row {
  const merge: Merge<LinkRow> = openMerge(row as LinkRow, maxTexts)
  for (const other of others) merge.add(other)
  return merge.row()
}

function statement(from: string, to: string): string {
  return `
    SELECT * FROM (SELECT *, substr(md5(uid), 1, 4) AS pairloom_slot FROM input) AS placed
    WHERE pairloom_slot >= '${from}' AND pairloom_slot < '${to}'
    ORDER BY pairloom_slot, uid`
}
