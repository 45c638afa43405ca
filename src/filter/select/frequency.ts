import { z } from 'zod'
import type { Row } from '../../core/column.ts'
import { defineGlobal, type GlobalBatch, type Verdict } from '../../core/stage.ts'
import { intoPartitions, rowsByUid, SLOTS } from '../by-uid.ts'
import { sqlText } from './sql-text.ts'

const NAME = 'filter/frequency'

const limit = (doc: string) => z.int().min(1).optional().describe(doc)

const options = z.strictObject({
  captionImages: limit(
    'images that may have the same caption, letter for letter; rows of such captions are dropped',
  ),
  imageTexts: limit('different texts that one image may have, over all of its rows and texts'),
  siteRows: limit('rows of one site that go on, of those that the other limits leave, drawn by the seed'),
  partitions: z
    .int()
    .min(1)
    .max(SLOTS)
    .optional()
    .describe('output partitions; as many as come in where it is not given'),
})

/**
 * Drops what is too frequent among all rows: captions that many images share, images that many texts name, and rows of a
 * site beyond a number.
 *
 * ALIGN (arXiv 2102.05918, 3) drops alt texts shared by more than 10 images and images with more than 1,000 texts:
 * `captionImages: 10`, `imageTexts: 1000`. Rows of a site are taken in the order of md5(seed, uid), never as they come;
 * rows of one uid stay or go together and count once. Ends as `caption-shared`, `image-shared`, `site-full`, the value
 * the number counted. Rows come out by md5(uid).
 * Memory: as `rowsByUid`; captions, images and sites are grouped and sorted, and spill.
 */
export const frequency = defineGlobal({
  name: NAME,
  version: 1,
  summary:
    'Drop captions that many images share, images that many texts name, and rows of a site beyond a number',
  options,
  seeded: true,
  check: ({ captionImages, imageTexts, siteRows }) =>
    (captionImages ?? imageTexts ?? siteRows)
      ? []
      : ['expected captionImages, imageTexts or siteRows, got none: every row would go on'],
  reads: ['uid', 'image_id', 'site', 'texts', 'caption'],
  adds: {},
  partitions: (chosen) => chosen.partitions ?? 0,
  async *run(input, { options: chosen, seed, memoryBytes, drop }): AsyncGenerator<GlobalBatch> {
    const partitions = chosen.partitions ?? Math.max(1, input.partitions)
    for (const { name, sql } of tables(chosen, seed)) await input.table(name, sql)
    const select = (from: string, to: string) => statement(chosen, from, to)
    yield* intoPartitions(rowsByUid(input, memoryBytes, select), partitions, (twins) => {
      const kept: Row[] = []
      for (const { pairloom_slot: _, pairloom_captions, pairloom_images, pairloom_sites, ...row } of twins) {
        const counts = [pairloom_captions, pairloom_images, pairloom_sites]
        const at = counts.findIndex((count) => typeof count === 'number')
        if (at < 0) kept.push(row)
        else drop(row, verdictOf(at, counts[at] as number, chosen))
      }
      return kept
    })
  },
})

type Chosen = z.infer<typeof options>

function verdictOf(at: number, count: number, { captionImages, imageTexts, siteRows }: Chosen): Verdict {
  const { reason, limit: most } = [
    { reason: 'caption-shared', limit: `<= ${captionImages} images` },
    { reason: 'image-shared', limit: `<= ${imageTexts} texts` },
    { reason: 'site-full', limit: `<= ${siteRows} rows` },
  ][at]!
  return { status: 'dropped', rule: NAME, reason, value: String(count), limit: most }
}

/**
 * What breaks a limit, counted once for all passes: captions, images, and rows of full sites. Counts by grouping twice: a
 * count of distinct values would not spill. DuckDB and Spark share all of it.
 */
function tables({ captionImages, imageTexts, siteRows }: Chosen, seed: string) {
  const found: { name: string; sql: string }[] = []
  if (captionImages !== undefined)
    found.push({
      name: 'pairloom_shared_captions',
      sql: `
        SELECT words AS pairloom_words, count(*) AS pairloom_captions
        FROM (SELECT caption_text(texts, caption) AS words, image_id FROM input GROUP BY 1, 2)
        GROUP BY words HAVING count(*) > ${captionImages}`,
    })
  if (imageTexts !== undefined)
    found.push({
      name: 'pairloom_shared_images',
      sql: `
        SELECT image_id AS pairloom_image, count(*) AS pairloom_images FROM (
          SELECT image_id, item.text AS words FROM (SELECT image_id, explode(texts) AS item FROM input) GROUP BY 1, 2
        ) GROUP BY image_id HAVING count(*) > ${imageTexts}`,
    })
  if (siteRows !== undefined)
    found.push({
      name: 'pairloom_full_sites',
      sql: `
        WITH rest AS (
          SELECT site, uid FROM input ${joins({ captionImages, imageTexts })}
          WHERE ${whole({ captionImages, imageTexts })} GROUP BY site, uid
        ), full_sites AS (
          SELECT site AS full_site, count(*) AS pairloom_sites FROM rest GROUP BY site HAVING count(*) > ${siteRows}
        ), drawn AS (
          SELECT site, uid, pairloom_sites, row_number() OVER (
            PARTITION BY site ORDER BY md5(concat(${sqlText(`${seed}:`)}, uid)), uid
          ) AS place
          FROM rest JOIN full_sites ON site = full_site
        )
        SELECT site AS pairloom_site, uid AS pairloom_uid, pairloom_sites FROM drawn WHERE place > ${siteRows}`,
    })
  return found
}

function joins({ captionImages, imageTexts, siteRows }: Chosen): string {
  const on = [
    captionImages === undefined
      ? ''
      : 'LEFT JOIN pairloom_shared_captions ON caption_text(texts, caption) = pairloom_words',
    imageTexts === undefined ? '' : 'LEFT JOIN pairloom_shared_images ON image_id = pairloom_image',
    siteRows === undefined
      ? ''
      : 'LEFT JOIN pairloom_full_sites ON site = pairloom_site AND uid = pairloom_uid',
  ]
  return on.join(' ')
}

/** Rows that no other limit drops: they alone count for their site. */
function whole({ captionImages, imageTexts }: Chosen): string {
  return [
    'TRUE',
    ...(captionImages === undefined ? [] : ['pairloom_captions IS NULL']),
    ...(imageTexts === undefined ? [] : ['pairloom_images IS NULL']),
  ].join(' AND ')
}

function statement(chosen: Chosen, from: string, to: string): string {
  const counts = [
    ...(chosen.captionImages === undefined ? [] : ['pairloom_captions']),
    ...(chosen.imageTexts === undefined ? [] : ['pairloom_images']),
    ...(chosen.siteRows === undefined ? [] : ['pairloom_sites']),
  ]
  return `
    WITH placed AS (SELECT *, substr(md5(uid), 1, 4) AS pairloom_slot FROM input)
    SELECT placed.*, ${counts.join(', ')}
    FROM placed ${joins(chosen)}
    WHERE pairloom_slot >= '${from}' AND pairloom_slot < '${to}'
    ORDER BY pairloom_slot, uid`
}
