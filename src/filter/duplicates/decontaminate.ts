import { z } from 'zod'
import type { Row } from '../../core/column.ts'
import type { Text } from '../../core/row.ts'
import { defineStage, type Verdict } from '../../core/stage.ts'
import { THUMB_BYTES } from '../../media/thumb.ts'
import {
  evaluationDigest,
  normalText,
  openEvaluationSet,
  type EvaluationPicture,
  type EvaluationSet,
} from './evaluation-set.ts'
import { HASHES, isHash, mirrorOf, type HashName } from './hash-set.ts'
import { likeness, thumbColours } from './thumb-distance.ts'

const NAME = 'filter/decontaminate'

const options = z.strictObject({
  images: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'pictures of evaluation sets: folders of them, or lists with a line `phash:` (or `pdq:`, as `by` says) and hex digits, or `sha256:` of the bytes as they come, then a name. Relative to the working directory',
    ),
  texts: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'lists of texts of evaluation sets, one a line, plain or `.gz` or `.zst`; compared in NFC, small letters, with one space between words',
    ),
  by: z
    .enum(Object.keys(HASHES) as [HashName, ...HashName[]])
    .default('phash')
    .describe('perceptual hash that finds candidates; `hashes` of the crawl makes it'),
  radius: z
    .int()
    .min(0)
    .max(31)
    .default(8)
    .describe('bits by which the hashes of two pictures may differ; up to 15 of `phash`'),
  colours: z
    .number()
    .min(0)
    .max(255)
    .default(20)
    .describe(
      'how far thumbs may be apart, as of `filter/near-duplicates`; a list has none, there the hash decides',
    ),
  mirror: z.boolean().default(true).describe('takes the mirror image of a picture for it'),
})

type Options = z.infer<typeof options>

/**
 * Drops rows whose picture or text is in an evaluation set, so that what is trained on is not what is tested with.
 *
 * A picture is taken for one of a set as `filter/near-duplicates` takes two for one, or by equal bytes: `evaluation-image`;
 * a row of which any text is in a list: `evaluation-text`. The value names the item, the limit says how far it is.
 * Memory: 4 KiB a picture of the sets, and their texts, in each worker.
 */
export const decontaminate = defineStage({
  name: NAME,
  version: 1,
  summary: 'Drop rows whose picture or text is in an evaluation set',
  options,
  reads: ['texts'],
  optionReads: ({ images, by }) => (images.length > 0 ? [by, 'thumb16', 'sha256'] : []),
  adds: {},
  check: ({ images, texts, by, radius }) => [
    ...(images.length + texts.length === 0
      ? ['expected images or texts of an evaluation set, got none']
      : []),
    ...(by === 'phash' && radius > 15 ? [`expected a radius of 15 at most by phash, got ${radius}`] : []),
  ],
  identity: evaluationDigest,
  async *process(batches, { options: chosen, drop }) {
    const set = await openEvaluationSet(chosen)
    for await (const rows of batches) {
      yield rows.filter((row) => {
        const verdict = byPicture(row, set, chosen) ?? byText(row, set)
        if (verdict) drop(row, { status: 'dropped', rule: NAME, ...verdict })
        return verdict === null
      })
    }
  },
})

type Found = Pick<Verdict, 'reason' | 'value' | 'limit'>

function byPicture(row: Row, set: EvaluationSet, chosen: Options): Found | null {
  if (chosen.images.length === 0) return null
  const same = typeof row.sha256 === 'string' ? set.ofBytes(row.sha256) : null
  if (same !== null) return { reason: 'evaluation-image', value: same, limit: 'equal bytes' }
  const { [chosen.by]: hash, thumb16: thumb } = row
  if (!isHash(chosen.by, hash)) return null
  const near = set.near(hash)
  if (near.length === 0) return null
  const colours = thumb instanceof Uint8Array && thumb.length === THUMB_BYTES ? thumbColours(thumb) : null
  for (const item of near) {
    const bits = bitsOf(hash, item, chosen.mirror)
    const limit = `${bits} <= ${chosen.radius} bits`
    if (item.colours === null || colours === null)
      return { reason: 'evaluation-image', value: item.name, limit }
    const like = likeness(colours, item.colours, chosen.colours, chosen.mirror)
    if (like)
      return {
        reason: 'evaluation-image',
        value: item.name,
        limit: `${limit}, ${like.distance.toFixed(1)} <= ${chosen.colours} levels`,
      }
  }
  return null
}

function byText(row: Row, set: EvaluationSet): Found | null {
  for (const { text } of (row.texts as Text[] | null) ?? []) {
    const place = set.ofText(normalText(text))
    if (place !== null) return { reason: 'evaluation-text', value: place, limit: 'equal text' }
  }
  return null
}

function bitsOf(hash: string, { hash: other }: EvaluationPicture, mirror: boolean): number {
  const sides = mirror ? [hash, mirrorOf(hash)] : [hash]
  const differ = (side: string) => {
    let bits = 0
    for (let at = 0; at < side.length; at++) {
      let digit = Number.parseInt(side[at]!, 16) ^ Number.parseInt(other[at]!, 16)
      for (; digit > 0; digit &= digit - 1) bits++
    }
    return bits
  }
  return Math.min(...sides.map(differ))
}
