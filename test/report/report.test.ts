import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { definePipeline } from '../../src/index.ts'
import type { ReportData } from '../../src/pipeline/report/data.ts'
import { renderReport } from '../../src/pipeline/report/page.ts'
import { writeReport } from '../../src/pipeline/report/index.ts'
import { captionFor, fateOf, type Fate } from './fixtures/pictures.ts'
import { gather, openRuns, picturesPipeline, type Runs } from './harness.ts'

const ROWS = Array.from({ length: 120 }, (_, i) => i)
const rowsOf = (fate: Fate) => ROWS.filter((i) => fateOf(i) === fate)

let runs: Runs
let run: string
let data: ReportData
beforeAll(async () => {
  runs = await openRuns()
  run = await runs.run(picturesPipeline())
  data = await gather(run)
})
afterAll(() => runs.remove())

function expectToAddUp({ stages, ledgers }: ReportData): void {
  for (const s of stages) {
    expect([s.id, s.kept + s.dropped + s.failed]).toEqual([s.id, s.in])
    expect([s.id, s.reasons.reduce((sum, r) => sum + r.rows, 0)]).toEqual([s.id, s.dropped + s.failed])
    const before = stages.find((b) => b.id === s.from)
    if (before) expect([s.id, s.in + s.waiting + s.lost]).toEqual([s.id, before.kept])
    expect(s.waiting).toBeGreaterThanOrEqual(0)
  }
  expect(ledgers.length).toBeGreaterThan(0)
  for (const l of ledgers) {
    expect(l.delivered + l.merged + l.dropped + l.failed + l.waiting + l.lost).toBe(l.found)
  }
}

describe('the data of a report', () => {
  it('adds up, stage by stage and from source to shards', () => {
    expectToAddUp(data)
    expect(data.head).toMatchObject({ name: 'pictures', finished: true, missing: [], failedPartitions: 0 })
    expect(data.stages.map((s) => [s.id, s.depth])).toEqual([
      ['rows', 0],
      ['texts', 0],
      ['images', 0],
      ['sizes', 0],
      ['unique', 0],
      ['safe', 0],
      ['pack', 0],
      ['tars', 1],
      ['tables', 1],
    ])
    const [failed, kept] = [rowsOf('http-404').length, rowsOf('kept').length - 2]
    expect(data.ledgers).toMatchObject(
      ['tars', 'tables'].map((leaf) => ({
        source: 'rows',
        leaf,
        found: 120,
        delivered: kept,
        failed,
        waiting: 0,
        lost: 0,
      })),
    )
    expect(data.outputs.map((o) => [o.stage, o.rows, o.published])).toEqual([
      ['tars', kept, true],
      ['tables', kept, true],
    ])
    expect(data.fetches).toMatchObject([
      { stage: 'images', requests: 108, kept: 108 - failed - rowsOf('robots').length, sites: 4 },
    ])
  })

  it('says by cause why pictures did not come, and what to do', () => {
    const [failed, robots] = [rowsOf('http-404').length, rowsOf('robots').length]
    expect(data.fetches[0]!.causes).toMatchObject([
      { cause: 'gone', rows: failed, reasons: [{ reason: 'http-404', rows: failed }] },
      { cause: 'opt-out', rows: robots, reasons: [{ reason: 'robots', rows: robots }] },
    ])
    const page = renderReport(data)
    expect(page).toMatch(/>gone<[^]*<p>Sites that live say that these pictures are no more[^]*<b>Nothing: /)
    expect(page).toMatch(/>opt-out<[^]*<b>Nothing: it is obeyed/)
  })

  it('counts every measured row once in its histogram, parted at the limit', () => {
    const rule = data.rules.find((r) => r.rule === 'filter/image-size')!
    const chart = rule.charts.find((c) => c.title === 'short side')!
    if (chart.kind !== 'histogram') throw new Error('expected a histogram')
    const below = chart.edges.indexOf(64)
    const sum = (bins: typeof chart.bins, side: 'kept' | 'here' | 'other') =>
      bins.reduce((n, b) => n + b[side], 0)
    expect(chart.limits).toEqual([{ text: '>= 64', reason: 'too-small', side: 'least', edge: below }])
    expect(sum(chart.bins.slice(below), 'kept')).toBe(data.stages.find((s) => s.id === 'sizes')!.kept)
    expect(sum(chart.bins.slice(0, below), 'here')).toBe(rowsOf('too-small').length)
    expect(
      sum(chart.bins.slice(0, below), 'kept') +
        sum(chart.bins.slice(below), 'here') +
        sum(chart.bins, 'other'),
    ).toBe(0)
  })

  it('tells whose rows filters drop, by language, script and domain, so that each kind adds up', () => {
    expect(data.fairness.length).toBeGreaterThan(0)
    for (const { stage, kinds } of data.fairness) {
      const { in: rows, kept } = data.stages.find((s) => s.id === stage)!
      expect(kinds.map(({ by }) => by)).toEqual(['language', 'script', 'domain'])
      for (const { groups } of kinds.filter(({ others }) => others === 0)) {
        expect(groups.reduce((sum, g) => sum + g.rows, 0)).toBe(rows)
        expect(groups.reduce((sum, g) => sum + g.keptBefore, 0)).toBe(kept)
        const dropped = groups.flatMap((g) => g.rules).reduce((sum, r) => sum + r.before, 0)
        expect(dropped).toBe(rows - kept)
      }
    }
    expect(renderReport(data)).toContain('<h2>Who is dropped</h2>')
  })

  it('shows dropped pictures with value and limit, and a duplicate beside its keeper', async () => {
    const all = await gather(run, { showUnsafe: true })
    const samples = (rule: string, reason: string) =>
      all.rules.find((r) => r.rule === rule)!.reasons.find((r) => r.reason === reason)!.samples
    const small = samples('filter/image-size', 'too-small')
    expect(small).toHaveLength(rowsOf('too-small').length)
    expect(small[0]).toMatchObject({ value: '20', limit: '>= 64', width: 20, hasBytes: true })
    expect(small[0]!.picture!.uri).toMatch(/^data:image\/webp;base64,/)
    const duplicate = samples('filter/exact-duplicates', 'duplicate').find(
      (s) => s.caption === captionFor(1),
    )!
    expect(duplicate.keeper).toMatchObject({ caption: captionFor(51), picture: duplicate.picture })
    expect(duplicate.picture).not.toBeNull()
    expect(samples('fixture/store', 'http-404')[0]).toMatchObject({
      hasBytes: false,
      picture: null,
      value: 'status <b>404</b>',
    })
  })

  it('counts what was opted out or unsafe and shows nothing of it, not even its duplicates, unless told to', async () => {
    const withheld = data.rules.flatMap((r) => r.reasons.filter((reason) => reason.withheld))
    expect(withheld.map((r) => [r.reason, r.rows, r.samples])).toEqual([
      ['robots', rowsOf('robots').length, []],
      ['unsafe', rowsOf('unsafe').length, []],
    ])
    const page = renderReport(data)
    expect(page).not.toMatch(/secret thing|optedout thing/)
    for (const i of [...rowsOf('robots'), ...rowsOf('unsafe'), 54])
      expect(page).not.toMatch(new RegExp(`/${i}\\.jpg|thing ${i}\\b`))
    const shown = renderReport(await gather(run, { showUnsafe: true }))
    expect(shown).toMatch(/secret thing/)
    expect(shown).toMatch(/thing 54\b/)
  })

  it('draws no picture that a safety filter has not judged', async () => {
    const pictures = (shown: ReportData, stage: string) =>
      shown.rules
        .filter((r) => r.stage === stage)
        .flatMap((r) => r.reasons.flatMap((x) => x.samples.map((s) => s.picture)))
    expect(data.kept.every((s) => s.isJudged && s.picture !== null)).toBe(true)
    expect(pictures(data, 'sizes').every((p) => p === null)).toBe(true)
    expect(pictures(await gather(run, { showUnsafe: true }), 'sizes').some((p) => p === null)).toBe(false)
    const half = await gather(await runs.run(picturesPipeline(), { to: 'unique', name: 'unjudged' }))
    expect(half.kept.map((s) => s.picture)).toEqual(half.kept.map(() => null))
    expect(renderReport(half)).toContain('not judged yet')
    const free = await gather(await runs.run(picturesPipeline({ safe: false }), { name: 'free' }))
    const drawn = [...free.kept.map((s) => s.picture), ...pictures(free, 'sizes')]
    expect(drawn.length).toBeGreaterThan(40)
    expect(drawn.every((p) => p !== null)).toBe(true)
  })

  it('cuts texts, however long', () => {
    const longest = Math.max(
      ...[...data.kept, ...data.rules.flatMap((r) => r.reasons.flatMap((x) => x.samples))].map(
        (s) => s.caption.length,
      ),
    )
    expect(longest).toBeLessThanOrEqual(400)
    expect(renderReport(data).length).toBeLessThan(2 ** 20)
  })

  it('is the same for the same run on one worker or three, but for times and places', async () => {
    const other = await gather(await runs.run(picturesPipeline(), { workers: 3, name: 'b' }))
    expect(strip(other)).toEqual(strip(data))
    expect(strip(await gather(run))).toEqual(strip(data))
  })

  it('tells when what ran: a task counts once, whatever stages it ran', () => {
    const { time } = data
    expect(time.lanes.map((l) => l.stages)).toEqual([
      ['rows', 'texts', 'images', 'sizes'],
      ['unique'],
      ['safe'],
      ['pack'],
      ['tars'],
      ['tables'],
    ])
    expect(time.lanes.map((l) => l.tasks)).toEqual([3, 1, 3, 1, 3, 3])
    expect(time.taskSeconds).toBeGreaterThan(0)
    expect(time.busySeconds).toBeGreaterThan(0)
    expect(time.busySeconds).toBeLessThanOrEqual(time.taskSeconds)
  })
})

describe('a report of a run', () => {
  it('that stopped says what is missing, and still adds up', async () => {
    const half = await gather(await runs.run(picturesPipeline(), { to: 'images', name: 'half' }))
    expectToAddUp(half)
    expect(half.head).toMatchObject({
      finished: false,
      missing: ['sizes', 'unique', 'safe', 'pack', 'tars', 'tables'],
    })
    expect(half.ledgers[0]).toMatchObject({ delivered: 0, waiting: half.stages[2]!.kept })
    expect(half.shapes?.stage).toBe('images')
    const page = renderReport(half)
    expect(page).toContain('not finished')
    expect(page).toMatch(/Not begun: <b>sizes, unique/)
    expect(page).toContain('pairloom run, without --to, goes on where it stopped')
  })

  it('without rows has empty stages and no charts', async () => {
    const empty = await gather(await runs.run(picturesPipeline({ rows: 0 }), { name: 'empty' }))
    expectToAddUp(empty)
    expect(empty.ledgers[0]).toMatchObject({ found: 0, delivered: 0 })
    expect([empty.kept, empty.shapes, empty.rules.flatMap((r) => r.charts)]).toEqual([[], null, []])
    expect(renderReport(empty)).toContain('no rows came')
  })

  it('without pictures and filters shows lines of text', async () => {
    const lines = definePipeline({
      name: 'lines',
      plugins: ['../pipeline/fixtures/memory.ts'],
      stages: { rows: { use: 'memory/rows', rows: 50 }, order: { use: 'memory/order' } },
    })
    const text = await gather(await runs.run(lines, { name: 'lines' }))
    expectToAddUp(text)
    expect(text.fetches).toEqual([])
    expect(text.rules).toEqual([])
    expect(text.kept).toHaveLength(40)
    const page = renderReport(text)
    expect(page).toContain('rows kept so far')
    expect(page).not.toMatch(/<img|id="fetch"|id="rules"/)
  })

  it('with partitions that failed for good says how many rows those hold', async () => {
    const without = await runs.run(picturesPipeline({ failPartition: 1 }), {
      name: 'gap',
      attempts: 1,
      allowFailed: true,
    })
    const gap = await gather(without)
    expectToAddUp(gap)
    expect(gap.head).toMatchObject({ finished: true, failedPartitions: 4 })
    expect(gap.stages[0]).toMatchObject({
      partitions: { done: 2, failed: 1, all: 3 },
      errors: [{ partition: 1, code: 'PL_STAGE' }],
    })
    expect(renderReport(gap)).toContain('this partition always fails')

    const first = await runs.run(picturesPipeline({ failStoring: 2 }), { name: 'lost', to: 'texts' })
    await runs.run(picturesPipeline({ failStoring: 2 }), { name: 'lost', attempts: 1, allowFailed: true })
    const lost = await gather(first)
    expectToAddUp(lost)
    const rows = ROWS.filter((i) => i % 3 === 2 && fateOf(i) !== 'no-words').length
    expect(lost.stages[2]).toMatchObject({ id: 'images', lost: rows, waiting: 0, partitions: { failed: 1 } })
    expect(lost.ledgers[0]).toMatchObject({ found: 120, lost: rows })
    expect(renderReport(lost)).toContain(`${rows} in failed partitions`)
  })

  it('whose plug-in is gone has its counts and measures, without limits', async () => {
    const folder = await mkdtemp(join(runs.folder, 'moved-'))
    const moved = await runs.run(picturesPipeline(), { name: folder.split('/').at(-1)! })
    const file = join(moved, 'run.json')
    await writeFile(
      file,
      (await readFile(file, 'utf8')).replaceAll('fixtures/pictures.ts', 'fixtures/gone.ts'),
    )
    const gone = await gather(moved)
    expectToAddUp(gone)
    const [score] = gone.rules.find((r) => r.rule === 'fixture/safety')!.charts
    expect(score).toMatchObject({ kind: 'histogram', title: 'score', limits: [] })
  })

  it('is written where it is asked for, else into the run folder; not without a run', async () => {
    expect(await writeReport(run)).toBe(join(run, 'report.html'))
    const out = join(runs.folder, 'reports', 'x.html')
    expect(await writeReport(run, { out, samples: 1 })).toBe(out)
    const [full, small] = await Promise.all([
      readFile(join(run, 'report.html'), 'utf8'),
      readFile(out, 'utf8'),
    ])
    expect(full).toMatch(/^<!doctype html>\n<html lang="en">/)
    expect(small.length).toBeLessThan(full.length)
    await expect(writeReport(join(runs.folder, 'none'))).rejects.toMatchObject({ code: 'PL_RUN_MISSING' })
    await rm(out)
  })
})

/** Without times and places. */
function strip(data: ReportData): unknown {
  return {
    ...data,
    time: null,
    head: { ...data.head, run: '', out: '' },
    outputs: data.outputs.map((o) => ({ ...o, folder: '' })),
  }
}
