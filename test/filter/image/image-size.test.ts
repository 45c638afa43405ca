import { describe, expect, it } from 'vitest'
import { collect } from '../../../src/core/index.ts'
import { imageSize } from '../../../src/filter/index.ts'

describe('filter/image-size', () => {
  it.each([
    { width: 200, height: 600, verdict: 'kept' }, // both limits, inclusive
    { width: 600, height: 200, verdict: 'kept' },
    { width: 199, height: 199, verdict: 'dropped.too-small' },
    { width: 200, height: 601, verdict: 'dropped.too-elongated' },
    { width: 0, height: 0, verdict: 'dropped.too-small' },
    { width: NaN, height: 600, verdict: 'dropped.unmeasured' },
    { width: null, height: 600, verdict: 'dropped.unmeasured' },
  ])('$width x $height px is $verdict', async ({ width, height, verdict }) => {
    const { counters } = await collect(imageSize, [{ original_width: width, original_height: height }])
    expect(counters).toEqual({ [verdict]: 1 })
  })

  it('judges the picture as the origin sent it, not as it is stored', async () => {
    const row = { original_width: 1000, original_height: 800, width: 64, height: 64 }
    const { kept } = await collect(imageSize, [row])
    expect(kept).toEqual([{ ...row, image_size_short_side: 800, image_size_ratio: 1.25 }])
  })
})
