import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { planPipeline, type PipelineInput } from '../../src/index.ts'
import { pipelineBench } from './harness.ts'

const bench = pipelineBench()

/** Without a global stage: the sink takes partitions as they are. */
function straight(failPartition: number): PipelineInput {
  return {
    name: 'straight',
    plugins: ['./fixtures/memory.ts'],
    stages: {
      rows: { use: 'memory/rows', failPartition },
      clean: { filters: { length: { min: 2 } } },
      lines: { use: 'memory/lines' },
    },
  }
}

function global(failPartition: number): PipelineInput {
  return {
    name: 'global',
    plugins: ['./fixtures/memory.ts'],
    stages: {
      rows: { use: 'memory/rows', failPartition },
      order: { use: 'memory/order' },
      clean: { filters: { length: { min: 2 } } },
      lines: { use: 'memory/lines' },
    },
  }
}

describe('a run without partitions that failed', () => {
  it.each([
    ['a sink takes partitions as they are', straight],
    ['a global stage goes on without them', global],
  ])('is whole once they are mended, where %s', async (_, pipeline) => {
    const without = await bench.run(pipeline(3), { attempts: 1, allowFailed: true })
    expect(without.error).toBeNull()
    expect(without.tally('lines').kept).toBe(700)
    const mended = await bench.run(pipeline(-1))
    expect(mended.error).toBeNull()
    expect(mended.tally('lines').kept).toBe(900)
    await bench.run(pipeline(-1), {}, 'fresh')
    expect(await bench.published('lines')).toEqual(await bench.published('lines', 'fresh'))
    // The data set that was made without them is not taken again once nothing is missing.
    const again = await bench.run(pipeline(-1), { allowFailed: true })
    expect(again.error).toBeNull()
    expect(again.tally('lines').kept).toBe(900)
  })

  it('tries them again first', async () => {
    await bench.run(global(3), { attempts: 1, allowFailed: true })
    const still = await bench.run(global(3), { attempts: 1, allowFailed: true })
    expect(still.error).toBeNull()
    expect(still.tally('lines').kept).toBe(700)
    expect(still.events.filter((e) => e.event === 'failed')).toHaveLength(1)
  })
})

describe('a run folder', () => {
  it('may lie under folders that look like columns', async () => {
    await bench.run(global(-1), {}, 'plain')
    const odd = join('site=zzz', 'url=foo', "it's [1]")
    expect((await bench.run(global(-1), {}, odd)).error).toBeNull()
    expect(await bench.published('lines', odd)).toEqual(await bench.published('lines', 'plain'))
  })

  it('and the folder of the shards are apart', async () => {
    for (const [run, out] of [
      ['a', 'a'],
      ['a', 'a/out'],
      ['a/run', 'a'],
    ] as const) {
      await expect(planPipeline(global(-1), { base: import.meta.dirname, run, out })).rejects.toMatchObject({
        code: 'PL_CONFIG',
        message: expect.stringContaining('expected folders apart from each other') as string,
      })
    }
  })
})

describe('crawl/fetch', () => {
  const refused =
    'needs all rows of one site in one partition; put crawl/merge-links above, with filters at most'
  it.each<{ above: PipelineInput['stages']; isRefused: boolean }>([
    { above: {}, isRefused: true },
    { above: { links: { use: 'crawl/merge-links' } }, isRefused: false },
    { above: { links: { use: 'crawl/merge-links' }, words: { filters: { words: {} } } }, isRefused: false },
    {
      above: { links: { use: 'crawl/merge-links' }, unique: { use: 'filter/exact-duplicates', by: 'url' } },
      isRefused: true,
    },
    { above: { words: { filters: { words: {} } } }, isRefused: true },
  ])('needs each site in one partition: $above', async ({ above, isRefused }) => {
    const faults = await planPipeline(
      {
        name: 'partitions',
        stages: {
          pages: { use: 'crawl/site', start: ['http://a.test/'] },
          ...above,
          images: { use: 'crawl/fetch' },
        },
      },
      { base: import.meta.dirname },
    ).then(
      () => null,
      (error: Error) => error.message,
    )
    expect(faults?.includes(`stages.images: crawl/fetch ${refused}`) ?? false).toBe(isRefused)
    if (!isRefused) expect(faults).toBeNull()
  })
})

describe('a sink', () => {
  it('is refused rows in the order of their fetch', async () => {
    const pipeline: PipelineInput = {
      name: 'unordered',
      stages: {
        pages: { use: 'crawl/site', start: ['http://a.test/'] },
        links: { use: 'crawl/merge-links' },
        images: { use: 'crawl/fetch' },
        sizes: { filters: { 'image-size': {} } },
        shards: { use: 'shard/webdataset' },
      },
    }
    await expect(planPipeline(pipeline, { base: import.meta.dirname })).rejects.toThrow(
      'stages.shards: a sink needs rows in an order that does not depend on the fetch; put shard/pack above',
    )
  })
})
