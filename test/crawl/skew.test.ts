import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'

const URLS = 2_000_000
const HOSTS = 200_000
const PARTITIONS = 2048

/** URLs of each host by Zipf's law: the k-th has a share of k^-exponent. */
function zipf(exponent: number): number[] {
  const shares = Array.from({ length: HOSTS }, (_, i) => (i + 1) ** -exponent)
  const sum = shares.reduce((total, share) => total + share, 0)
  return shares.map((share) => (URLS * share) / sum)
}

/** As `crawl/merge-links` places a site: by the first four hex digits of its md5. */
const places = Array.from({ length: HOSTS }, (_, i) => {
  const slot = createHash('md5').update(`site${i}.test`).digest().readUInt16BE()
  return Math.floor((slot * PARTITIONS) / 65_536)
})

/** Size of the largest partition, in mean ones. */
function skew(counts: readonly number[]): number {
  const sizes = new Float64Array(PARTITIONS)
  counts.forEach((n, i) => (sizes[places[i]!]! += n))
  const sum = sizes.reduce((total, size) => total + size, 0)
  return (Math.max(...sizes) * PARTITIONS) / sum
}

// The figures of docs/decisions/0007.
it.each([
  { exponent: 0.8, all: 39.3, capped: 3.4, beyond: 10.5 },
  { exponent: 1, all: 160.7, capped: 4.9, beyond: 36.4 },
])('site partitions of hosts by Zipf $exponent', ({ exponent, all, capped, beyond }) => {
  const counts = zipf(exponent)
  const limit = Math.floor(URLS / PARTITIONS)
  const kept = counts.map((n) => Math.min(n, limit))
  const lost = 1 - kept.reduce((total, n) => total + n, 0) / URLS
  expect([skew(counts), skew(kept), 100 * lost].map((n) => Number(n.toFixed(1)))).toEqual([
    all,
    capped,
    beyond,
  ])
})
