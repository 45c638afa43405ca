import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { definePipeline } from '../../src/index.ts'
import { balanceCharts } from '../../src/pipeline/report/balance-charts.ts'
import type { Curves, StageData } from '../../src/pipeline/report/data.ts'
import { renderReport } from '../../src/pipeline/report/page.ts'
import { gather, openRuns, type Runs } from './harness.ts'

let runs: Runs
beforeAll(async () => {
  runs = await openRuns()
})
afterAll(() => runs.remove())

describe('a run that balances', () => {
  it('shows its curves before and after, and why rows went', async () => {
    const list = join(runs.folder, 'links.csv')
    const metadata = join(runs.folder, 'metadata')
    await mkdir(metadata)
    await writeFile(join(metadata, 'other.txt'), 'cat\nowl\n')
    const lines = Array.from(
      { length: 90 },
      (_, i) => `http://example.com/${i}.jpg,${i % 30 === 0 ? 'an owl' : i % 3 === 0 ? 'a cow' : 'a cat'}`,
    )
    await writeFile(list, ['url,text', ...lines].join('\n'))
    const pipeline = definePipeline({
      name: 'balance',
      seed: 'one',
      stages: {
        links: { use: 'crawl/list', path: list },
        matched: { use: 'filter/entries', metadata },
        balanced: { use: 'filter/balance', t: 10 },
      },
    })
    const data = await gather(await runs.run(pipeline))
    const [, matched, balanced] = data.stages
    expect(matched).toMatchObject({ in: 90, kept: 63, dropped: 27 })
    expect(balanced!.kept).toBeLessThan(30)
    expect(balanced!.counters).toMatchObject({ 'before.rank.1': 60, 'before.rank.2': 3, 'after.rank.2': 3 })
    const rule = data.rules.find((r) => r.rule === 'filter/balance')!
    expect(rule.charts.map((c) => [c.kind, c.title])).toEqual([
      ['curves', 'rows by entry'],
      ['curves', 'share of the tail'],
    ])
    expect(rule.reasons[0]).toMatchObject({ reason: 'head', rows: 63 - balanced!.kept })
    expect(rule.reasons[0]!.samples[0]).toMatchObject({ value: 'cat 60', limit: 't = 10' })
    const page = renderReport(data)
    expect(page).toContain('rank of the entry')
    expect(page).toMatch(/>t = 10<\/text/)
    expect(page.match(/<polyline/g)).toHaveLength(4)
  })
})

describe('balanceCharts', () => {
  const stage = (options: object, use = 'filter/balance') =>
    ({
      use,
      options,
      counters: {
        'before.rank.1': 8,
        'before.rank.2': 2,
        'before.tail.2': 2,
        'before.tail.8': 10,
        'after.rank.1': 3,
        'after.tail.3': 3,
      },
    }) as unknown as StageData

  it('makes shares of matches', () => {
    const [ranks, tails] = balanceCharts(stage({ t: 4 }))[0]!.charts as [Curves, Curves]
    expect(ranks).toMatchObject({
      before: [
        [1, 8],
        [2, 2],
      ],
      after: [[1, 3]],
      limit: { axis: 'y', value: 4 },
    })
    expect(tails).toMatchObject({
      before: [
        [2, 0.2],
        [8, 1],
      ],
      after: [[3, 1]],
      limit: { axis: 'x', value: 4 },
    })
  })

  it('draws no t where every list has its own, and nothing for other stages', () => {
    expect(balanceCharts(stage({ t: 4, tailOf: 'en' }))[0]!.charts[0]).toMatchObject({ limit: null })
    expect(balanceCharts(stage({ t: 4 }, 'filter/other'))).toEqual([])
  })
})
