import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { definePipeline, type PipelineInput } from '../../src/index.ts'
import { eventsOf, pipelineBench } from './harness.ts'

const bench = pipelineBench()

function pipeline(
  mode: string,
  change: { once?: string; memoryMiB?: number; isShort?: boolean } = {},
): PipelineInput {
  return definePipeline({
    name: 'trouble',
    plugins: ['./fixtures/memory.ts', './fixtures/trouble.ts'],
    ...(change.memoryMiB !== undefined && { memoryMiB: change.memoryMiB }),
    stages: {
      rows: { use: 'memory/rows', rows: 100, partitions: 3 },
      stage: { use: 'trouble/stage', mode, once: change.once ?? null },
      ...(change.isShort !== true && {
        order: { use: 'memory/order' },
        store: { use: 'memory/store' },
        lines: { use: 'memory/lines' },
      }),
    },
  })
}

const NAMED = {
  failed: [
    { stage: 'rows', partition: 1 },
    { stage: 'stage', partition: 1 },
  ],
}

describe('a stage that goes wrong once', () => {
  it.each([
    { mode: 'throw', code: 'PL_STAGE', message: 'this stage always fails' },
    {
      mode: 'exit',
      code: 'PL_TASK_CRASHED',
      message: 'A worker process died while it ran rows+stage partition 1: it ended with code 7',
    },
    {
      mode: 'abort',
      code: 'PL_TASK_CRASHED',
      message: 'A worker process died while it ran rows+stage partition 1: it ended with SIGSEGV',
    },
  ])('$mode: is run again, and nothing of it shows', async ({ mode, code, message }) => {
    const ran = await bench.run(pipeline(mode, { once: join(bench.folder, 'once') }))
    expect(ran.error).toBeNull()
    expect(eventsOf(ran, 'retry')).toEqual([
      {
        event: 'retry',
        stage: 'rows',
        partition: 1,
        attempt: 1,
        code,
        message: expect.stringContaining(message) as string,
      },
    ])
    expect(ran.tally('lines')).toMatchObject({ rowsIn: 90, kept: 90 })
  })
})

describe('a stage that goes wrong every time', () => {
  it.each([
    { mode: 'throw', code: 'PL_STAGE', message: 'this stage always fails' },
    { mode: 'throw-null', code: 'PL_STAGE', message: 'null' },
    { mode: 'exit', code: 'PL_TASK_CRASHED', message: 'it ended with code 7' },
  ])(
    '$mode: ends as a failed partition that is named, and the rest is done',
    async ({ mode, code, message }) => {
      const ran = await bench.run(pipeline(mode, { isShort: true }), { attempts: 2, workers: 1 })
      expect(ran.error).toMatchObject({ code: 'PL_PARTITION_FAILED', data: NAMED })
      expect(eventsOf(ran, 'retry')).toHaveLength(1)
      expect(eventsOf(ran, 'failed')).toEqual([
        {
          event: 'failed',
          stage: 'rows',
          partition: 1,
          code,
          message: expect.stringContaining(message) as string,
        },
      ])
      expect(ran.tally('stage')).toMatchObject({ rowsIn: 67, kept: 67 })
      expect([
        ...(await bench.runFolder().readCommits((await bench.runFolder().datasets('stage'))[0]!)).keys(),
      ]).toEqual([0, 1, 2])
    },
  )

  it('takes too much memory: its process is killed, and the partition named', async () => {
    const ran = await bench.run(pipeline('allocate', { memoryMiB: 512, isShort: true }), {
      attempts: 2,
      workers: 1,
    })
    expect(ran.error).toMatchObject({ code: 'PL_PARTITION_FAILED', data: NAMED })
    const [failed] = eventsOf(ran, 'failed')
    expect(failed).toMatchObject({ stage: 'rows', partition: 1, code: 'PL_TASK_CRASHED' })
    expect(failed!.message).toMatch(/partition 1: it held \d+ MiB of 512 MiB \(memoryMiB\)$/)
    expect(ran.tally('stage')).toMatchObject({ kept: 67 })
  })

  it.each([
    { mode: 'lose', numbers: '33 rows, got 32 kept' },
    { mode: 'double', numbers: '33 rows, got 66 kept' },
  ])('$mode: rows in and out differ, which stops the run', async ({ mode, numbers }) => {
    const ran = await bench.run(pipeline(mode, { isShort: true }), { workers: 1 })
    expect(ran.error).toMatchObject({ code: 'PL_COUNTS', data: { stage: 'stage', partition: 1 } })
    expect(ran.error!.message).toBe(`Expected stage to account for ${numbers} + 0 dropped + 0 failed`)
    expect(eventsOf(ran, 'retry')).toEqual([])
  })

  it.each([
    { mode: 'wrong-type', says: 'Stage stage: Expected int32 in column measured, got string one' },
    {
      mode: 'leave-out',
      says: 'Stage stage: Expected a value in column measured, got none in row 0: is it nullable?',
    },
  ])('$mode: stops the run and names the column and the stage', async ({ mode, says }) => {
    const ran = await bench.run(pipeline(mode, { isShort: true }), { workers: 1 })
    expect(ran.error).toMatchObject({
      code: 'PL_COLUMN',
      message: says,
      data: { stage: 'stage', column: 'measured' },
    })
  })

  it('leaves the partitions that were done, and goes on from them when it is mended', async () => {
    const broken = await bench.run(pipeline('throw'), { attempts: 1 })
    expect(broken.error).toMatchObject({ code: 'PL_PARTITION_FAILED' })
    // Another mode is another output: what came before the stage is used again, the stage is not.
    const mended = await bench.run(pipeline('none'))
    expect(mended.error).toBeNull()
    expect(
      eventsOf(mended, 'task')
        .filter((t) => t.stage === 'rows')
        .map((t) => t.partition),
    ).toEqual([1])
    expect(ran90(mended)).toBe(90)
  })
})

describe('the run itself', () => {
  it('ends where no worker process can be started', async () => {
    const { execPath } = process
    process.execPath = join(bench.folder, 'no-such-node')
    try {
      const ran = await bench.run(pipeline('none', { isShort: true }), { attempts: 2 })
      expect(ran.error).toMatchObject({ code: 'PL_PARTITION_FAILED' })
      expect(eventsOf(ran, 'failed')[0]).toMatchObject({
        code: 'PL_TASK_CRASHED',
        message: expect.stringContaining('ENOENT') as string,
      })
    } finally {
      process.execPath = execPath
    }
  })

  it('stops a stage that hangs when it is interrupted, and the same run goes on later', async () => {
    const stop = new AbortController()
    const once = join(bench.folder, 'once')
    const interrupted = await bench.run(pipeline('hang', { once }), {
      signal: stop.signal,
      workers: 1,
      onEvent: (e) => {
        if (e.event === 'progress' && existsSync(once)) stop.abort()
      },
    })
    expect(interrupted.error).toMatchObject({ code: 'PL_INTERRUPTED' })
    const again = await bench.run(pipeline('hang', { once }))
    expect(again.error).toBeNull()
    expect(ran90(again)).toBe(90)
  })

  it('names the interruption even where a worker died of the same signal', async () => {
    const stop = new AbortController()
    const ran = await bench.run(pipeline('exit', { isShort: true }), {
      signal: stop.signal,
      onEvent: (e) => {
        if (e.event === 'start') stop.abort()
      },
    })
    expect(ran.error).toMatchObject({ code: 'PL_INTERRUPTED' })
  })
})

function ran90(ran: Awaited<ReturnType<typeof bench.run>>): number {
  return ran.tally('lines').kept
}
