import { describe, expect, it } from 'vitest'
import { rowsOf, summaryLines } from '../../src/cli/summary.ts'
import { emptyTally } from '../../src/core/counters.ts'
import { planPipeline } from '../../src/pipeline/plan.ts'
import type { RunSummary } from '../../src/pipeline/run.ts'

const plan = await planPipeline(
  {
    name: 'x',
    stages: {
      list: { use: 'crawl/list', path: import.meta.filename, format: 'txt' },
      words: { filters: { words: { min: 3 } } },
      links: { use: 'crawl/merge-links' },
      images: { use: 'crawl/fetch' },
      pack: { use: 'shard/pack' },
      shards: { use: 'shard/webdataset' },
    },
  },
  { run: 'runs/x', out: 'out/x' },
)

/** The end of a run up to the stage named last: rows in and kept of each. */
function lines(
  rows: Record<string, [rowsIn: number, kept: number]>,
  reasons = {},
  counters = {},
  notes: string[] = [],
): string {
  const stages = Object.entries(rows).map(([stage, [rowsIn, kept]]) => ({
    stage,
    partitions: 1,
    tally: { ...emptyTally(), rowsIn, kept, dropped: rowsIn - kept, reasons, counters },
  }))
  const summary: RunSummary = { run: plan.run, out: plan.out, seconds: 1, stages, failed: [], notes }
  return summaryLines(summary, { plan, report: 'r.html' }).join('\n')
}

describe('the end of a run', () => {
  it('names shards only where a stage has written some', () => {
    expect(lines({ list: [2, 2] })).not.toMatch(/^shards/m)
    expect(lines({ list: [2, 2], shards: [2, 2] })).toMatch(/^shards {2}.*out\/x$/m)
  })

  it.each<[Record<string, [number, number]>, RegExp]>([
    [{ list: [0, 0] }, /^empty {3}list found nothing: look at its options \(pairloom stages crawl\/list\)/m],
    [
      { list: [2, 2], words: [2, 0], links: [0, 0] },
      /^empty {3}words kept none of 2 rows: pairloom explain UID --run runs\/x shows each rule/m,
    ],
    [
      { list: [1, 1], images: [1, 0] },
      /^empty {3}images did not keep the one row: pairloom doctor --run runs\/x --after says why, pairloom status --run runs\/x --reasons/m,
    ],
  ])('says of %j what to do', (rows, says) => {
    expect(lines(rows).match(/^empty/gm)).toHaveLength(1)
    expect(lines(rows)).toMatch(says)
  })

  it('tells what a source that found nothing has counted', () => {
    expect(lines({ list: [0, 0] }, {}, { 'pages.robots': 1 })).toMatch(/nothing; it counted pages\.robots 1:/)
  })

  it('lets the note of a source that was read to its end stand alone', () => {
    const said = lines({ list: [0, 0] }, {}, {}, ['list was read to its end'])
    expect(said.match(/^empty.*/gm)).toEqual(['empty   list was read to its end'])
  })

  it('says nothing of the kind where rows came through, and counts one as one', () => {
    const said = lines({ list: [1, 1], images: [2, 1] }, { 'failed.crawl/fetch.deferred': 1 })
    expect(said).not.toMatch(/^empty/m)
    expect(said).toMatch(/^left {4}1 row of images was deferred; run with --retry deferred fetches it$/m)
    expect([rowsOf(1, 3), rowsOf(2, 3), rowsOf(1234, 6)]).toEqual(['  1 row ', '  2 rows', ' 1,234 rows'])
  })
})
