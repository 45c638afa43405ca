import { availableParallelism } from 'node:os'
import { InvalidArgumentError, type Command } from 'commander'
import { checkCost } from '../pipeline/cost/check-cost.ts'
import { plural } from '../core/plural.ts'
import { estimateCost, type CostEstimate } from '../pipeline/cost/estimate.ts'
import type { HostLoad } from '../pipeline/cost/host-load.ts'
import { DEFAULT_PRICES, readPrices } from '../pipeline/cost/prices.ts'
import type { Plan } from '../pipeline/plan.ts'
import { openRunFolder } from '../pipeline/run-folder.ts'
import { bytes, count, duration, table } from './format.ts'

export interface CostFlags {
  maxCost?: number
  prices?: string
  workers?: number
  to?: string
}

/** Adds the options of commands that can estimate what a plan costs. */
export function costOptions(command: Command): Command {
  return command
    .option(
      '--max-cost <amount>',
      'refuse, before anything is written, what is estimated to cost more',
      amount,
    )
    .option('--prices <file>', 'unit prices (YAML) in place of the built-in ones, which plan --cost shows')
}

/** Estimates a plan, and refuses it beyond `--max-cost`. */
export async function costFromFlags(plan: Plan, flags: CostFlags): Promise<CostEstimate> {
  const estimate = await estimateCost(plan, openRunFolder(plan.run), {
    workers: flags.workers ?? availableParallelism(),
    ...(flags.to !== undefined && { to: flags.to }),
    prices: flags.prices === undefined ? DEFAULT_PRICES : await readPrices(flags.prices),
  })
  if (flags.maxCost !== undefined) checkCost(estimate, flags.maxCost)
  return estimate
}

/** What is left to do, the hosts that bound it, its time and its money, and what all of that rests on. */
export function printCost(estimate: CostEstimate): void {
  const { stages, total, fetches, wall, money, prices, workers, assumed, unknown, uncounted } = estimate
  const head = [
    'stage',
    'rows',
    'kept',
    'left',
    'requests',
    'in',
    'out',
    'CPU',
    'objects',
    'rows by',
    'rates by',
  ]
  const number = (n: number | null) => (n === null ? '?' : count(Math.round(n)))
  const lines = stages.map((s) => [
    s.stage,
    number(s.rows),
    number(s.kept),
    number(s.left),
    number(s.requests),
    bytes(s.bytesIn),
    bytes(s.bytesOut),
    duration(s.cpuSeconds),
    number(s.objects),
    s.basis.rows,
    s.basis.perRow,
  ])
  const sums = ['total', '', '', '', number(total.requests), bytes(total.bytesIn), bytes(total.bytesOut)]
  lines.push([...sums, duration(total.cpuSeconds), number(total.objects), '', ''])
  print(`${estimate.name}: what is left to do, estimated; nothing was started\n\n`)
  print(`${table([head, ...lines], new Set([1, 2, 3, 4, 5, 6, 7, 8]))}\n`)
  for (const fetch of fetches) printHosts(fetch)
  // A host with half of the pictures would bound the time: nobody knows yet.
  const isOpen = fetches.some(({ basis }) => basis.hosts === 'unknown') || uncounted.length > 0
  print(
    `\nwall time with ${plural(workers, 'worker')}: ${duration(wall.seconds)}${isOpen ? ' or more' : ''}, bound by ${BOUND[wall.boundBy]}\n`,
  )
  const walk =
    wall.walkSeconds > 0 ? `walk of sites ${duration(wall.walkSeconds)}, then the longest of: ` : ''
  const address = wall.addressSeconds > 0 ? `slowest address ${duration(wall.addressSeconds)}, ` : ''
  print(
    `  ${walk}processors ${duration(wall.cpuSeconds)}, slowest host ${wall.hostSeconds === 0 && isOpen ? 'unknown' : duration(wall.hostSeconds)}, ${address}all requests ${duration(wall.requestSeconds)}\n\n`,
  )
  const prices_ = money.map((m) => [
    m.item,
    m.amount.toFixed(2),
    m.unit,
    `at ${m.price}`,
    `${m.cost.toFixed(2)} ${prices.currency}`,
  ])
  const sum =
    estimate.cost === null
      ? `unknown: nothing tells the rows of ${unknown.join(', ')} (run with --to ${unknown[0]} first)`
      : `${estimate.cost.toFixed(2)} ${prices.currency}`
  print(`${table([...prices_, ['cost', '', '', '', sum]], new Set([1]))}\n`)
  if (uncounted.length > 0)
    print(
      `\nnot counted: what ${uncounted.join(', ')} will read of archives on the web, and how long that takes (run with --to ${uncounted[0]} first)\n`,
    )
  if (assumed.length > 0) {
    print('\nassumed, as neither the run nor the source says it:\n')
    print(
      `${table(
        assumed.map((a) => ['', String(a.value), a.unit, `(${a.source})`]),
        new Set([1]),
      )}\n`,
    )
  }
}

const BOUND = {
  walk: 'the walk of sites',
  cpu: 'processors',
  hosts: 'the slowest host',
  addresses: 'the slowest address',
  requests: 'requests at once',
}

function printHosts({ stage, rows, hosts, basis, secondsPerRequest, top, addresses }: HostLoad): void {
  if (basis.hosts === 'unknown') {
    print(`\n${stage}: its hosts are not known before a stage above it has run\n`)
    return
  }
  const each = `${secondsPerRequest.toFixed(3)} s a request (${basis.requestSeconds})`
  print(
    `\n${stage}: ${plural(rows, 'picture')} on ${plural(hosts, 'host')} (${basis.hosts}), ${each}; the slowest:\n`,
  )
  const lines = top.map((t) => ['', t.host, count(t.rows), duration(t.seconds)])
  print(`${table(lines, new Set([2, 3]))}\n`)
  if (addresses.length === 0) return
  const shared = addresses.map((a) => [
    '',
    a.address,
    plural(a.hosts, 'host'),
    count(a.rows),
    duration(a.seconds),
  ])
  print(`addresses that several of them share:\n${table(shared, new Set([3, 4]))}\n`)
}

function print(text: string): void {
  process.stdout.write(text)
}

function amount(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value
  throw new InvalidArgumentError('expected an amount of 0 or more')
}
