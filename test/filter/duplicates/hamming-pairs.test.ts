import { describe, expect, it } from 'vitest'
import { seededRandom, type Random } from '../../../src/core/index.ts'
import { hammingPairs } from '../../../src/filter/duplicates/hamming-pairs.ts'
import {
  distanceOf,
  hashOf,
  isHash,
  numberOf,
  openHashSet,
  type HashName,
} from '../../../src/filter/duplicates/hash-set.ts'

function hex(random: Random, digits: number): string {
  return Array.from({ length: digits }, () => random.below(16).toString(16)).join('')
}

/** A hash with `bits` of its bits turned. */
function turned(random: Random, hash: string, bits: number): string {
  let value = BigInt(`0x${hash}`)
  const places = random.shuffle(Array.from({ length: hash.length * 4 }, (_, i) => i)).slice(0, bits)
  for (const place of places) value ^= 1n << BigInt(place)
  return value.toString(16).padStart(hash.length, '0')
}

function setOf(name: HashName, hashes: Iterable<string>) {
  const set = openHashSet(name)
  for (const hash of [...new Set(hashes)].sort()) set.add(hash)
  return set.done()
}

const mirrored = (hash: string) =>
  (BigInt(`0x${hash}`) ^ BigInt(`0x${'5'.repeat(hash.length)}`)).toString(16).padStart(hash.length, '0')

describe('pairs of hashes', () => {
  it.each([
    { by: 'phash', radius: 0 },
    { by: 'phash', radius: 3 },
    { by: 'phash', radius: 8 },
    { by: 'phash', radius: 16 },
    { by: 'pdq', radius: 31 },
  ] as const)('of $by are exactly those within $radius bits, mirror images too', ({ by, radius }) => {
    const random = seededRandom(`${by} ${radius}`)
    const digits = by === 'phash' ? 16 : 64
    const seeds = Array.from({ length: 150 }, () => hex(random, digits))
    const near = seeds.flatMap((hash) => [
      turned(random, hash, random.below(radius + 4)),
      turned(random, mirrored(hash), random.below(radius + 4)),
    ])
    const set = setOf(by, [...seeds, ...near])
    const expected: string[] = []
    for (let a = 0; a < set.size; a++)
      for (let b = a + 1; b < set.size; b++)
        for (const isMirrored of [false, true])
          if (distanceOf(set, a, b, isMirrored) <= radius) expected.push(`${a} ${b}`)
    const { a, b, size, hot } = hammingPairs(set, { radius, mirror: true, bucket: 1024 })
    const found = Array.from({ length: size }, (_, i) => `${a[i]} ${b[i]}`)
    expect(found.sort()).toEqual(expected.sort())
    expect(found.length).toBeGreaterThan(20)
    expect(hot.size).toBe(0)
  })

  it('are found in buckets of every size: many hashes that begin alike', () => {
    const random = seededRandom('alike')
    const set = setOf(
      'phash',
      Array.from({ length: 800 }, () => `ffff0000ff${hex(random, 6)}`),
    )
    const expected: string[] = []
    for (let a = 0; a < set.size; a++)
      for (let b = a + 1; b < set.size; b++) if (distanceOf(set, a, b, false) <= 6) expected.push(`${a} ${b}`)
    const { a, b, size } = hammingPairs(set, { radius: 6, mirror: false, bucket: 1024 })
    expect(Array.from({ length: size }, (_, i) => `${a[i]} ${b[i]}`).sort()).toEqual(expected.sort())
  })

  it('are cut off where a hash has more of them than a bucket holds, and the hash is named', () => {
    const random = seededRandom('hot')
    const hashes = Array.from({ length: 500 }, () => turned(random, '0123456789abcdef', random.below(4)))
    const { size, hot } = hammingPairs(setOf('phash', hashes), { radius: 8, mirror: false, bucket: 10 })
    expect(size).toBeLessThanOrEqual(5 * 500)
    expect(hot.size).toBeGreaterThan(0)
    for (const hash of hot.keys()) expect(hashes).toContain(hash)
  })

  it('take as many comparisons for each of 100,000 hashes as of 10,000', () => {
    const random = seededRandom('flat')
    const each = [10_000, 100_000].map((count) => {
      const set = setOf(
        'phash',
        Array.from({ length: count }, () => hex(random, 16)),
      )
      const { compared, size } = hammingPairs(set, { radius: 4, mirror: false, bucket: 1024 })
      expect(size).toBeLessThan(20)
      return compared / count
    })
    expect(each[1]!).toBeLessThan(2 * each[0]!)
  })
})

describe('a set of hashes', () => {
  it('knows its hashes by number, and no others', () => {
    const hashes = ['0000000000000000', '00000000ffffffff', 'ffffffff00000000', 'ffffffffffffffff']
    const set = setOf('phash', hashes)
    expect(hashes.map((hash) => numberOf(set, hash))).toEqual([0, 1, 2, 3])
    expect(hashes.map((_, number) => hashOf(set, number))).toEqual(hashes)
    expect(numberOf(set, '0000000000000001')).toBe(-1)
    expect(distanceOf(set, 0, 3, false)).toBe(64)
    expect(distanceOf(set, 0, 3, true)).toBe(32)
  })

  it.each([null, 5, '', 'xyz', '0123456789ABCDEF', '0123456789abcde', '0123456789abcdef0'])(
    'takes no %j for a hash',
    (value) => expect(isHash('phash', value)).toBe(false),
  )
})
