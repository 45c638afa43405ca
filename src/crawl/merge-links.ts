import { z } from 'zod'
import {
  defineGlobal,
  LINK_COLUMNS,
  type GlobalBatch,
  type GlobalInput,
  type LinkRow,
  type Row,
} from '../core/index.ts'
import { openMerge, type Merge } from '../core/merge-rows.ts'
import { hostOf } from './host.ts'

const NAME = 'crawl/merge-links'
const BATCH_ROWS = 1000

const options = z.strictObject({
  partitions: z.int().min(1).max(4096).default(16).describe('output partitions; a site lies in one of them'),
  maxTexts: z
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe('texts, and merged uids, that one row keeps at most'),
  maxUrlsPerHost: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('images that one host keeps at most, those whose image_id comes first; null: all'),
})

/**
 * Joins rows of the same image into one, so that it is fetched once, and gives each site to one partition, so that a
 * host is asked from one place.
 *
 * The keeper is the row with the smallest uid. Its caption comes first; then follow the texts of all rows, each
 * (kind, text, page) once, in the order of page and text. The other rows are dropped as `merged`, their value the
 * keeper's uid. Rows come out in the order of image_id, which mixes the hosts of a partition.
 * A host has `maxUrlsPerHost` images at most: the first by image_id, which is a hash of the URL, so that they are a sample
 * that depends on nothing else, and a larger one holds the smaller; the others are dropped as `over-host-limit`, their
 * value the place. The seed has no part in it: another one would fetch the web again.
 *
 * Memory: the number of images of each host of a partition where they are limited; the texts of one image, at most twice maxTexts; the engine sorts, in several passes over the input where
 * its rows are more than one for each KiB of memory.
 */
export const mergeLinks = defineGlobal({
  name: NAME,
  version: 2,
  summary: 'Join rows of the same image, and give each site to one partition',
  options,
  reads: ['uid', 'image_id', 'url', 'site', 'texts', 'caption', 'merged_uids'],
  adds: { texts: LINK_COLUMNS.texts, caption: LINK_COLUMNS.caption, merged_uids: LINK_COLUMNS.merged_uids },
  partitions: (chosen) => chosen.partitions,
  partitionsBy: 'site',
  async *run(input, context): AsyncGenerator<GlobalBatch> {
    const { partitions, maxTexts, maxUrlsPerHost } = context.options
    let merge: Merge<LinkRow> | null = null
    let partition = -1
    let batch: LinkRow[] = []
    const perHost = new Map<string, number>()

    function close({ row }: Merge<LinkRow>): void {
      const merged = row()
      const place = maxUrlsPerHost === null ? 0 : (perHost.get(hostOf(merged.url)) ?? 0) + 1
      if (maxUrlsPerHost === null || place <= maxUrlsPerHost) batch.push(merged)
      else {
        const limit = `<= ${maxUrlsPerHost}`
        const value = String(place)
        context.drop(merged, { status: 'dropped', rule: NAME, reason: 'over-host-limit', value, limit })
      }
      if (place > 0) perHost.set(hostOf(merged.url), place)
    }

    for await (const rows of inPasses(input, partitions, context.memoryBytes)) {
      for (const { pairloom_slot: _, pairloom_texts: __, pairloom_partition, ...columns } of rows) {
        const row = columns as LinkRow
        if (merge?.keeper.image_id === row.image_id) {
          const value = merge.keeper.uid
          context.drop(row, {
            status: 'dropped',
            rule: NAME,
            reason: 'merged',
            value,
            limit: null,
          })
          merge.add(row)
          continue
        }
        if (merge) close(merge)
        merge = openMerge(row, maxTexts)
        const to = (pairloom_partition as number) / SLOTS
        if (batch.length > 0 && (to !== partition || batch.length >= BATCH_ROWS)) {
          yield { partition, rows: batch }
          batch = []
        }
        // Opens the partition, so that rows dropped in it are its own rejects.
        if (to !== partition) {
          yield { partition: to, rows: [] }
          perHost.clear()
        }
        partition = to
      }
    }
    if (merge) close(merge)
    if (batch.length > 0) yield { partition, rows: batch }
  },
})

/** Values of the four hex digits that place a site. */
const SLOTS = 65_536

/** What the engine needs to sort a row without running out of memory; measured, with a margin of two. */
const ROW_BYTES = 1024

/**
 * All rows by output partition, image and uid.
 *
 * A sort that spills still needs memory that grows with its rows. Rows of one image are never in two passes.
 */
async function* inPasses(input: GlobalInput, partitions: number, memoryBytes: number): AsyncGenerator<Row[]> {
  const passes = input.sortsAll ? 1 : Math.max(1, Math.ceil((input.rows * ROW_BYTES) / memoryBytes))
  const groups = Math.min(passes, partitions)
  const slices = Math.ceil(passes / groups)
  // Bounds of image_id, hex digits: `g` comes after all of them.
  const bound = (slice: number) =>
    slice === slices
      ? 'g'
      : Math.floor((2 ** 32 * slice) / slices)
          .toString(16)
          .padStart(8, '0')
  for (let group = 0; group < groups; group++) {
    const from = Math.floor((partitions * group) / groups) * SLOTS
    const to = Math.floor((partitions * (group + 1)) / groups) * SLOTS
    for (let slice = 0; slice < slices; slice++) {
      const inSlice = `image_id >= '${bound(slice)}' AND image_id < '${bound(slice + 1)}'`
      yield* input.sql(
        ordered(partitions, `pairloom_slot >= ${from} AND pairloom_slot < ${to} AND ${inSlice}`),
      )
    }
  }
}

/**
 * DuckDB and Spark share md5 and instr but no way to read a hex number: four digits are looked up one by one.
 * `pairloom_partition` is the partition x 65,536. Rows of equal uid differ in their texts' pages alone.
 */
function ordered(partitions: number, condition: string): string {
  const digit = (at: number) => `(instr('0123456789abcdef', substr(md5(site), ${at}, 1)) - 1)`
  const slot = `(${digit(1)} * 4096 + ${digit(2)} * 256 + ${digit(3)} * 16 + ${digit(4)}) * ${partitions}`
  return `
    SELECT *, pairloom_slot - pairloom_slot % ${SLOTS} AS pairloom_partition
    FROM (SELECT *, ${slot} AS pairloom_slot, texts_key(texts) AS pairloom_texts FROM input) AS placed
    WHERE ${condition}
    ORDER BY pairloom_partition, image_id, uid, pairloom_texts`
}
