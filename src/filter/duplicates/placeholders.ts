import { z } from 'zod'
import type { Row } from '../../core/column.ts'
import { defineGlobal, type GlobalBatch, type Verdict } from '../../core/stage.ts'
import { intoPartitions, rowsByUid, SLOTS } from '../by-uid.ts'

const NAME = 'filter/placeholders'

const options = z.strictObject({
  sites: z
    .int()
    .min(1)
    .default(10)
    .describe('sites that may give the same bytes; pictures of more are placeholders'),
  urls: z
    .int()
    .min(1)
    .default(100)
    .describe(
      'addresses that may give the same bytes, of whichever sites; pictures of more are placeholders',
    ),
  tinySide: z
    .int()
    .min(0)
    .default(4)
    .describe('shortest side at the origin up to which a picture counts people or holds space, px; 0: none'),
  partitions: z
    .int()
    .min(1)
    .max(SLOTS)
    .optional()
    .describe('output partitions; as many as come in where it is not given'),
})

/**
 * Drops what servers give instead of pictures: the same bytes at many sites or addresses (`placeholder-shared`: logos, "image
 * not available", what a shop shows for a product without a picture), and pictures of a few pixels (`placeholder-tiny`:
 * counters, spacers).
 *
 * Belongs before `filter/exact-duplicates`, which leaves one row of equal pictures: nobody could tell any more how many there
 * were. Rows without a hash or a size stay. What their captions say is `filter/boilerplate`'s. Rows come out by md5(uid).
 * Memory: as `rowsByUid`; hashes, sites and addresses are grouped, and spill.
 */
export const placeholders = defineGlobal({
  name: NAME,
  version: 1,
  summary: 'Drop pictures that many sites or addresses share, and those of a few pixels',
  options,
  reads: ['uid', 'url', 'site', 'sha256', 'original_width', 'original_height'],
  adds: {},
  partitions: (chosen) => chosen.partitions ?? 0,
  async *run(input, { options: chosen, memoryBytes, drop }): AsyncGenerator<GlobalBatch> {
    const partitions = chosen.partitions ?? Math.max(1, input.partitions)
    const select = (from: string, to: string) => statement(chosen, from, to)
    yield* intoPartitions(rowsByUid(input, memoryBytes, select), partitions, (twins) => {
      const kept: Row[] = []
      for (const { pairloom_slot: _, pairloom_sites: sites, pairloom_urls: urls, ...row } of twins) {
        const found = tiny(row, chosen.tinySide) ?? shared(sites, urls, chosen)
        if (found === null) kept.push(row)
        else drop(row, { status: 'dropped', rule: NAME, ...found })
      }
      return kept
    })
  },
})

type Found = Pick<Verdict, 'reason' | 'value' | 'limit'>

function tiny({ original_width: width, original_height: height }: Row, side: number): Found | null {
  if (typeof width !== 'number' || typeof height !== 'number' || Math.min(width, height) > side) return null
  return { reason: 'placeholder-tiny', value: `${width} x ${height} px`, limit: `> ${side}` }
}

function shared(sites: unknown, urls: unknown, limits: { sites: number; urls: number }): Found | null {
  if (typeof sites !== 'number' || typeof urls !== 'number') return null
  return {
    reason: 'placeholder-shared',
    value: `${sites} sites, ${urls} addresses`,
    limit: `<= ${limits.sites}, ${limits.urls}`,
  }
}

/** Counts by grouping twice: a count of distinct values would not spill. DuckDB and Spark share all of it. */
function statement({ sites, urls }: { sites: number; urls: number }, from: string, to: string): string {
  return `
    WITH addresses AS (
      SELECT sha256, site, url FROM input WHERE sha256 IS NOT NULL GROUP BY sha256, site, url
    ), by_site AS (
      SELECT sha256, site, count(*) AS urls FROM addresses GROUP BY sha256, site
    ), shared AS (
      SELECT sha256 AS pairloom_key, count(*) AS pairloom_sites, CAST(sum(urls) AS BIGINT) AS pairloom_urls
      FROM by_site GROUP BY sha256 HAVING count(*) > ${sites} OR sum(urls) > ${urls}
    ), placed AS (
      SELECT *, substr(md5(uid), 1, 4) AS pairloom_slot FROM input
    )
    SELECT placed.*, pairloom_sites, pairloom_urls
    FROM placed LEFT JOIN shared ON sha256 = pairloom_key
    WHERE pairloom_slot >= '${from}' AND pairloom_slot < '${to}'
    ORDER BY pairloom_slot, uid`
}
