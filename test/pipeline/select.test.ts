import { expect, it } from 'vitest'
import { pipelineBench } from './harness.ts'

const bench = pipelineBench()

const pipeline = (partitions: number) => ({
  name: 'select',
  seed: '7',
  plugins: ['./fixtures/memory.ts'],
  stages: {
    rows: { use: 'memory/rows', rows: 600, partitions },
    words: { filters: { words: { min: 1 } } },
    frequency: { use: 'filter/frequency', captionImages: 60, siteRows: 60 },
    // Of 600 captions all but those of one word, one in ten, have a number that no other has.
    rare: { use: 'filter/rare-tokens', minCount: 2 },
    top: { use: 'filter/top', by: 'words_count', per: 'site', fraction: 0.5 },
    where: { use: 'filter/where', sql: "words_count >= 1 AND site <> 'site3.test'", partitions: 2 },
    lines: { use: 'memory/lines' },
  },
})

it('selection gives the same bytes on one worker or three, from two partitions or five', async () => {
  const runs = []
  for (const [workers, partitions] of [
    [1, 2],
    [3, 5],
  ] as const) {
    const name = `w${workers}`
    const { error, tally } = await bench.run(pipeline(partitions), { workers }, name)
    expect(error).toBeNull()
    const tallies = ['frequency', 'rare', 'top', 'where'].map((stage) => tally(stage).reasons)
    const published = Object.entries(await bench.published('lines', name)).filter(
      ([path]) => !path.includes('manifest'),
    )
    runs.push({ tallies, published })
  }
  expect(runs[0]!.published.length).toBeGreaterThan(0)
  expect(runs[1]).toEqual(runs[0])
  expect(runs[0]!.tallies.map((reasons) => Object.keys(reasons).sort())).toEqual([
    ['dropped.filter/frequency.site-full'],
    ['dropped.filter/rare-tokens.rare-token'],
    ['dropped.filter/top.not-top'],
    ['dropped.filter/where.where-false'],
  ])
})
