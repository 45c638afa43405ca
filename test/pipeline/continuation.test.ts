import { describe, expect, it } from 'vitest'
import type { PipelineInput } from '../../src/index.ts'
import { openRegistry } from '../../src/pipeline/registry.ts'
import { ledgersOf, readFlow, stageData } from '../../src/pipeline/report/flow.ts'
import type { RunFolder } from '../../src/pipeline/run-folder.ts'
import { newestPlan, runStatus } from '../../src/pipeline/status.ts'
import { eventsOf, pipelineBench } from './harness.ts'

const bench = pipelineBench()

/** 100 rows in 2 partitions; 40 and 50 of them reach the slow stage, which drops the 10 whose number ends in 3. */
const pipeline = (slow: Record<string, unknown> = {}): PipelineInput => ({
  name: 'chains',
  plugins: ['./fixtures/memory.ts'],
  stages: {
    rows: { use: 'memory/rows', rows: 100, partitions: 2 },
    clean: { filters: { length: { min: 2 } } },
    slow: { use: 'memory/slow', ...slow },
    after: { filters: { length: { min: 3 } } },
    order: { use: 'memory/order', rows: 30 },
    lines: { use: 'memory/lines' },
  },
})

/** Partition, rows that ended in it and rows it left over. */
async function links(folder: RunFolder): Promise<[number, number, number][]> {
  const [dataset] = await folder.datasets('slow')
  const commits = [...(await folder.readCommits(dataset!)).values()].sort((a, b) => a.partition - b.partition)
  return commits.map(({ partition, tally, files }) => [partition, tally.rowsIn, files.rest?.rows ?? 0])
}

async function ledgerOf(folder: RunFolder) {
  const plan = await newestPlan(folder)
  return ledgersOf(stageData(await readFlow(folder, plan), await openRegistry(plan.plugins)))[0]
}

const CHAINS = [
  [0, 20, 20],
  [1, 20, 30],
  [2, 20, 0],
  [3, 20, 10],
  [5, 10, 0],
]

describe('continuations', () => {
  it('give equal shards and counts that add up', async () => {
    await bench.run(pipeline(), { workers: 1 }, 'whole')
    expect(await links(bench.runFolder('whole'))).toEqual([
      [0, 40, 0],
      [1, 50, 0],
    ])
    const ran = await bench.run(pipeline({ perLink: 20 }), { workers: 2 })
    expect(ran.error).toBeNull()
    expect(await links(bench.runFolder())).toEqual(CHAINS)
    expect(ran.tally('slow')).toMatchObject({ rowsIn: 90, kept: 80, dropped: 10, failed: 0 })
    expect(ran.tally('after')).toMatchObject({ rowsIn: 80, kept: 80 })
    const left = eventsOf(ran, 'task').filter((e) => e.stage === 'slow' && e.deferred > 0)
    expect(Object.fromEntries(left.map((e) => [e.partition, e.deferred]))).toEqual({ 0: 20, 1: 30, 3: 10 })
    expect(await bench.published()).toEqual(await bench.published('lines', 'whole'))

    expect(await runStatus(bench.runFolder())).toMatchObject({
      finished: true,
      stages: [
        { stage: 'rows', done: 2, partitions: 2 },
        { stage: 'clean', done: 2, partitions: 2 },
        { stage: 'slow', done: 5, partitions: 5 },
        { stage: 'after', done: 5, partitions: 5 },
        { stage: 'order', done: 3, partitions: 3 },
        { stage: 'lines', done: 3, partitions: 3 },
      ],
    })
    expect(await ledgerOf(bench.runFolder())).toMatchObject({
      found: 100,
      delivered: 80,
      dropped: 20,
      failed: 0,
      waiting: 0,
      lost: 0,
    })
  })

  it('go on after a link that failed for good, its rows counted as lost meanwhile', async () => {
    const failed = await bench.run(pipeline({ perLink: 20, failLink: 1 }), { workers: 1, attempts: 1 })
    expect(failed.error).toMatchObject({ code: 'PL_PARTITION_FAILED' })
    expect(await ledgerOf(bench.runFolder())).toMatchObject({ found: 100, lost: 50, waiting: 36 })
    const mended = await bench.run(pipeline({ perLink: 20 }), { workers: 1 })
    expect(mended.error).toBeNull()
    expect(await links(bench.runFolder())).toEqual(CHAINS)
    expect(mended.tally('lines').kept).toBe(80)
    expect(await ledgerOf(bench.runFolder())).toMatchObject({ delivered: 80, lost: 0, waiting: 0 })
  })

  it('go on after an interruption between two links', async () => {
    const stop = new AbortController()
    const stopped = await bench.run(pipeline({ perLink: 20 }), {
      workers: 1,
      signal: stop.signal,
      onEvent: (e) => {
        if (e.event === 'task' && e.stage === 'slow' && e.partition === 3) stop.abort()
      },
    })
    expect(stopped.error).toMatchObject({ code: 'PL_INTERRUPTED' })
    expect(await runStatus(bench.runFolder())).toMatchObject({ finished: false })
    expect(await ledgerOf(bench.runFolder())).toMatchObject({ lost: 0 })
    const resumed = await bench.run(pipeline({ perLink: 20 }), { workers: 1 })
    expect(await links(bench.runFolder())).toEqual(CHAINS)
    expect(new Set(eventsOf(resumed, 'task').map((e) => e.stage))).not.toContain('clean')
    expect(resumed.tally('lines').kept).toBe(80)
  })

  it('end where a link does nothing: its rows are failed as deferred', async () => {
    const ran = await bench.run(pipeline({ perLink: 0 }), { workers: 1, to: 'slow' })
    expect(ran.error).toBeNull()
    expect(await links(bench.runFolder())).toEqual([
      [0, 40, 0],
      [1, 50, 0],
    ])
    expect(ran.tally('slow')).toMatchObject({
      rowsIn: 90,
      failed: 90,
      reasons: { 'failed.memory/slow.deferred': 90 },
    })
  })
})

describe('a pipeline', () => {
  it('may not have a sink below continuations, nor a second stage that leaves some', async () => {
    const { slow: _, after: _after, order, ...stages } = pipeline().stages
    const twice = { slow: { use: 'memory/slow' }, again: { use: 'memory/slow' } }
    await expect(
      bench.run({ ...pipeline(), stages: { rows: stages.rows!, slow: twice.slow, lines: stages.lines! } }),
    ).rejects.toThrow('stages.lines: a sink needs rows in an order that does not depend on the fetch')
    await expect(
      bench.run({ ...pipeline(), stages: { rows: stages.rows!, ...twice, order: order! } }),
    ).rejects.toThrow(
      'stages.again: memory/slow leaves rows to continuations, as slow above does; put a global',
    )
  })
})
