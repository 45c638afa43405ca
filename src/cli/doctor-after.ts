import type { FetchDiagnosis } from '../pipeline/doctor/after.ts'
import { count, percent, table } from './format.ts'

/** How a fetch has fared, its causes with reasons and hosts, and what they mean. */
export function printDiagnosis({ stage, rows, kept, judgement, causes, findings }: FetchDiagnosis): void {
  process.stdout.write(`${stage}: ${percent(kept, rows)} of ${count(rows)} pictures came, ${judgement}\n\n`)
  const lines = causes.map((c) => [
    name(c.cause),
    count(c.rows),
    percent(c.rows, rows),
    listed(c.reasons.map(({ reason, rows: n }) => `${reason} ${count(n)}`)),
    listed(c.hosts.map(({ host, rows: n }) => `${host} ${count(n)}`)),
  ])
  if (lines.length > 0) {
    const head = ['cause', 'rows', 'share', 'reasons', 'hosts']
    process.stdout.write(`${table([head, ...lines], new Set([1, 2]))}\n\n`)
  }
  for (const { cause, seen, advice } of findings)
    process.stdout.write(`${name(cause)}: ${seen}\n  -> ${advice}\n`)
}

const MAX_LISTED = 3

function listed(items: readonly string[]): string {
  return items.slice(0, MAX_LISTED).join('  ') + (items.length > MAX_LISTED ? '  …' : '')
}

function name(cause: string): string {
  return cause.replaceAll('-', ' ').replace('opt out', 'opt-out')
}
