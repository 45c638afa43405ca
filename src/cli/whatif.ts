import { Command, InvalidArgumentError } from 'commander'
import { PairloomError } from '../core/error.ts'
import type { Estimate, WhatIf } from '../pipeline/whatif/whatif.ts'
import { fairnessText } from './fairness.ts'
import { count, table } from './format.ts'
import { findRun, planFromFlags, setOption, type PlanFlags } from './options.ts'

interface WhatIfFlags extends Pick<PlanFlags, 'run' | 'set'> {
  sample?: number
  exact?: boolean
  json?: boolean
}

/** `pairloom whatif PIPELINE --set clean.words.min=4`: what a run would have kept under other limits. */
export function whatIfCommand(): Command {
  const command = new Command('whatif')
    .description('tell what a run would have kept under other limits of a filter, from what it measured')
    .argument('<pipeline>', 'pipeline file (YAML) whose run is meant')
    .option('--run <dir>', "run folder; default the file's run:, else runs/<name>")
  return setOption(command, 'clean.words.min=4')
    .option('--sample <share>', 'count this share of the rows; default all, of over 10^8 rows 10^7', drawn)
    .option('--exact', 'count all rows, however many there are')
    .option('--json', 'as JSON')
    .action(async (file: string, flags: WhatIfFlags) => {
      if (flags.exact && flags.sample !== undefined)
        throw new PairloomError('PL_USAGE', 'Expected --exact or --sample, got both')
      const { run, folder } = await findRun(file, flags)
      const { whatIf } = await import('../pipeline/whatif/whatif.ts')
      const plan = await planFromFlags(file, { run, ...(flags.set && { set: flags.set }) })
      const sample = flags.exact ? 1 : flags.sample
      const found = await whatIf(folder, plan, sample === undefined ? {} : { sample })
      process.stdout.write(flags.json ? `${JSON.stringify(found)}\n` : `${textOf(found)}\n`)
    })
}

/** A share of the rows. */
function drawn(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value > 0 && value <= 1) return value
  throw new InvalidArgumentError('expected a number above 0, at most 1')
}

function textOf(found: WhatIf): string {
  const changes = found.changes.map(
    ({ option, before, after }) => `${option}  ${JSON.stringify(before)} -> ${JSON.stringify(after)}`,
  )
  const { before, after } = found
  const totals = [
    ['', 'run', 'what if', 'change'],
    ['rows', count(found.rows), count(found.rows), ''],
    line('kept', before.kept, after.kept),
    line('dropped', before.dropped, after.dropped),
    ['unknown', '', range(found.unknown), ''],
    ['newly kept', '', range(found.newlyKept), ''],
    ['newly dropped', '', range(found.newlyDropped), ''],
  ]
  const reasons = [
    ['dropped as', 'run', 'what if', 'change'],
    ...found.reasons.map((r) => line(r.reason, r.before, r.after)),
  ]
  return [
    ...changes,
    ...(found.sample ? [sampleLine(found.sample)] : []),
    '',
    table(totals, NUMBERS),
    ...(found.reasons.length > 0 ? ['', table(reasons, NUMBERS)] : []),
    ...found.fairness.map((f) => `\n${fairnessText(f)}`),
    '',
    ...notesOf(found),
  ]
    .join('\n')
    .trimEnd()
}

const NUMBERS: ReadonlySet<number> = new Set([1, 2, 3])

function line(name: string, before: Estimate, after: Estimate): string[] {
  const change = after.rows - before.rows
  const sign = change > 0 ? '+' : ''
  return [name, range(before), range(after), change === 0 ? '=' : `${sign}${count(change)}`]
}

/** `1,234`, of a sample `1,234 (1,100..1,380)`. */
function range({ rows, low, high }: Estimate): string {
  return low === high ? count(rows) : `${count(rows)} (${count(low)}..${count(high)})`
}

function sampleLine({ share, rows }: { share: number; rows: number }): string {
  return `estimated from ${count(rows)} rows, drawn by hash (${(100 * share).toPrecision(3)} %); in brackets what lies within 95 % confidence`
}

function notesOf({ unknown, below, stage, failedPartitions }: WhatIf): string[] {
  return [
    ...(unknown.rows > 0
      ? ['unknown: a rule dropped the row before a costly measure was taken of it; only a run tells']
      : []),
    ...(below.length > 0
      ? [
          `below ${stage}, ${below.join(', ')} would get these rows; what becomes of them there only a run tells`,
        ]
      : []),
    ...(failedPartitions > 0 ? [`partitions that failed, not counted: ${count(failedPartitions)}`] : []),
  ]
}
