import { z } from 'zod'
import { defineFilter } from '../../core/filter.ts'
import { captionOf } from '../../core/row.ts'
import { characterKinds, SPACE } from './character-kind.ts'

const options = z.strictObject({
  min: z.int().min(0).default(5).describe('fewest characters in the caption, Unicode code points'),
  max: z.int().min(1).default(1000).describe('most characters in the caption, Unicode code points'),
  space: z
    .enum(['trimmed', 'collapsed', 'all'])
    .default('trimmed')
    .describe(
      'white space that counts: `trimmed` none at the ends, `collapsed` also each run of it as one, `all` as it is',
    ),
})

/**
 * Drops captions that are too short or too long.
 *
 * The least is LAION-400M's (arXiv 2111.02114), the most COYO-700M's. COYO wants `min: 6, space: collapsed`, DataComp's
 * basic filter (2304.14108, baselines/apply_filter.py) `min: 6, space: all`.
 */
export const characters = defineFilter({
  name: 'filter/characters',
  version: 1,
  summary: 'Drop captions with too few or too many characters',
  options,
  check: ({ min, max }) => (min > max ? [`min is ${min}, more than max, which is ${max}`] : []),
  reads: ['texts', 'caption'],
  measures: {
    count: { type: 'int32', doc: 'Unicode code points in the caption, of white space what counts' },
  },
  measuredBy: ['space'],
  measure: (row, { space }) => {
    const text = captionOf(row)
    if (space === 'all') return { count: countCodePoints(text) }
    const trimmed = text.trim()
    return { count: countCodePoints(trimmed) - (space === 'collapsed' ? countDoubledSpace(trimmed) : 0) }
  },
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

/** White space that follows white space. */
function countDoubledSpace(text: string): number {
  const kinds = characterKinds()
  let count = 0
  for (let i = 1; i < text.length; i++) {
    if (kinds[text.charCodeAt(i)] === SPACE && kinds[text.charCodeAt(i - 1)] === SPACE) count++
  }
  return count
}
