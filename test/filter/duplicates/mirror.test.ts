import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { distanceOf, openHashSet } from '../../../src/filter/duplicates/hash-set.ts'
import { pictureHashes } from '../../../src/media/picture-hashes.ts'

/** Shapes that are not their own mirror image. */
function scene(x: number, y: number) {
  const shapes = `<circle cx="${x}" cy="80" r="55" fill="#c31"/><path d="M0 320 ${x + 80} ${y} 400 290 400 320Z" fill="#142"/>`
  const light = `<path d="M240 ${y - 100} 380 60 350 150 260 110Z" fill="#fe9"/>`
  return sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="320"><rect width="400" height="320" fill="#58b"/>${shapes}${light}</svg>`,
    ),
  ).removeAlpha()
}

describe('the hash of a mirror image', () => {
  it.each([
    ['phash', 90, 130, 8],
    ['phash', 200, 180, 8],
    ['pdq', 90, 130, 31],
    ['pdq', 200, 180, 31],
  ] as const)(
    '%s of scene %d, %d is that of the picture with the odd columns turned, within %d bits',
    async (by, x, y, radius) => {
      const [upright, mirrored] = await Promise.all(
        [scene(x, y), scene(x, y).flop()].map(async (picture) =>
          String((await pictureHashes(await picture.png().toBuffer(), [by]))[by]),
        ),
      )
      const set = openHashSet(by)
      for (const hash of [upright!, mirrored!]) set.add(hash)
      const hashes = set.done()
      expect(distanceOf(hashes, 0, 1, true)).toBeLessThanOrEqual(radius)
      expect(distanceOf(hashes, 0, 1, false)).toBeGreaterThan(radius)
    },
  )
})
