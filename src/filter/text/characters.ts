import { z } from 'zod'
import { defineFilter } from '../../core/filter.ts'
import { captionOf } from '../../core/row.ts'

const options = z.strictObject({
  min: z.int().min(0).default(5).describe('fewest characters in the caption, Unicode code points'),
  max: z.int().min(1).default(1000).describe('most characters in the caption, Unicode code points'),
})

/**
 * Drops captions that are too short or too long, white space at both ends not counted.
 *
 * The least is LAION-400M's, the most COYO-700M's.
 */
export const characters = defineFilter({
  name: 'filter/characters',
  version: 1,
  summary: 'Drop captions with too few or too many characters',
  options,
  check: ({ min, max }) => (min > max ? [`min is ${min}, more than max, which is ${max}`] : []),
  reads: ['texts', 'caption'],
  measures: { count: { type: 'int32', doc: 'Unicode code points in the caption, trimmed' } },
  measure: (row) => ({ count: countCodePoints(captionOf(row).trim()) }),
  rules: ({ min, max }) => [
    { reason: 'too-short', measure: 'count', atLeast: min },
    { reason: 'too-long', measure: 'count', atMost: max },
  ],
})

function countCodePoints(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length - 1; i++) {
    const isPair = (text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00
    if (isPair) count--
  }
  return count
}
