import { rm } from 'node:fs/promises'
import type { Row } from '../../core/column.ts'
import type { Network } from '../../core/stage.ts'
import type { ListSample } from '../../crawl/list-sample.ts'
import { openRates, type Rates } from '../../crawl/rates.ts'
import { makeScratch } from '../../store/scratch.ts'
import { parseEndpoint } from '../../crawl/resolve.ts'
import { openSql } from '../../table/sql.ts'
import type { Plan, PlannedStage } from '../plan.ts'
import type { RunFolder } from '../run-folder.ts'
import type { Assumptions } from './assumed.ts'
import type { Basis } from './estimate.ts'
import type { Measured } from './measured.ts'

/** How the rows that a fetch has left lie on hosts, and how long politeness makes that take. */
export interface HostLoad {
  stage: string
  rows: number
  /** Hosts in what was counted. */
  hosts: number
  /** What the hosts rest on, and how long a request takes. */
  basis: { hosts: Basis; requestSeconds: Basis }
  secondsPerRequest: number
  /** Requests of all hosts at `concurrency` a worker, and at `network.atOnce` in all, s. */
  requestSeconds: number
  /** The hosts that take longest, by `perHost`, `rates` and `network.perAddress`. */
  top: HostTime[]
  /**
   * The addresses that take longest, of those on which `network.hosts` puts several hosts, by `network.perAddress`. Any
   * other host is taken to have an address of its own: nobody is asked.
   */
  addresses: { address: string; hosts: number; rows: number; seconds: number }[]
}

interface HostTime {
  host: string
  rows: number
  seconds: number
}

const MAX_HOSTS = 20
const MAX_ADDRESSES = 5
/** Hosts with the most pictures, and those with a rate of their own, among which the slowest are looked for. */
const CANDIDATES = 1000
const MEMORY_BYTES = 512 * 2 ** 20

interface Known {
  measured: ReadonlyMap<string, Measured>
  samples: ReadonlyMap<string, ListSample>
  assumed: Assumptions
  workers: number
}

/**
 * Counts the hosts of a fetch: of the rows that the nearest stage above has handed on, else of a sample of the list,
 * scaled to the rows that are left. Where neither is there, hosts are unknown.
 *
 * Memory: 512 MiB at most; the engine groups, and spills.
 */
export async function hostLoad(
  stage: PlannedStage,
  left: number,
  plan: Plan,
  folder: RunFolder,
  { measured, samples, assumed, workers }: Known,
): Promise<HostLoad> {
  const { perHost = 2, concurrency = 64, rates = {} } = stage.options as Pace
  const rateOf = openRates(rates, perHost)
  const most = mostPerHost(stage, plan)
  const own = await requestTime(measured.get(stage.id), folder)
  const secondsPerRequest = own ?? assumed.take('requestSeconds')
  const counted = await countHosts(stage, plan, folder, { measured, samples, rates })
  const scale = counted && counted.rows > 0 ? left / counted.rows : 0
  const { atOnce, perAddress } = plan.network
  const times = (counted?.top ?? []).map(({ host, rows }): HostTime => {
    const urls = Math.max(1, Math.min(most, Math.round(rows * scale)))
    const { atOnce: own, intervalMs } = rateOf(host)
    const each = Math.max(secondsPerRequest / Math.min(own, perAddress), intervalMs / 1000)
    return { host, rows: urls, seconds: urls * each }
  })
  const basis = own === null ? 'assumed' : measured.get(stage.id)!.isOwn ? 'measured' : 'earlier'
  return {
    stage: stage.id,
    rows: left,
    hosts: counted?.hosts ?? 0,
    basis: { hosts: counted?.basis ?? 'unknown', requestSeconds: basis },
    secondsPerRequest,
    requestSeconds: (left * secondsPerRequest) / Math.min(concurrency * workers, atOnce),
    addresses: addressTimes(times, plan.network, secondsPerRequest).slice(0, MAX_ADDRESSES),
    top: times
      .sort((a, b) => b.seconds - a.seconds || b.rows - a.rows || (a.host < b.host ? -1 : 1))
      .slice(0, MAX_HOSTS),
  }
}

/** The hosts of one address take turns at it, the longest first. */
function addressTimes(
  times: readonly HostTime[],
  { hosts, perAddress }: Network,
  secondsPerRequest: number,
): HostLoad['addresses'] {
  const byAddress = new Map<string, { hosts: number; rows: number }>()
  for (const { host, rows } of times) {
    const address = parseEndpoint(hosts[host] ?? '')?.address
    if (address === undefined) continue
    const sum = byAddress.get(address) ?? { hosts: 0, rows: 0 }
    byAddress.set(address, { hosts: sum.hosts + 1, rows: sum.rows + rows })
  }
  return [...byAddress]
    .filter(([, sum]) => sum.hosts > 1)
    .map(([address, sum]) => ({ address, ...sum, seconds: (sum.rows * secondsPerRequest) / perAddress }))
    .sort((a, b) => b.seconds - a.seconds || (a.address < b.address ? -1 : 1))
}

/** Pictures of a host that a stage above lets through at most. */
function mostPerHost({ from }: PlannedStage, plan: Plan): number {
  const above = plan.stages.find((s) => s.id === from)
  if (!above) return Infinity
  const { maxUrlsPerHost } = above.options as { maxUrlsPerHost?: number | null }
  return Math.min(maxUrlsPerHost ?? Infinity, mostPerHost(above, plan))
}

interface Pace {
  perHost?: number
  concurrency?: number
  rates?: Rates
}

interface Counted {
  rows: number
  hosts: number
  top: { host: string; rows: number }[]
  basis: Basis
}

async function countHosts(
  stage: PlannedStage,
  plan: Plan,
  folder: RunFolder,
  { measured, samples, rates }: Pick<Known, 'measured' | 'samples'> & { rates: Rates },
): Promise<Counted | null> {
  for (let id = stage.from; id !== null; id = plan.stages.find((s) => s.id === id)!.from) {
    const known = measured.get(id)
    const files = known ? partsOf(known, folder) : []
    if (known && files.length > 0) return hostsOfFiles(files, known.isOwn ? 'measured' : 'earlier', rates)
    const sample = samples.get(id)
    if (sample) return hostsOfSample(sample)
  }
  return null
}

function hostsOfSample({ urls, hosts, isExact, rows }: ListSample): Counted {
  const top = [...hosts].map(([host, n]) => ({ host, rows: n }))
  return { rows: urls, hosts: hosts.size, top, basis: isExact && urls === rows ? 'source' : 'sampled' }
}

/** Host of a URL, in SQL. */
const HOST = `regexp_extract(url, '^[a-z]+://(?:[^/@]*@)?(\\[[^/]*\\]|[^/?#:]+)', 1)`

async function hostsOfFiles(files: readonly string[], basis: Basis, rates: Rates): Promise<Counted> {
  const grouped = `(SELECT ${HOST} AS host, count(*) AS rows FROM input GROUP BY 1)`
  const [all] = await ask(
    files,
    `SELECT count(*) AS hosts, coalesce(sum(rows), 0)::BIGINT AS rows FROM ${grouped}`,
  )
  const named = Object.keys(rates).map((name) =>
    name.startsWith('*') ? `ends_with(host, '${name.slice(1)}')` : `host = '${name}'`,
  )
  const top = await ask(
    files,
    `SELECT * FROM ${grouped} ORDER BY ${[...named, 'FALSE'].join(' OR ')} DESC, rows DESC, host LIMIT ${CANDIDATES}`,
  )
  return { rows: Number(all!.rows), hosts: Number(all!.hosts), top: top as Counted['top'], basis }
}

/** Mean time of a try of the pictures that came, s; null where none is measured. */
async function requestTime(known: Measured | undefined, folder: RunFolder): Promise<number | null> {
  const files = known ? partsOf(known, folder) : []
  if (files.length === 0) return null
  const columns = await ask(files, `SELECT column_name AS name FROM (DESCRIBE SELECT * FROM input)`)
  if (!columns.some(({ name }) => name === 'fetch_ms')) return null
  const [mean] = await ask(files, `SELECT avg(fetch_ms)::DOUBLE AS ms FROM input`)
  return typeof mean?.ms === 'number' ? mean.ms / 1000 : null
}

function partsOf({ commits, dataset }: Measured, folder: RunFolder): string[] {
  return commits.flatMap(({ files }) =>
    files.parquet && files.parquet.rows > 0 ? [folder.store.locate(`${dataset}/${files.parquet.path}`)] : [],
  )
}

async function ask(files: readonly string[], statement: string): Promise<Row[]> {
  const scratch = await makeScratch()
  const sql = await openSql({ memoryBytes: MEMORY_BYTES, scratch })
  try {
    await sql.view('input', files)
    const rows: Row[] = []
    for await (const batch of sql.query(statement)) rows.push(...batch)
    return rows
  } finally {
    sql.close()
    await rm(scratch, { recursive: true, force: true })
  }
}
