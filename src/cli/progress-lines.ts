import type { Counters } from '../core/counters.ts'
import type { RunEvent } from '../pipeline/event.ts'
import type { RunSummary } from '../pipeline/run.ts'
import { bytes, count, duration, reasons } from './format.ts'

export interface Printer {
  event(event: RunEvent): void
  end(summary: RunSummary, report: string): void
  stop(): void
  /** A line beside the events. */
  say(line: string): void
}

/** One plain line for every finished task, on stderr; the summary on stdout. */
export function linePrinter(): Printer {
  let width = 0
  return {
    event(event) {
      if (event.event === 'start') width = Math.max(...event.stages.map((s) => s.length))
      const line = eventLine(event, width)
      if (line !== null) process.stderr.write(`${line}\n`)
    },
    end: printSummary,
    stop: () => undefined,
    say: (line) => void process.stderr.write(`${line}\n`),
  }
}

/** An event as one line, or null for those that only a live display shows. */
export function eventLine(event: RunEvent, width: number): string | null {
  switch (event.event) {
    case 'start':
      return `run ${event.name} in ${event.run}, ${event.workers} workers`
    case 'resume':
      return `${event.stage.padEnd(width)}  ${count(event.partitions)} partitions done before`
    case 'task': {
      const { rowsIn, kept, dropped, failed } = event.tally
      const of = event.partitions === null ? '' : `/${event.partitions}`
      const place = `${String(event.partition).padStart(5, '0')}`
      const rows = `${count(rowsIn).padStart(9)} rows ${count(kept).padStart(9)} kept ${count(dropped).padStart(7)} dropped ${count(failed).padStart(6)} failed`
      const left = event.deferred > 0 ? `  ${count(event.deferred)} left to its continuation` : ''
      return `${event.stage.padEnd(width)}  ${place}${of}  ${rows}  ${bytes(event.bytes).padStart(8)}  ${duration(event.seconds)}${left}`
    }
    case 'retry':
      return `${event.stage.padEnd(width)}  ${String(event.partition).padStart(5, '0')}  attempt ${event.attempt} ended: ${event.code} ${event.message}`
    case 'failed':
      return `${event.stage.padEnd(width)}  ${String(event.partition).padStart(5, '0')}  failed for good: ${event.code} ${event.message}`
    case 'published':
      return `${event.stage.padEnd(width)}  published ${count(event.shards)} shards in ${event.folder}`
    case 'progress':
    case 'end':
      return null
  }
}

/** Rows that ended for want of time. */
function deferredRows(reasons: Counters): number {
  return Object.entries(reasons).reduce((sum, [name, n]) => (name.endsWith('.deferred') ? sum + n : sum), 0)
}

/** What a run did, stage by stage; the numbers of each line add up. */
export function printSummary(summary: RunSummary, report: string): void {
  const width = Math.max(...summary.stages.map((s) => s.stage.length))
  for (const { stage, tally } of summary.stages) {
    const { rowsIn, kept, dropped, failed } = tally
    const why = reasons(tally.reasons)
    const numbers = `${count(rowsIn).padStart(11)} rows ${count(kept).padStart(11)} kept ${count(dropped).padStart(9)} dropped ${count(failed).padStart(7)} failed`
    process.stdout.write(`${stage.padEnd(width)}  ${numbers}${why ? `  (${why})` : ''}\n`)
  }
  for (const { stage, tally } of summary.stages) {
    const deferred = deferredRows(tally.reasons)
    if (deferred > 0)
      process.stdout.write(
        `left    ${count(deferred)} rows of ${stage} were deferred; run with --retry deferred fetches them\n`,
      )
  }
  process.stdout.write(`shards  ${summary.out}\nreport  ${report}\ntime    ${duration(summary.seconds)}\n`)
}
