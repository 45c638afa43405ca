import { z } from 'zod'
import { defineFilter } from '../../core/filter.ts'
import type { ImageRow } from '../../core/row.ts'

const options = z.strictObject({
  minSide: z.int().min(1).default(200).describe('shortest side of the original picture, px'),
  maxRatio: z.number().min(1).default(3).describe('longest side / shortest side'),
})

/**
 * Drops images too small or too elongated to survive a square resize.
 *
 * Reads the size at the origin, because the stored picture may have been resized. Defaults are DataComp's basic filter
 * (arXiv 2304.14108, baselines/apply_filter.py), both inclusive.
 * Never throws: a row whose size is null or NaN is dropped as `unmeasured`.
 */
export const imageSize = defineFilter({
  name: 'filter/image-size',
  version: 1,
  summary: 'Drop images below a side length or above an aspect ratio',
  options,
  reads: ['original_width', 'original_height'],
  measures: {
    shortSide: { type: 'int32', doc: 'shortest side at the origin, px' },
    ratio: { type: 'float64', doc: 'longest side / shortest side' },
  },
  measuredBy: [],
  measure({ original_width, original_height }: Pick<ImageRow, 'original_width' | 'original_height'>) {
    const shortSide = Math.min(original_width ?? NaN, original_height ?? NaN)
    return {
      shortSide: Number.isNaN(shortSide) ? null : shortSide,
      ratio: Math.max(original_width, original_height) / shortSide,
    }
  },
  rules: ({ minSide, maxRatio }) => [
    { reason: 'too-small', measure: 'shortSide', atLeast: minSide },
    { reason: 'too-elongated', measure: 'ratio', atMost: maxRatio },
  ],
})
