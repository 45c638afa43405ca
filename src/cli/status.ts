import { Command } from 'commander'
import { readLedger } from '../pipeline/ledger.ts'
import { newestPlan, runStatus } from '../pipeline/status.ts'
import type { RunFolder } from '../pipeline/run-folder.ts'
import { bytes, count, percent, reasons, table } from './format.ts'
import { findRun, runOptions } from './options.ts'
import { waitLines } from './waits.ts'

/** `pairloom status`: what a run folder holds, from its commits, and what it waits for; also while the run goes on. */
export function statusCommand(): Command {
  return runOptions(new Command('status').description('show how far a run is'))
    .option('--json', 'as JSON')
    .option(
      '--reasons',
      'what fetches ended without, by reason, with their age: what run --retry can try again',
    )
    .action(async (file: string | undefined, flags: { run?: string; json?: boolean; reasons?: boolean }) => {
      const { folder, run } = await findRun(file, flags)
      if (flags.reasons) return printReasons(folder, flags.json ?? false)
      const status = await runStatus(folder)
      if (flags.json) {
        process.stdout.write(`${JSON.stringify({ run, ...status })}\n`)
        return
      }
      const rows = [['stage', 'done', 'rows', 'kept', 'dropped', 'failed', 'bytes', 'why']]
      for (const { stage, done, partitions, failedPartitions, tally, bytes: held } of status.stages) {
        const of = `${done}/${partitions ?? '?'}${failedPartitions > 0 ? ` (${failedPartitions} failed)` : ''}`
        const numbers = [tally.rowsIn, tally.kept, tally.dropped, tally.failed].map(count)
        rows.push([stage, of, ...numbers, bytes(held), reasons(tally.reasons)])
      }
      process.stdout.write(`${status.name} in ${run}: ${status.finished ? 'finished' : 'not finished'}\n\n`)
      process.stdout.write(`${table(rows, new Set([1, 2, 3, 4, 5, 6]))}\n`)
      for (const note of status.notes) process.stdout.write(`\n${note}\n`)
      for (const { stage, tally, causes } of status.stages) {
        if (!causes || tally.rowsIn === 0) continue
        const lost = causes.map((c) => `${c.cause} ${count(c.rows)}`).join('  ')
        const came = `${stage}: ${percent(tally.kept, tally.rowsIn)} of ${count(tally.rowsIn)} came`
        process.stdout.write(`\n${came}${lost ? `; ${lost} (pairloom doctor says why)` : ''}\n`)
      }
      if (status.waits) process.stdout.write(`\n${waitLines(status.waits)}`)
    })
}

async function printReasons(folder: RunFolder, json: boolean): Promise<void> {
  const lines = await readLedger(folder, await newestPlan(folder))
  if (json) {
    process.stdout.write(`${JSON.stringify({ reasons: lines })}\n`)
    return
  }
  const rows = [['stage', 'reason', 'status', 'rows', 'cause', 'first', 'last']]
  for (const { stage, reason, status, rows: n, cause, root, oldest, newest } of lines)
    rows.push([
      stage,
      reason,
      status,
      count(n),
      root === reason ? cause : `${cause}: ${root}`,
      oldest ?? '-',
      newest ?? '-',
    ])
  process.stdout.write(`${table(rows, new Set([3]))}\n`)
}
