import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/core/index.ts'
import { hashIndex } from '../../src/media/hash-index.ts'

const distanceOf = (a: string, b: string) =>
  (BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(2).replaceAll('0', '').length

describe('media/hash-index', () => {
  it.each([
    [64, 0],
    [64, 5],
    [64, 15],
    [64, 16],
    [64, 31],
    [16, 0],
    [16, 3],
    [16, 8],
    [16, 15],
  ])('finds exactly the hashes of %d digits within %d bits', (digits, distance) => {
    const seeds = Array.from({ length: 40 }, (_, i) => sha256(`hash ${i}`).slice(0, digits))
    const hashes = seeds.flatMap((hash, i) => [hash, turned(hash, distance + (i % 3) - 1, i)])
    const find = hashIndex(hashes, distance)
    let found = 0
    for (const [i, hash] of seeds.entries()) {
      const asked = turned(hash, i % 2, i + 7)
      const near = hashes.flatMap((other, place) => (distanceOf(other, asked) <= distance ? [place] : []))
      expect(find(asked)).toEqual(near)
      found += near.length
    }
    expect(found).toBeGreaterThan(20)
  })

  it('finds nothing in nothing', () => expect(hashIndex([], 8)('0'.repeat(16))).toEqual([]))
})

/** A hash with bits turned at places that a number chooses. */
function turned(hash: string, bits: number, by: number): string {
  let value = BigInt(`0x${hash}`)
  const length = hash.length * 4
  for (let i = 0; i < bits; i++) value ^= 1n << BigInt((by * 13 + i * 37) % length)
  return value.toString(16).padStart(hash.length, '0')
}
