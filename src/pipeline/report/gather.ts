import type { PairloomError } from '../../core/error.ts'
import { addTally, emptyTally } from '../../core/counters.ts'
import { openBytes } from '../bytes.ts'
import { diagnose } from '../doctor/diagnosis.ts'
import { fetchHealth } from '../doctor/fetch-health.ts'
import { emptySources, type WholeStage } from '../empty-sources.ts'
import { fetchStages } from '../fetch-stages.ts'
import type { Plan } from '../plan.ts'
import { builtinStages, openRegistry, type Registry } from '../registry.ts'
import type { RunFolder } from '../run-folder.ts'
import { readTakedowns } from '../takedown/tombstones.ts'
import { sinkFolder } from '../task-sink.ts'
import { balanceCharts } from './balance-charts.ts'
import type { HeadData, OutputData, ReportData, RuleData, Sample, StageData } from './data.ts'
import { stageFairness } from './fairness.ts'
import { ledgersOf, pathTo, readFlow, stageData, type StageCommits } from './flow.ts'
import { openJudged } from './judged.ts'
import { measureCharts, type FilterCharts } from './measures.ts'
import { openSamples, type Samples } from './samples.ts'
import { fetchData, shapeCharts } from './shapes.ts'
import { openTables, type Tables } from './tables.ts'
import { openThumbnails } from './thumbnail.ts'
import { timeData } from './time.ts'

const MAX_REASONS = 14
const PICTURE_BUDGET_BYTES = 4.5 * 2 ** 20

export interface GatherOptions {
  /** Samples shown of each reason; four times as many of the kept pairs. */
  samples: number
  /** Shows what was dropped as unsafe or opted out, too. */
  showUnsafe: boolean
}

/**
 * Gathers what a report shows of a run: counts from its commits, charts by SQL over its tables, samples by hash.
 *
 * Memory: the commits, what the SQL engine may hold, and the samples.
 */
export async function gatherReport(
  run: string,
  folder: RunFolder,
  plan: Plan,
  options: GatherOptions,
): Promise<ReportData> {
  const registry = await registryOf(plan)
  const flow = await readFlow(folder, plan)
  const stages = stageData(flow, registry)
  const tables = await openTables(folder, flow)
  try {
    const thumbnails = openThumbnails(openBytes(folder, null), PICTURE_BUDGET_BYTES)
    const samples = openSamples(
      tables,
      stages,
      thumbnails,
      openJudged(stages, registry),
      await readTakedowns(folder),
      options.showUnsafe,
    )
    const shown = lastRows(flow, stages, tables)
    const shownTable = shown ? tables.of(shown.id)! : null
    const kept: Sample[] = shownTable ? await samples.kept(shownTable, 4 * options.samples) : []
    return {
      head: await headOf(run, plan, stages, flow),
      stages,
      ledgers: ledgersOf(stages),
      outputs: flow.flatMap((f) => outputOf(f, plan)),
      time: timeData(flow),
      fetches: await fetchesOf(plan, tables),
      shapes: shownTable
        ? { stage: shown!.id, rows: shown!.kept, charts: await shapeCharts(shownTable, tables) }
        : null,
      kept,
      rules: await rulesOf(flow, stages, tables, registry, samples, options),
      fairness: await fairnessData(stages, tables),
    }
  } finally {
    await tables.close()
  }
}

/** A plug-in may be gone since the run: then what it would tell is left out. */
async function registryOf(plan: Plan): Promise<Registry> {
  try {
    return await openRegistry(plan.plugins)
  } catch (error) {
    if ((error as PairloomError).code === 'PL_PLUGIN') return builtinStages()
    throw error
  }
}

async function headOf(
  run: string,
  plan: Plan,
  stages: readonly StageData[],
  flow: readonly StageCommits[],
): Promise<HeadData> {
  const ids = (state: StageData['state']) => stages.filter((s) => s.state === state).map((s) => s.id)
  return {
    name: plan.name,
    pairloom: plan.pairloom,
    seed: plan.seed,
    snapshot: plan.snapshot,
    run,
    out: plan.out,
    finished: stages.every((s) => s.state === 'done'),
    missing: ids('missing'),
    partial: ids('partial'),
    failedPartitions: stages.reduce((sum, s) => sum + s.partitions.failed, 0),
    notes: await emptySources(plan, wholeStages(stages, flow)),
  }
}

function wholeStages(stages: readonly StageData[], flow: readonly StageCommits[]): WholeStage[] {
  return flow.flatMap(({ stage, commits }) => {
    const { state, partitions } = stages.find(({ id }) => id === stage.id)!
    if (state !== 'done' || partitions.failed > 0) return []
    const tally = emptyTally()
    for (const commit of commits.values()) addTally(tally, commit.tally)
    return [{ stage: stage.id, tally, partitions: commits.size }]
  })
}

/** The last stage before the first sink, or the last so far, that has handed rows on. */
function lastRows(
  flow: readonly StageCommits[],
  stages: readonly StageData[],
  tables: Tables,
): StageData | null {
  const leaf = stages.find((s) => !stages.some((other) => other.from === s.id))
  if (!leaf || flow.length === 0) return null
  return pathTo(stages, leaf).findLast((s) => s.kept > 0 && tables.of(s.id)?.kept) ?? null
}

function outputOf({ stage, commits, closed }: StageCommits, plan: Plan): OutputData[] {
  if (stage.kind !== 'sink') return []
  const files = [...commits.values()].flatMap((c) => c.sink?.files ?? [])
  const rows = [...commits.values()].reduce((sum, c) => sum + c.tally.kept, 0)
  return [
    {
      stage: stage.id,
      use: stage.use,
      folder: sinkFolder(plan.out, stage).root,
      published: closed,
      rows,
      files: files.length,
      bytes: files.reduce((sum, f) => sum + f.bytes, 0),
    },
  ]
}

async function fetchesOf(plan: Plan, tables: Tables) {
  const found = []
  for (const { id } of fetchStages(plan)) {
    const table = tables.of(id)
    const data = table && (await fetchData(table, tables))
    const health = table && (await fetchHealth(table, tables))
    if (data && health) found.push({ ...data, causes: health.causes, findings: diagnose(health) })
  }
  return found
}

/** Of filters that dropped anything. */
async function fairnessData(stages: readonly StageData[], tables: Tables): Promise<ReportData['fairness']> {
  const found: ReportData['fairness'] = []
  for (const { id, use, dropped } of stages) {
    const table = tables.of(id)
    const kinds = use === 'filters' && dropped > 0 && table ? await stageFairness(tables, table) : []
    if (kinds.length > 0) found.push({ stage: id, kinds })
  }
  return found
}

/** Every rule that took rows out, and every filter that measured, in the order of the flow. */
async function rulesOf(
  flow: readonly StageCommits[],
  stages: readonly StageData[],
  tables: Tables,
  registry: Registry,
  samples: Samples,
  options: GatherOptions,
): Promise<RuleData[]> {
  const rules: RuleData[] = []
  for (const [i, stage] of stages.entries()) {
    if (stage.state === 'missing') continue
    const table = tables.of(stage.id)
    const charts = [
      ...(await measureCharts(flow[i]!.stage, table, tables, registry)),
      ...balanceCharts(stage),
    ]
    for (const rule of ruleNames(stage, charts)) {
      const reasons = stage.reasons.filter((r) => r.rule === rule)
      const data: RuleData = {
        stage: stage.id,
        rule,
        summary: registry.get(rule)?.summary ?? '',
        in: stage.in,
        rows: reasons.reduce((sum, r) => sum + r.rows, 0),
        charts: charts.find((c) => c.filter === rule)?.charts ?? [],
        reasons: [],
        rest: { reasons: 0, rows: 0 },
      }
      for (const { status, reason, rows, withheld } of reasons.slice(0, MAX_REASONS)) {
        const isHidden = withheld && !options.showUnsafe
        const chosen = table && !isHidden ? await samples.dropped(table, rule, reason, options.samples) : []
        data.reasons.push({ status, reason, rows, withheld: isHidden, samples: chosen })
      }
      const more = reasons.slice(MAX_REASONS)
      data.rest = { reasons: more.length, rows: more.reduce((sum, r) => sum + r.rows, 0) }
      rules.push(data)
    }
  }
  return rules
}

/** Filters in the order they decide, then rules of other names by rows. */
function ruleNames(stage: StageData, charts: readonly FilterCharts[]): string[] {
  const filters = charts.map((c) => c.filter)
  const others = stage.reasons.map((r) => r.rule).filter((rule) => !filters.includes(rule))
  return [...filters, ...new Set(others)]
}
