import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  definePipeline,
  planPipeline,
  runPlan,
  type PipelineInput,
  type PlanOptions,
  type RunEvent,
  type RunOptions,
} from '../../src/index.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-run-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function pipeline(change: { min?: number; failPartition?: number; name?: string } = {}): PipelineInput {
  return definePipeline({
    name: change.name ?? 'memory',
    plugins: ['./fixtures/memory.ts'],
    stages: {
      rows: { use: 'memory/rows', failPartition: change.failPartition ?? -1 },
      clean: { filters: { length: { min: change.min ?? 2 } } },
      store: { use: 'memory/store' },
      order: { use: 'memory/order' },
      lines: { use: 'memory/lines' },
    },
  })
}

async function run(input: PipelineInput, options: RunOptions & PlanOptions = {}, name = 'a') {
  const events: RunEvent[] = []
  const plan = await planPipeline(input, {
    base: import.meta.dirname,
    run: join(folder, name, 'run'),
    out: join(folder, name, 'out'),
    ...options,
  })
  const summary = await runPlan(plan, { workers: 2, onEvent: (e) => events.push(e), ...options })
  return { plan, events, summary, tasks: events.filter((e) => e.event === 'task') }
}

/** sha256 of every file of the current data set, by path. */
async function published(name = 'a'): Promise<Record<string, string>> {
  const base = join(folder, name, 'out', 'lines')
  const { dataset } = JSON.parse(await readFile(join(base, 'current.json'), 'utf8')) as { dataset: string }
  const files = (await readdir(join(base, dataset))).sort()
  const digest = async (f: string) =>
    createHash('sha256')
      .update(await readFile(join(base, dataset, f)))
      .digest('hex')
  return Object.fromEntries(await Promise.all(files.map(async (f) => [f, await digest(f)] as const)))
}

async function current(): Promise<{ dataset: string }> {
  return JSON.parse(await readFile(join(folder, 'a', 'out', 'lines', 'current.json'), 'utf8')) as {
    dataset: string
  }
}

function tallyOf(summary: Awaited<ReturnType<typeof run>>['summary'], stage: string) {
  return summary.stages.find((s) => s.stage === stage)!.tally
}

describe('a run', () => {
  it('accounts for every row and publishes the shards', async () => {
    const { summary } = await run(pipeline())
    expect(tallyOf(summary, 'rows')).toMatchObject({ rowsIn: 1000, kept: 1000 })
    expect(tallyOf(summary, 'clean')).toMatchObject({
      rowsIn: 1000,
      kept: 900,
      dropped: 100,
      reasons: { 'dropped.memory/length.too-short': 100 },
    })
    expect(tallyOf(summary, 'store')).toMatchObject({
      rowsIn: 900,
      kept: 800,
      failed: 100,
      reasons: { 'failed.memory/store.http-404': 100 },
    })
    expect(tallyOf(summary, 'order')).toMatchObject({ rowsIn: 800, kept: 800 })
    expect(Object.keys(await published())).toEqual([
      ...Array.from({ length: 8 }, (_, i) => `0000${i}.txt`),
      'index.json',
    ])
  })

  it('does nothing when it is run again', async () => {
    await run(pipeline())
    const before = await published()
    const again = await run(pipeline())
    expect(again.tasks).toEqual([])
    expect(tallyOf(again.summary, 'store')).toMatchObject({ rowsIn: 900, kept: 800, failed: 100 })
    expect(await published()).toEqual(before)
  })

  it('gives the same bytes on 1 worker and on 4', async () => {
    await run(pipeline(), { workers: 1 }, 'one')
    await run(pipeline(), { workers: 4 }, 'four')
    expect(await published('one')).toEqual(await published('four'))
  })

  it('fetches nothing again when only a filter changes, before the fetch as after it', async () => {
    const first = await run(pipeline())
    expect(tallyOf(first.summary, 'store').counters).toEqual({ fetches: 900 })
    const looser = await run(pipeline({ min: 1 }))
    expect(tallyOf(looser.summary, 'store')).toMatchObject({
      rowsIn: 1000,
      counters: { fetches: 100, reused: 900 },
    })
    expect(tallyOf(looser.summary, 'lines').kept).toBe(900)
    const stricter = await run(pipeline({ min: 20 }))
    expect(tallyOf(stricter.summary, 'store').counters.fetches).toBeUndefined()
    await run(pipeline({ min: 20 }), {}, 'fresh')
    expect(await published()).toEqual(await published('fresh'))
  })

  it('writes shards again that are gone, and into another output folder', async () => {
    await run(pipeline())
    const before = await published()
    await rm(join(folder, 'a', 'out', 'lines', (await current()).dataset, '00002.txt'))
    const mended = await run(pipeline())
    expect(mended.tasks.map((t) => [t.stage, t.partition])).toEqual([['lines', 2]])
    expect(await published()).toEqual(before)
    await rm(join(folder, 'a', 'out'), { recursive: true })
    expect((await run(pipeline())).tasks).toHaveLength(8)
    expect(await published()).toEqual(before)
  })

  it('stops after --to and goes on later', async () => {
    const half = await run(pipeline(), { to: 'store' })
    expect(half.summary.stages.map((s) => s.stage)).toEqual(['rows', 'clean', 'store'])
    const rest = await run(pipeline())
    expect(new Set(rest.tasks.map((t) => t.stage))).toEqual(new Set(['order', 'lines']))
  })

  it('names a partition that fails for good, and goes on without it only when told to', async () => {
    await expect(run(pipeline({ failPartition: 3 }), { attempts: 2 })).rejects.toMatchObject({
      code: 'PL_PARTITION_FAILED',
      data: {
        failed: [
          { stage: 'rows', partition: 3 },
          { stage: 'clean', partition: 3 },
          { stage: 'store', partition: 3 },
        ],
      },
    })
    const without = await run(pipeline({ failPartition: 3 }), { attempts: 2, allowFailed: true })
    expect(tallyOf(without.summary, 'order').rowsIn).toBe(600)
    const mended = await run(pipeline())
    expect(tallyOf(mended.summary, 'order').rowsIn).toBe(800)
  })

  it('refuses the run folder of another pipeline, and a folder that is none', async () => {
    await run(pipeline())
    await expect(run(pipeline({ name: 'other' }))).rejects.toMatchObject({ code: 'PL_RUN_OTHER' })
    await expect(run(pipeline(), { run: import.meta.dirname })).rejects.toMatchObject({
      code: 'PL_RUN_OTHER',
    })
  })
})
