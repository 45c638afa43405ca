import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { definePipeline, imageId, uid, type PipelineInput } from '../../src/index.ts'
import { explain } from '../../src/pipeline/explain.ts'
import { collectGarbage } from '../../src/pipeline/gc.ts'
import { runStatus } from '../../src/pipeline/status.ts'
import { eventsOf, pipelineBench } from './harness.ts'

const bench = pipelineBench()

interface Listed {
  url: string
  text: string
  sha256?: string
}

function pipeline(lists: Listed[][], change: { min?: number; mode?: string } = {}): PipelineInput {
  return definePipeline({
    name: 'listed',
    plugins: ['./fixtures/memory.ts', './fixtures/trouble.ts'],
    stages: {
      rows: { use: 'trouble/listed', lists },
      clean: { filters: { length: { min: change.min ?? 3 } } },
      links: { use: 'crawl/merge-links', partitions: 2 },
      store: { use: 'memory/store' },
      unique: { use: 'filter/exact-duplicates', by: 'sha256' },
      order: { use: 'memory/order', rows: 2 },
      lines: { use: 'memory/lines' },
    },
  })
}

const at = (n: number) => `http://www.x.test/${n}.jpg`
const LISTS = [
  [
    { url: at(1), text: 'a first picture', sha256: 'a' },
    { url: at(1), text: 'the same picture', sha256: 'a' },
    { url: at(2), text: 'x', sha256: 'b' },
  ],
  [
    { url: at(3), text: 'equal bytes', sha256: 'c' },
    { url: at(4), text: 'equal bytes too', sha256: 'c' },
    { url: at(7), text: 'not found', sha256: 'd' },
  ],
]

describe('explain', () => {
  it('tells every rule of every filter, its value and its limit, also after the one that dropped the row', async () => {
    const { error } = await bench.run(
      definePipeline({
        name: 'rules',
        plugins: ['./fixtures/memory.ts', './fixtures/trouble.ts'],
        stages: {
          rows: {
            use: 'trouble/listed',
            lists: [
              [
                { url: at(1), text: 'SALE!!!!!!!!!!!! now' },
                { url: at(2), text: 'call 402-505-6600 for cats' },
              ],
            ],
          },
          clean: { filters: { words: {}, repetition: {}, matches: { patterns: ['cat$', '(?i)sale'] } } },
          private: { use: 'filter/pii', mode: 'drop' },
          links: { use: 'crawl/merge-links', partitions: 1 },
        },
      }),
      { workers: 1 },
    )
    expect(error).toBeNull()
    const [sale] = await explain(bench.runFolder(), at(1))
    const steps = sale!.steps.map(({ verdict, rule, value, limit }) => [verdict, rule, value, limit])
    expect(steps.slice(1)).toEqual([
      ['breaks', 'filter/words: too-few-words (count)', '2', '>= 3'],
      ['holds', 'filter/words: too-many-words (count)', '2', '<= 256'],
      ['breaks', 'filter/repetition: repeated-character (longestRun)', '12', '<= 10'],
      ['holds', 'filter/repetition: repeated-words (repeatedWords)', '0', '<= 0.2'],
      ['breaks', 'filter/matches: matches (count)', '1', '<= 0'],
      ['seen', 'filter/matches (first)', '(?i)sale', null],
    ])
    const [call] = await explain(bench.runFolder(), at(2))
    expect(call!.fate).toBe(
      'dropped by filter/pii in private as pii: phone (limit none of email, phone, card, iban)',
    )
  })

  it('tells what became of a row kept, dropped, merged, failed, or with a twin', async () => {
    expect((await bench.run(pipeline(LISTS), { workers: 1 })).error).toBeNull()
    const folder = bench.runFolder()
    const first = uid(at(1), 'a first picture')
    const same = uid(at(1), 'the same picture')
    const [keeper, merged] = first < same ? [first, same] : [same, first]

    const [dropped, ...others] = await explain(folder, uid(at(2), 'x'))
    expect(others).toEqual([])
    expect(dropped).toMatchObject({
      url: at(2),
      caption: 'x',
      fate: 'dropped by memory/length in clean as too-short: 1 (limit >= 3)',
      steps: [
        { stage: 'rows', verdict: 'kept' },
        {
          stage: 'clean',
          verdict: 'breaks',
          rule: 'memory/length: too-short (characters)',
          value: '1',
          limit: '>= 3',
        },
      ],
    })

    const both = await explain(folder, merged)
    expect(both.map((e) => e.uid)).toEqual([merged, keeper])
    expect(both[0]!.fate).toBe(`dropped by crawl/merge-links in links as merged: ${keeper}`)
    expect(both[1]!.steps.map((s) => `${s.stage} ${s.verdict}`)).toEqual([
      'rows kept',
      'clean holds',
      'links kept',
      'store kept',
      'unique kept',
      'order kept',
    ])

    // By image_id and by URL: every row of the picture.
    for (const key of [imageId(at(1)), at(1)])
      expect((await explain(folder, key)).map((e) => e.uid).sort()).toEqual([keeper, merged])

    const [failed] = await explain(folder, at(7))
    expect(failed!.fate).toBe('failed by memory/store in store as http-404: 404')

    const twins = [uid(at(3), 'equal bytes'), uid(at(4), 'equal bytes too')].sort()
    const [twin, kept] = await explain(folder, twins[1]!)
    expect(twin!.fate).toBe(
      `dropped by filter/exact-duplicates in unique as duplicate: ${twins[0]} (limit one row of a sha256)`,
    )
    expect(kept).toMatchObject({ uid: twins[0] })
    expect(kept!.fate).toMatch(/^goes on after order$|^kept/)

    for (const key of ['nothing', "' OR 1 = 1 --", uid(at(9), '')]) {
      await expect(explain(folder, key)).rejects.toMatchObject({
        code: 'PL_USAGE',
        message: expect.stringContaining(key) as string,
      })
    }
  })
})

describe('status', () => {
  it('tells how far a run is: before, half way, done', async () => {
    await expect(runStatus(bench.runFolder())).rejects.toMatchObject({ code: 'PL_RUN_MISSING' })
    await bench.run(pipeline(LISTS), { workers: 1, to: 'links' })
    const half = await runStatus(bench.runFolder())
    expect(half.finished).toBe(false)
    expect(half.stages.map((s) => [s.stage, s.done, s.partitions, s.tally.kept])).toEqual([
      ['rows', 2, 2, 6],
      ['clean', 2, 2, 5],
      ['links', 2, 2, 4],
      ['store', 0, 2, 0],
      ['unique', 0, null, 0],
      ['order', 0, null, 0],
      ['lines', 0, null, 0],
    ])
    await bench.run(pipeline(LISTS), { workers: 1 })
    const done = await runStatus(bench.runFolder())
    expect(done).toMatchObject({ name: 'listed', finished: true })
    for (const { stage, tally, bytes } of done.stages) {
      expect(tally.rowsIn, stage).toBe(tally.kept + tally.dropped + tally.failed)
      expect(bytes, stage).toBeGreaterThan(0)
    }
  })

  it('counts failed partitions and is not finished by them', async () => {
    const input = definePipeline({
      name: 'trouble',
      plugins: ['./fixtures/memory.ts', './fixtures/trouble.ts'],
      stages: {
        rows: { use: 'memory/rows', rows: 10, partitions: 2 },
        stage: { use: 'trouble/stage', mode: 'throw' },
        lines: { use: 'memory/lines' },
      },
    })
    await bench.run(input, { attempts: 1, workers: 1, to: 'stage' })
    const status = await runStatus(bench.runFolder())
    expect(status.finished).toBe(false)
    expect(status.stages.map((s) => [s.stage, s.done, s.failedPartitions])).toEqual([
      ['rows', 2, 1],
      ['stage', 2, 1],
      ['lines', 1, 1],
    ])
  })
})

describe('gc', () => {
  it('removes what the newest plans do not need, and keeps the bytes they refer to', async () => {
    await bench.run(pipeline(LISTS, { min: 3 }), { workers: 1 })
    const folder = bench.runFolder()
    const before = new Set(await folder.datasets())
    const stored = (await folder.datasets('store'))[0]!
    // The second plan drops more rows and fetches nothing again: its rows' bytes lie in the first plan's store.
    const second = await bench.run(pipeline(LISTS, { min: 12 }), { workers: 1 })
    expect(second.tally('store').counters).toEqual({ reused: 2 })
    const shards = await bench.published()
    const out = join(bench.folder, 'a', 'out', 'lines')
    expect((await readdir(out)).length).toBe(3)

    const wouldGo = await collectGarbage(folder, { keep: 1, dryRun: true })
    expect(new Set([...before, ...(await folder.datasets())])).toEqual(new Set(await folder.datasets()))
    const removed = await collectGarbage(folder, { keep: 1, dryRun: false })
    expect(removed).toEqual(wouldGo)
    const names = removed.map((r) => r.path)
    expect(names).not.toContain(stored)
    expect(names.filter((n) => n.startsWith(out))).toHaveLength(1)
    expect(names.filter((n) => /^(clean|links|unique|order|lines)\//.test(n))).toHaveLength(5)
    expect(removed.every((r) => r.bytes > 0)).toBe(true)
    expect(
      names.filter((n) => existsSync(join(folder.store.root, n)) || (n.startsWith(out) && existsSync(n))),
    ).toEqual([])

    // Nothing is missing: the same plan finds everything done, and new shards of it come out equal.
    expect(await bench.published()).toEqual(shards)
    const again = await bench.run(pipeline(LISTS, { min: 12 }), { workers: 1 })
    expect(again.error).toBeNull()
    expect(eventsOf(again, 'task')).toEqual([])
    const elsewhere = await bench.run(pipeline(LISTS, { min: 12 }), {
      workers: 1,
      out: join(bench.folder, 'b', 'out'),
    })
    expect(elsewhere.error).toBeNull()
    expect(await bench.published('lines', 'b')).toEqual(shards)
    expect(await collectGarbage(folder, { keep: 1, dryRun: false })).toEqual([])
  })

  it('keeps shards that are current though their plan is not kept', async () => {
    await bench.run(pipeline(LISTS, { min: 3 }), { workers: 1 })
    const current = await bench.published()
    await bench.run(pipeline(LISTS, { min: 12 }), { workers: 1, to: 'clean' })
    await collectGarbage(bench.runFolder(), { keep: 1, dryRun: false })
    expect(await bench.published()).toEqual(current)
  })

  it('has nothing to do where there is no run', async () => {
    expect(await collectGarbage(bench.runFolder('none'), { keep: 1, dryRun: false })).toEqual([])
  })
})

describe('few rows', () => {
  it.each([
    { what: 'no partitions', lists: [], shards: [] },
    { what: 'partitions without rows', lists: [[], []], shards: [] },
    { what: 'rows that are all dropped', lists: [[{ url: at(1), text: 'x' }], []], shards: [] },
    { what: 'rows that all fail', lists: [[{ url: at(7), text: 'not found' }]], shards: [] },
    { what: 'one row', lists: [[], [{ url: at(1), text: 'alone' }]], shards: ['00000.txt'] },
  ])('$what: goes through every kind of stage and publishes', async ({ lists, shards }) => {
    const ran = await bench.run(pipeline(lists), { workers: 1 })
    expect(ran.error).toBeNull()
    expect(Object.keys(await bench.published())).toEqual([...shards, 'index.json'])
    expect((await runStatus(bench.runFolder())).finished).toBe(true)
    expect(eventsOf(ran, 'published')).toMatchObject([{ shards: shards.length, rows: shards.length }])
    expect(eventsOf(await bench.run(pipeline(lists), { workers: 1 }), 'task')).toEqual([])
  })
})

describe('two runs at once on one run folder', () => {
  it('end without an error, and with the shards of one alone', async () => {
    const input = definePipeline({
      name: 'both',
      plugins: ['./fixtures/memory.ts'],
      stages: {
        rows: { use: 'memory/rows', rows: 300, partitions: 6 },
        clean: { filters: { length: { min: 2 } } },
        store: { use: 'memory/store' },
        order: { use: 'memory/order', rows: 60 },
        lines: { use: 'memory/lines' },
      },
    })
    await bench.run(input, {}, 'alone')
    const both = await Promise.all([bench.run(input), bench.run(input)])
    expect(both.map((r) => r.error)).toEqual([null, null])
    expect(await bench.published()).toEqual(await bench.published('lines', 'alone'))
    const sum = (ran: (typeof both)[0]) =>
      ['rows', 'clean', 'store', 'order', 'lines'].map((s) => ran.tally(s).kept)
    expect(sum(both[0])).toEqual([300, 270, 240, 240, 240])
    expect(sum(both[1])).toEqual([300, 270, 240, 240, 240])
    expect(await runStatus(bench.runFolder())).toMatchObject({ finished: true })
  })
})

describe('another snapshot', () => {
  it('fetches everything anew, and the first one stays', async () => {
    await bench.run(pipeline(LISTS), { workers: 1 })
    const first = await bench.published()
    const second = await bench.run(pipeline(LISTS), { workers: 1, refresh: true })
    expect(second.tally('store').counters).toEqual({ fetches: 4 })
    expect(await bench.published()).toEqual(first)
    expect((await bench.runFolder().datasets('store')).length).toBe(2)
    expect((await bench.runFolder().readRunFile())!.snapshot).toBe(2)
    const back = await bench.run(pipeline(LISTS), { workers: 1 })
    expect(eventsOf(back, 'task').filter((t) => t.stage === 'store')).toEqual([])
  })
})
