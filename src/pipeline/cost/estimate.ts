import { fetchStages } from '../fetch-stages.ts'
import type { Plan } from '../plan.ts'
import { openRegistry } from '../registry.ts'
import type { RunFolder } from '../run-folder.ts'
import { wantedStages } from '../wanted-stages.ts'
import { openAssumptions, type Assumptions } from './assumed.ts'
import { hostLoad, type HostLoad } from './host-load.ts'
import { readMeasured } from './measured.ts'
import { DEFAULT_PRICES, type Prices } from './prices.ts'
import { readsArchivesOnline } from './source-rows.ts'
import { stageCosts, type StageCost } from './stage-cost.ts'

/**
 * What a figure rests on, in order of trust: this run's own commits; those of the same stage with other options; the
 * source's files, counted or sampled; figures that are taken for granted; nothing.
 */
export type Basis = 'measured' | 'earlier' | 'source' | 'sampled' | 'assumed' | 'unknown'

export interface CostEstimate {
  name: string
  workers: number
  /** What is left to do of each stage, and what it will hold in all. */
  stages: StageCost[]
  total: Totals
  fetches: HostLoad[]
  wall: WallTime
  prices: Prices
  money: { item: string; amount: number; unit: string; price: number; cost: number }[]
  /** Null where a source does not say how much it gives. */
  cost: number | null
  /** Stages of which nothing tells the rows. */
  unknown: string[]
  /** Stages that read archives on the web: their requests, bytes and waits are in no figure before they have run. */
  uncounted: string[]
  assumed: ReturnType<Assumptions['used']>
}

export interface Totals {
  requests: number
  bytesIn: number
  bytesOut: number
  cpuSeconds: number
  objects: number
  /** Bytes of run and out folders when all is done. */
  storedBytes: number
}

/**
 * What is left, s: first the walk of sites, then the longest of four bounds, which are the slowest host or address, all
 * requests at once and the processors.
 */
export interface WallTime {
  seconds: number
  boundBy: 'walk' | 'cpu' | 'hosts' | 'addresses' | 'requests'
  /** Sites that are walked, each by one worker. */
  walkSeconds: number
  cpuSeconds: number
  hostSeconds: number
  /** Of the addresses that `network.hosts` tells. */
  addressSeconds: number
  requestSeconds: number
}

export interface CostOptions {
  /** Worker processes. */
  workers: number
  prices?: Prices
  /** Only this stage and those that it needs. */
  to?: string
}

/**
 * Estimates what is left to do of a plan. Reads the run folder and the source's files, asks nothing of the network and
 * writes nothing but scratch. The same folder and files give the same estimate.
 *
 * @throws PairloomError `PL_INPUT` where a file of a source cannot be read; `PL_USAGE` where `to` names no stage
 */
export async function estimateCost(
  whole: Plan,
  folder: RunFolder,
  { workers, prices = DEFAULT_PRICES, to }: CostOptions,
): Promise<CostEstimate> {
  const plan = { ...whole, stages: wantedStages(whole, to) }
  const registry = await openRegistry(plan.plugins)
  const assumed = openAssumptions()
  const measured = await readMeasured(plan, folder)
  const { stages, samples } = await stageCosts(plan, folder, registry, measured, assumed)
  const fetches: HostLoad[] = []
  for (const stage of fetchStages(plan)) {
    const cost = stages.find((s) => s.stage === stage.id)!
    if (cost.left === null || cost.left === 0) continue
    fetches.push(await hostLoad(stage, cost.left, plan, folder, { measured, samples, assumed, workers }))
  }
  const sum = (of: keyof StageCost) => stages.reduce((all, s) => all + Number(s[of] ?? 0), 0)
  const total: Totals = {
    requests: sum('requests'),
    bytesIn: sum('bytesIn'),
    bytesOut: sum('bytesOut'),
    cpuSeconds: sum('cpuSeconds'),
    objects: sum('objects'),
    storedBytes: sum('storedBytes'),
  }
  const wall = wallTime(total, stages, fetches, workers)
  const money = moneyOf(total, wall, workers, prices)
  const isLeft = (id: string) => stages.find((s) => s.stage === id)!.left !== 0
  const unknown = stages.filter((s) => s.rows === null).map((s) => s.stage)
  return {
    name: plan.name,
    workers,
    stages,
    total,
    fetches,
    wall,
    prices,
    money,
    cost: unknown.length > 0 ? null : money.reduce((all, m) => all + m.cost, 0),
    unknown,
    uncounted: plan.stages.filter((s) => readsArchivesOnline(s) && isLeft(s.id)).map((s) => s.id),
    assumed: assumed.used(),
  }
}

function wallTime(
  { cpuSeconds }: Totals,
  stages: readonly StageCost[],
  fetches: readonly HostLoad[],
  workers: number,
): WallTime {
  const walkSeconds = stages.reduce(
    (sum, { walk }) => sum + (walk ? Math.max(walk.siteSeconds, walk.allSeconds / workers) : 0),
    0,
  )
  const bounds = {
    cpu: cpuSeconds / workers,
    hosts: Math.max(0, ...fetches.map((f) => f.top[0]?.seconds ?? 0)),
    addresses: Math.max(0, ...fetches.map((f) => f.addresses[0]?.seconds ?? 0)),
    requests: fetches.reduce((all, f) => all + f.requestSeconds, 0),
  }
  const [longest, seconds] = (Object.entries(bounds) as [WallTime['boundBy'], number][]).reduce((a, b) =>
    b[1] > a[1] ? b : a,
  )
  return {
    seconds: walkSeconds + seconds,
    boundBy: walkSeconds > seconds ? 'walk' : longest,
    walkSeconds,
    cpuSeconds: bounds.cpu,
    hostSeconds: bounds.hosts,
    addressSeconds: bounds.addresses,
    requestSeconds: bounds.requests,
  }
}

/** A machine that waits for slow hosts is paid for as one that works: what counts is for how long it is held. */
function moneyOf(total: Totals, { seconds }: WallTime, workers: number, prices: Prices) {
  const gib = (bytes: number) => bytes / 2 ** 30
  const lines = [
    { item: 'machines', amount: (workers * seconds) / 3600, unit: 'vCPU-hours held', price: prices.vcpuHour },
    {
      item: 'storage',
      amount: gib(total.storedBytes) * prices.storageMonths,
      unit: 'GiB-months',
      price: prices.storageGibMonth,
    },
    {
      item: 'writes',
      amount: total.objects / 1000,
      unit: 'thousand objects',
      price: prices.thousandWrites,
    },
    { item: 'traffic', amount: gib(total.bytesIn), unit: 'GiB in', price: prices.gibIn },
  ]
  return lines.map((line) => ({ ...line, cost: line.amount * line.price }))
}
