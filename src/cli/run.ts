import { Command } from 'commander'
import { PairloomError } from '../core/error.ts'
import type { RunEvent } from '../pipeline/event.ts'
import { writeReport } from '../pipeline/report/index.ts'
import { runPlan } from '../pipeline/run.ts'
import { duration, planOptions, positive, share } from './options.ts'
import { costFromFlags, costOptions, type CostFlags } from './cost.ts'
import { printPlan } from './plan.ts'
import { expectBeside, expectFetch } from './idle-options.ts'
import { linePrinter, type Printer } from './progress-lines.ts'
import { planRun, type RetryFlags } from './retry.ts'
import { barPrinter } from './progress-bars.ts'

interface RunFlags extends RetryFlags, CostFlags {
  workers?: number
  deadline?: number
  json?: boolean
  dryRun?: boolean
  maxFailureRate?: number
  failureRateAfter?: number
}

/** `pairloom run PIPELINE`. `again`: the words that run it once more. */
export function runCommand(again: readonly string[]): Command {
  const command = planOptions(
    new Command('run').description('run a pipeline; run again, it does only what is left'),
  )
  return costOptions(command)
    .option('--to <stage>', 'stop after this stage')
    .option('--workers <n>', 'worker processes; default the number of cores', positive)
    .option(
      '--max-failure-rate <share>',
      'end with an error where more than this share (0..1) of a fetch fails',
      share,
    )
    .option(
      '--failure-rate-after <rows>',
      'rows of a fetch before which --max-failure-rate says nothing; default 100',
      positive,
    )
    .option(
      '--retry <reasons>',
      'try again what ended so: dns,timeout,5xx and the like, or reasons as pairloom status --reasons shows them',
    )
    .option('--older-than <time>', 'with --retry: only what ended so long ago, such as 6h', duration)
    .option(
      '--deadline <time>',
      'ask for no more pictures after so long, such as 6h; what is left ends as deferred and can be retried',
      duration,
    )
    .option('--dry-run', 'print the plan and stop')
    .option('--json', 'one JSON object a line for every event')
    .action(async (file: string, flags: RunFlags) => {
      const say = (line: string) => void process.stderr.write(`${line}\n`)
      if (flags.maxCost === undefined) expectBeside({ '--prices': flags.prices }, '--max-cost')
      if (flags.maxFailureRate === undefined)
        expectBeside({ '--failure-rate-after': flags.failureRateAfter }, '--max-failure-rate')
      const plan = await planRun(file, flags, say)
      expectFetch(plan, flags)
      if (flags.maxCost !== undefined) await costFromFlags(plan, flags)
      if (flags.dryRun) return printPlan(plan, flags)
      const printer = flags.json
        ? jsonPrinter()
        : process.stderr.isTTY
          ? barPrinter(process.stderr)
          : linePrinter()
      const stop = stopOnSignals(printer)
      // Should nobody read our output any more, the end that follows is no success.
      process.exitCode = 1
      try {
        const summary = await runPlan(plan, {
          signal: stop.signal,
          onEvent: printer.event,
          ...(flags.to !== undefined && { to: flags.to }),
          ...(flags.deadline !== undefined && { deadlineMs: flags.deadline }),
          ...(flags.workers !== undefined && { workers: flags.workers }),
          ...(flags.maxFailureRate !== undefined && {
            failureBound: {
              maxFailureRate: flags.maxFailureRate,
              failureRateAfter: flags.failureRateAfter ?? 100,
            },
          }),
        })
        printer.end(summary, { plan, report: await reportOf(plan.run, printer) })
        process.exitCode = 0
      } catch (error) {
        printer.stop()
        // A run that went wrong is looked at the most.
        if (['PL_PARTITION_FAILED', 'PL_FAILURE_RATE'].includes((error as PairloomError).code))
          printer.say(`report  ${await reportOf(plan.run, printer)}`)
        if ((error as PairloomError).code === 'PL_INTERRUPTED') {
          throw new PairloomError(
            'PL_INTERRUPTED',
            `Stopped; what is committed stays. Go on with: ${resumeCommand(again)}`,
          )
        }
        throw error
      } finally {
        stop.release()
      }
    })
}

/** Writes the report. One that fails takes nothing from a run that is done. */
async function reportOf(run: string, printer: Printer): Promise<string> {
  try {
    return await writeReport(run)
  } catch (error) {
    printer.say(`The report could not be written: ${(error as Error).message}`)
    return 'none'
  }
}

function jsonPrinter(): Printer {
  const print = (event: object) => process.stdout.write(`${JSON.stringify(event)}\n`)
  return {
    event: (event: RunEvent) => void print(event),
    end: (_summary, { report }) => void print({ event: 'report', path: report }),
    stop: () => undefined,
    say: (line) => void process.stderr.write(`${line}\n`),
  }
}

/** The first Ctrl-C stops cleanly, the second at once. */
function stopOnSignals(printer: Printer): { signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(1)
    printer.say(`${name}: stopping the running tasks; once more stops at once`)
    controller.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}

function resumeCommand(again: readonly string[]): string {
  // What has begun goes on by itself: these would begin another one.
  const once = /^--(?:refresh|refresh-consent|retry|older-than)$/
  const takesValue = /^--(?:retry|older-than)$/
  return again
    .filter((word, i) => !once.test(word.replace(/=.*/s, '')) && !takesValue.test(again[i - 1] ?? ''))
    .map((w) => (/^[\w./=:@-]+$/.test(w) ? w : `'${w.replaceAll("'", "'\\''")}'`))
    .join(' ')
}
