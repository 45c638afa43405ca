import type { ListSample } from '../../crawl/list-sample.ts'
import { fetchStages } from '../fetch-stages.ts'
import type { Plan, PlannedStage } from '../plan.ts'
import { bodyOf } from '../plan.ts'
import type { Registry } from '../registry.ts'
import type { RunFolder } from '../run-folder.ts'
import type { Assumptions } from './assumed.ts'
import type { Basis } from './estimate.ts'
import type { Measured } from './measured.ts'
import { cpuOf, sharedCpu } from './row-cpu.ts'
import { siteWalk } from './site-walk.ts'
import { sourceRows } from './source-rows.ts'

/** What a stage costs: `left` and all behind it are of what is not done yet; rows, kept and storedBytes of all. */
export interface StageCost {
  stage: string
  use: string
  /** Rows that come in in all, and how many of them go on. Null where nothing tells. */
  rows: number | null
  kept: number | null
  left: number | null
  partitions: number | null
  requests: number
  bytesIn: number
  bytesOut: number
  cpuSeconds: number
  objects: number
  storedBytes: number
  /** Of a stage that walks sites: what politeness makes the longest walk, and all of them, take, s. */
  walk: { siteSeconds: number; allSeconds: number } | null
  /** What rows rest on, and what the figures a row do. */
  basis: { rows: Basis; perRow: Basis }
}

/** Files that a partition leaves where no commit says it: rows, rejects, the commit; bytes; a shard. */
const FILES = { rows: 3, bytes: 1, sink: 1 }

/** Estimates the stages in the order of the flow. Samples: what was looked at of lists, by source. */
export async function stageCosts(
  plan: Plan,
  folder: RunFolder,
  registry: Registry,
  measured: ReadonlyMap<string, Measured>,
  assumed: Assumptions,
): Promise<{ stages: StageCost[]; samples: Map<string, ListSample> }> {
  const stages: StageCost[] = []
  const samples = new Map<string, ListSample>()
  const fetching = new Set(fetchStages(plan).map((s) => s.id))
  const cpu = sharedCpu(plan, measured, fetching)
  for (const stage of plan.stages) {
    const known = measured.get(stage.id)
    const own = known?.isOwn ? known : undefined
    const before = stages.find((s) => s.stage === stage.from)
    let rows: number | null = before?.kept ?? null
    let partitions = before?.partitions ?? null
    let basis: Basis = before?.basis.rows ?? 'unknown'
    if (stage.kind === 'source') {
      const total = await folder.readSourceParts(stage.dataset)
      if (own && total) {
        rows = Math.round((own.tally.rowsIn * total.length) / own.done)
        partitions = total.length
        basis = own.done === total.length ? 'measured' : 'sampled'
      } else {
        const found = await sourceRows(stage, plan, folder, registry, assumed)
        ;({ rows, partitions, basis } = found)
        if (found.sample) samples.set(stage.id, found.sample)
      }
    } else if (stage.kind === 'global') {
      partitions =
        (await folder.readTotal(stage.dataset))?.partitions ?? partitionsOf(stage, registry, rows, partitions)
    }
    if (own && partitions !== null && own.done === partitions && stage.kind !== 'source') {
      rows = own.tally.rowsIn
      basis = 'measured'
    }
    const share = keptShare(stage, known, fetching.has(stage.id), assumed)
    const isDone = own !== undefined || known?.isReused === true
    const left = rows === null ? null : Math.max(0, rows - (isDone ? known!.tally.rowsIn : 0))
    const perRow = rowCost(stage, plan, known, fetching.has(stage.id), cpu.get(stage.id), assumed)
    const open = Math.max(0, (partitions ?? 1) - (own?.done ?? 0))
    const n = left ?? 0
    const walk = siteWalk(stage, open, known, assumed)
    const bytesOut = n * perRow.bytesOut
    stages.push({
      stage: stage.id,
      use: stage.use === 'filters' ? stage.filters.map((f) => f.name).join(' ') : stage.use,
      rows,
      kept: rows === null ? null : Math.round(rows * share),
      left,
      partitions,
      requests: walk?.requests ?? Math.round(n * perRow.requests),
      bytesIn: walk?.bytesIn ?? Math.round(n * perRow.bytesIn),
      bytesOut: Math.round(bytesOut),
      cpuSeconds: n * perRow.cpuSeconds,
      objects: Math.round(open * filesOf(stage, known, fetching.has(stage.id))),
      storedBytes: Math.round(bytesOut + (own?.bytes ?? 0)),
      walk: walk && { siteSeconds: walk.siteSeconds, allSeconds: walk.allSeconds },
      basis: { rows: basis, perRow: known ? (known.isOwn ? 'measured' : 'earlier') : 'assumed' },
    })
  }
  return { stages, samples }
}

function partitionsOf(
  stage: PlannedStage,
  registry: Registry,
  rows: number | null,
  above: number | null,
): number {
  const body = bodyOf(stage, registry)
  const fixed =
    body.kind === 'stage' && body.stage.kind === 'global' ? body.stage.partitions?.(body.options) : undefined
  const { shardRows } = stage.options as { shardRows?: number | null }
  // 0: as many as come in.
  if (fixed !== undefined) return fixed || (above ?? 1)
  return shardRows ? Math.ceil((rows ?? 0) / shardRows) : 1
}

function keptShare(
  stage: PlannedStage,
  known: Measured | undefined,
  fetches: boolean,
  assumed: Assumptions,
): number {
  if (known && known.tally.rowsIn > 0) return known.tally.kept / known.tally.rowsIn
  if (fetches) return assumed.take('fetchKept')
  if (stage.filters.length > 0) return assumed.take('filterKept') ** stage.filters.length
  // An order takes nothing out.
  return stage.kind === 'global' && stage.use !== 'shard/pack' ? assumed.take('globalKept') : 1
}

function rowCost(
  stage: PlannedStage,
  plan: Plan,
  known: Measured | undefined,
  fetches: boolean,
  cpuSeconds: number | undefined,
  assumed: Assumptions,
) {
  const rowsIn = known?.tally.rowsIn ?? 0
  if (known && rowsIn > 0) {
    const { counters } = known.tally
    return {
      requests: (counters.requests ?? 0) / rowsIn,
      bytesIn: (counters['bytes.in'] ?? 0) / rowsIn,
      bytesOut: known.bytes / rowsIn,
      cpuSeconds: cpuSeconds === undefined ? cpuOf(stage, fetches, assumed) : cpuSeconds / rowsIn,
    }
  }
  const pixels = fetches || stage.kind === 'sink' ? storedBytes(plan, assumed) : 0
  return {
    requests: fetches ? assumed.take('requests') : 0,
    bytesIn: fetches ? assumed.take('pictureBytes') * assumed.take('fetchKept') : 0,
    bytesOut: assumed.take('rowBytes') + (fetches ? pixels * assumed.take('fetchKept') : pixels),
    cpuSeconds: cpuOf(stage, fetches, assumed),
  }
}

/** Bytes of a picture as the fetch of the plan stores it. */
function storedBytes(plan: Plan, assumed: Assumptions): number {
  const { resize, size } = fetchStages(plan)[0]?.options ?? {}
  if (resize === 'none' || typeof size !== 'number') return assumed.take('pictureBytes')
  return assumed.take('storedBytesPerPixel') * size ** 2
}

function filesOf(stage: PlannedStage, known: Measured | undefined, fetches: boolean): number {
  if (known) return known.objects / known.done
  return FILES.rows + (fetches ? FILES.bytes : 0) + (stage.kind === 'sink' ? FILES.sink : 0)
}
