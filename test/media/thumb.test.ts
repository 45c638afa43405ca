import { describe, expect, it } from 'vitest'
import { thumb16, THUMB_BYTES } from '../../src/media/thumb.ts'

const picture = (width: number, height: number, colour: (x: number, y: number) => number[]) =>
  Uint8Array.from(
    Array.from({ length: width * height }, (_, i) => colour(i % width, Math.floor(i / width))).flat(),
  )

describe('media/thumb', () => {
  it('gives the mean colour of each of 16 x 16 parts', () => {
    const rgb = picture(32, 48, (x, y) => [x % 2 === 0 ? 10 : 21, y % 3, 200])
    expect([...thumb16(rgb, 32, 48)]).toEqual(Array.from({ length: 256 }, () => [16, 1, 200]).flat())
  })

  it('parts a pixel between the parts that it lies in', () => {
    // 24 columns: a part is 1.5 pixels wide, the second pixel half in the first part and half in the second.
    const thumb = thumb16(
      picture(24, 16, (x) => [x === 1 ? 90 : 0, 0, 0]),
      24,
      16,
    )
    expect([thumb[0], thumb[3], thumb[6]]).toEqual([30, 30, 0])
  })

  it.each([
    [1, 1],
    [3, 700],
    [700, 3],
    [16, 16],
    [17, 15],
  ])('keeps one colour as it is at %d x %d px', (width, height) => {
    const thumb = thumb16(
      picture(width, height, () => [255, 128, 1]),
      width,
      height,
    )
    expect(thumb).toHaveLength(THUMB_BYTES)
    expect(new Set(thumb)).toEqual(new Set([255, 128, 1]))
  })

  it('of a picture of 16 x 16 px is that picture', () => {
    const rgb = picture(16, 16, (x, y) => [x * 16, y * 16, x ^ y])
    expect([...thumb16(rgb, 16, 16)]).toEqual([...rgb])
  })
})
