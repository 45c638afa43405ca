import type { FetchDiagnosis } from '../pipeline/doctor/after.ts'
import { plural } from '../core/plural.ts'
import { count, percent, table } from './format.ts'

/** How a fetch has fared, its causes with reasons and hosts, and what they mean. */
export function printDiagnosis({
  stage,
  rows,
  kept,
  deferred,
  judgement,
  causes,
  findings,
}: FetchDiagnosis): void {
  process.stdout.write(`${stage}: ${percent(kept, rows)} of ${plural(rows, 'picture')} came, ${judgement}\n`)
  if (deferred > 0)
    process.stdout.write(
      `${plural(deferred, 'more picture')} ${deferred === 1 ? 'was' : 'were'} not asked for before the deadline\n  -> run again with --retry deferred\n`,
    )
  process.stdout.write('\n')
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
