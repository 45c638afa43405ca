import { plural } from '../core/plural.ts'
import type { RunEvent } from '../pipeline/event.ts'
import type { RunSummary } from '../pipeline/run.ts'
import { bytes, count, duration } from './format.ts'
import { printSummary, rowsOf, type Closing } from './summary.ts'

export interface Printer {
  event(event: RunEvent): void
  end(summary: RunSummary, closing: Closing): void
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
      return `run ${event.name} in ${event.run}, ${plural(event.workers, 'worker')}`
    case 'resume':
      return `${event.stage.padEnd(width)}  ${plural(event.partitions, 'partition')} done before`
    case 'task': {
      const { rowsIn, kept, dropped, failed } = event.tally
      const of = event.partitions === null ? '' : `/${event.partitions}`
      const place = `${String(event.partition).padStart(5, '0')}`
      const rows = `${rowsOf(rowsIn, 9)} ${count(kept).padStart(9)} kept ${count(dropped).padStart(7)} dropped ${count(failed).padStart(6)} failed`
      const left = event.deferred > 0 ? `  ${count(event.deferred)} left to its continuation` : ''
      return `${event.stage.padEnd(width)}  ${place}${of}  ${rows}  ${bytes(event.bytes).padStart(8)}  ${duration(event.seconds)}${left}`
    }
    case 'retry':
      return `${event.stage.padEnd(width)}  ${String(event.partition).padStart(5, '0')}  attempt ${event.attempt} ended: ${event.code} ${event.message}`
    case 'failed':
      return `${event.stage.padEnd(width)}  ${String(event.partition).padStart(5, '0')}  failed for good: ${event.code} ${event.message}`
    case 'published':
      return `${event.stage.padEnd(width)}  published ${plural(event.shards, 'shard')} in ${event.folder}`
    case 'progress':
    case 'end':
      return null
  }
}
