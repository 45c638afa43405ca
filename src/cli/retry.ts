import { PairloomError } from '../core/error.ts'
import { plural } from '../core/plural.ts'
import { dueLines, readLedger, retryable } from '../pipeline/ledger.ts'
import type { Plan } from '../pipeline/plan.ts'
import { parseWords, type Retry } from '../pipeline/retry.ts'
import { openRunFolder } from '../pipeline/run-folder.ts'
import { wantedStages } from '../pipeline/wanted-stages.ts'
import { count } from './format.ts'
import { expectApart, expectBeside } from './idle-options.ts'
import { planFromFlags, type PlanFlags } from './options.ts'

export interface RetryFlags extends PlanFlags {
  retry?: string
  /** ms */
  olderThan?: number
  to?: string
}

/**
 * The plan of a run, with a round of its own where `--retry` finds rows to try again; says how many.
 *
 * @throws PairloomError `PL_USAGE` for words that name no reason, and where nothing could be tried again
 */
export async function planRun(file: string, flags: RetryFlags, say: (line: string) => void): Promise<Plan> {
  const isRetry = flags.retry !== undefined
  if (!isRetry) expectBeside({ '--older-than': flags.olderThan }, '--retry')
  expectApart(isRetry && flags.refresh === true, '--retry', '--refresh', '--refresh fetches everything')
  // Faults of the words before those of the file: they cost nothing to find.
  const words = flags.retry === undefined ? null : parseWords(flags.retry)
  const plan = await planFromFlags(file, flags)
  if (!words) return plan
  const wanted = { ...plan, stages: wantedStages(plan, flags.to) }
  const until = flags.to === undefined ? '' : ` up to ${flags.to}`
  if ((await retryable(wanted)).length === 0)
    throw new PairloomError(
      'PL_USAGE',
      `Expected a stage such as crawl/fetch to retry in ${file}${until}, got none`,
    )
  const retry = { words, before: timeBefore(flags.olderThan) }
  const due = dueLines(await readLedger(openRunFolder(plan.run), wanted, retry.before), retry)
  const rows = due.reduce((sum, line) => sum + line.rows, 0)
  const byReason = new Map<string, number>()
  for (const line of due) byReason.set(line.reason, (byReason.get(line.reason) ?? 0) + line.rows)
  const why = [...byReason].map(([reason, n]) => `${reason} ${count(n)}`).join('  ')
  say(`retry  ${plural(rows, 'row')}${why ? `  (${why})` : ': none to try again'}`)
  return rows === 0 ? plan : planFromFlags(file, flags, retry)
}

function timeBefore(olderThanMs: number | undefined): Retry['before'] {
  return olderThanMs === undefined ? null : new Date(Date.now() - olderThanMs).toISOString()
}
