import type { LaneWait } from '../core/lane-waits.ts'
import type { RunWaits } from '../pipeline/run-folder.ts'
import { count, duration, table } from './format.ts'

/** Lines at most. */
const MOST = 5

/** Why a crawl is slow: what its requests waited for, the longest first, with the limit that it is. */
export function waitLines({ at, seconds, waits }: RunWaits): string {
  const rows = waits.slice(0, MOST).map((wait) => [duration(wait.heldMs / 1000), wait.name, paceOf(wait)])
  const when = `in ${duration(seconds)} of the run until ${at}`
  return `requests waited longest, ${when}:\n${table(rows, new Set([0]))}\n`
}

function paceOf({ name, most, atOnce, limitMs, intervalMs, pleas }: LaneWait): string {
  const words = [
    atOnce < most ? `${count(atOnce)} at once, slowed from ${count(most)}` : `${count(most)} at once`,
  ]
  if (intervalMs > 0) words.push(`one in ${intervalMs / 1000} s${intervalMs > limitMs ? ', slowed' : ''}`)
  if (pleas > 0) words.push(`it asked for patience ${count(pleas)} times`)
  const option = OPTIONS.find(([start]) => name.startsWith(start))?.[1]
  return `${words.join('; ')}${option ? ` (${option})` : ''}`
}

/** Which limit of ours a kind of key is. */
const OPTIONS = [
  ['host ', 'perHost, rates, Crawl-delay'],
  ['address ', 'network.perAddress'],
  ['task ', 'concurrency'],
  ['requests', 'network.atOnce'],
] as const
