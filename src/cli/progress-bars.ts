import { styleText } from 'node:util'
import { plural } from '../core/plural.ts'
import type { RunEvent, StageProgress } from '../pipeline/event.ts'
import { bytes, count, duration } from './format.ts'
import { eventLine, type Printer } from './progress-lines.ts'
import { printSummary } from './summary.ts'

const BAR = 24

/** Live bars, one a stage, drawn in place on a terminal: done, rate, time left, dropped and failed. */
export function barPrinter(out: NodeJS.WriteStream): Printer {
  const started = Date.now()
  let drawn = 0
  let width = 0
  let last: Extract<RunEvent, { event: 'progress' }> | null = null
  let before: { at: number; rows: Map<string, number> } = { at: started, rows: new Map() }

  function clear(): void {
    if (drawn > 0) out.write(`\u001b[${drawn}A\u001b[0J`)
    drawn = 0
  }
  function draw(): void {
    if (!last) return
    const seconds = (Date.now() - before.at) / 1000
    const lines = last.stages.map((s) =>
      bar(s, width, rate(s, before.rows, seconds), (Date.now() - started) / 1000),
    )
    const held = last.rssBytes > 0 ? `, ${bytes(last.rssBytes)}` : ''
    lines.push(`${duration((Date.now() - started) / 1000)}, ${plural(last.running, 'task')} running${held}`)
    // More lines than the terminal has could not be taken back: the last ones, which still move, stay.
    const shown = lines
      .slice(1 - (out.rows || 40))
      .map((line) => dim(line.slice(0, (out.columns || 100) - 1)))
    out.write(`${shown.join('\n')}\n`)
    drawn = shown.length
  }
  function say(line: string): void {
    clear()
    out.write(`${line}\n`)
    draw()
  }
  return {
    event(event) {
      if (event.event === 'start') width = Math.max(...event.stages.map((s) => s.length))
      if (event.event === 'progress') {
        clear()
        last = event
        draw()
        if (Date.now() - before.at > 5000)
          before = { at: Date.now(), rows: new Map(event.stages.map((s) => [s.stage, s.rows])) }
      } else if (event.event !== 'task') {
        const line = eventLine(event, width)
        if (line !== null) say(line)
      }
    },
    end(summary, closing) {
      clear()
      printSummary(summary, closing)
    },
    stop() {
      clear()
      last = null
    },
    say,
  }
}

function rate(stage: StageProgress, before: ReadonlyMap<string, number>, seconds: number): number {
  return seconds < 0.5 ? 0 : Math.max(0, stage.rows - (before.get(stage.stage) ?? 0)) / seconds
}

function bar(stage: StageProgress, width: number, rowsPerSecond: number, elapsed: number): string {
  const { done, partitions, rows, dropped, failed } = stage
  const share = partitions ? Math.min(1, done / partitions) : 0
  const filled = Math.round(share * BAR)
  const drawn = `${'━'.repeat(filled)}${'─'.repeat(BAR - filled)}`
  const left = share > 0 && share < 1 ? `  ${duration((elapsed * (1 - share)) / share)} left` : ''
  const bad = dropped + failed > 0 ? `  ${count(dropped)} dropped  ${count(failed)} failed` : ''
  const speed = rowsPerSecond > 0 ? `  ${count(Math.round(rowsPerSecond))}/s` : ''
  return `${stage.stage.padEnd(width)}  ${drawn} ${done}/${partitions ?? '?'}  ${plural(rows, 'row')}${speed}${bad}${left}`
}

/** The part of a bar that is not done yet, dimmed: after the line was cut, so that no colour is cut off. */
function dim(line: string): string {
  return line.replace(/─+/, (left) => styleText('dim', left, { stream: process.stderr }))
}
