import { relative } from 'node:path'
import type { Counters, Tally } from '../core/counters.ts'
import { plural } from '../core/plural.ts'
import { fetchStages } from '../pipeline/fetch-stages.ts'
import type { Plan, PlannedStage } from '../pipeline/plan.ts'
import type { RunSummary } from '../pipeline/run.ts'
import { count, duration, reasons } from './format.ts'

/** What a summary tells beside the numbers. */
export interface Closing {
  plan: Plan
  /** Path of the report. */
  report: string
}

export function printSummary(summary: RunSummary, closing: Closing): void {
  process.stdout.write(`${summaryLines(summary, closing).join('\n')}\n`)
}

/** What a run did, stage by stage, where that is, and what to do about it; the numbers of each line add up. */
export function summaryLines(summary: RunSummary, { plan, report }: Closing): string[] {
  const { run, out, seconds, stages, notes } = summary
  const width = Math.max(...stages.map((s) => s.stage.length))
  const lines: string[] = []
  for (const { stage, tally } of stages) {
    const { rowsIn, kept, dropped, failed } = tally
    const why = reasons(tally.reasons)
    const numbers = `${rowsOf(rowsIn, 11)} ${count(kept).padStart(11)} kept ${count(dropped).padStart(9)} dropped ${count(failed).padStart(7)} failed`
    lines.push(`${stage.padEnd(width)}  ${numbers}${why ? `  (${why})` : ''}`)
  }
  for (const { stage, tally } of stages) {
    const deferred = deferredRows(tally.reasons)
    if (deferred === 0) continue
    const [were, them] = deferred === 1 ? ['was', 'it'] : ['were', 'them']
    lines.push(
      `left    ${plural(deferred, 'row')} of ${stage} ${were} deferred; run with --retry deferred fetches ${them}`,
    )
  }
  const at = `--run ${relative('', run) || '.'}`
  lines.push(...notes.map((note) => `empty   ${note}`))
  const empty = stages.find(({ tally }) => tally.kept === 0)
  const planned = plan.stages.find((s) => s.id === empty?.stage)
  // A note says more of a source.
  if (empty && planned && (planned.kind !== 'source' || notes.length === 0))
    lines.push(`empty   ${whyEmpty(planned, empty.tally, plan, at)}`)
  const kinds = new Set(plan.stages.flatMap((s) => (stages.some((t) => t.stage === s.id) ? [s.kind] : [])))
  if (kinds.has('sink')) lines.push(`shards  ${out}`)
  return [...lines, `report  ${report}`, `time    ${duration(seconds)}`]
}

/** `        1 row `: one as wide as many, so that what follows stays in its column. */
export function rowsOf(n: number, width: number): string {
  return plural(n, 'row')
    .replace(/row$/, 'row ')
    .padStart(width + ' rows'.length)
}

/** Rows that ended for want of time. */
function deferredRows(by: Counters): number {
  return Object.entries(by).reduce((sum, [name, n]) => (name.endsWith('.deferred') ? sum + n : sum), 0)
}

/** What to do about the first stage that hands nothing on. */
function whyEmpty(stage: PlannedStage, { rowsIn, counters }: Tally, plan: Plan, at: string): string {
  const { id, use, kind } = stage
  if (rowsIn === 0 && kind === 'source') {
    const counted = Object.entries(counters).map(([name, n]) => `${name} ${count(n)}`)
    const seen = counted.length > 0 ? `; it counted ${counted.join(', ')}` : ''
    return `${id} found nothing${seen}: look at its options (pairloom stages ${use}) and what they name; pairloom doctor tests machine and network`
  }
  if (rowsIn === 0) return `${id} got no rows: pairloom status ${at} shows what the stages above did`
  const none = rowsIn === 1 ? 'the one row' : `none of ${plural(rowsIn, 'row')}`
  const kept = rowsIn === 1 ? `${id} did not keep ${none}` : `${id} kept ${none}`
  if (fetchStages(plan).some((s) => s.id === id))
    return `${kept}: pairloom doctor ${at} --after says why, pairloom status ${at} --reasons what can be tried again`
  return `${kept}: pairloom explain UID ${at} shows each rule with the value it saw (a uid or a picture's URL; report.html has some)`
}
