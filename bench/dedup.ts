import { glob, mkdtemp, readFile, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { measureTree, type TreeCost } from './process-tree.ts'

const CLI = fileURLToPath(new URL('../bin/pairloom.cjs', import.meta.url))
const PIPELINE = fileURLToPath(new URL('dedup.yaml', import.meta.url))

/**
 * What near duplicates cost: CPU a row of the stage alone, the most memory of a process, comparisons for each hash at a
 * twentieth of the rows and at all of them, and whether what was dropped is what was planted.
 */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { rows: { type: 'string', default: '2000000' }, memory: { type: 'string', default: '1024' } },
  })
  const rows = Number(values.rows)
  const small = await runRows(Math.ceil(rows / 20), values.memory)
  const full = await runRows(rows, values.memory)
  for (const run of [small, full]) process.stderr.write(`${lineOf(run)}\n`)
  const result = {
    bench: 'dedup',
    peer: null,
    unit: 'CPU us per row, stage alone',
    ours: round((full.stageSeconds / full.rows) * 1e6),
    theirs: null,
    ratio: null,
    rows,
    dropped: full.dropped,
    planted: Math.floor(rows / 10),
    comparisonsPerHash: [small, full].map(({ compared }) => round(compared)),
    memoryMiB: Number(values.memory),
    peakMiB: Math.round(Math.max(...full.cost.atPeak)),
    load: round(loadavg()[0]!),
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
}

interface Ran {
  rows: number
  dropped: number
  /** CPU seconds of the stage. */
  stageSeconds: number
  /** Hashes compared with each one. */
  compared: number
  pairs: number
  cost: TreeCost
}

async function runRows(rows: number, memory: string): Promise<Ran> {
  const folder = await mkdtemp(join(tmpdir(), 'pairloom-bench-'))
  try {
    const run = join(folder, 'run')
    const sets = ['--set', `rows.rows=${rows}`, '--set', `memoryMiB=${memory}`]
    const cost = await measureTree(process.execPath, [CLI, 'run', PIPELINE, '--run', run, ...sets, '--json'])
    for await (const file of glob('near/*/commit/total.json', { cwd: run })) {
      const { commits } = JSON.parse(await readFile(join(run, file), 'utf8')) as { commits: Commit[] }
      const { counters } = commits[0]!.tally
      return {
        rows,
        dropped: commits.reduce((sum, { tally }) => sum + tally.dropped, 0),
        stageSeconds: Math.max(...commits.map(({ cpuSeconds }) => cpuSeconds)),
        compared: counters['hash.comparisons']! / counters.hashes!,
        pairs: counters['hash.pairs']! / counters.hashes!,
        cost,
      }
    }
    throw new Error(`Expected a finished stage near in ${run}, got none`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Commit {
  tally: { dropped: number; counters: Record<string, number> }
  cpuSeconds: number
}

function lineOf({ rows, dropped, stageSeconds, compared, pairs, cost }: Ran): string {
  return (
    `${rows.toLocaleString('en')} rows: ${dropped.toLocaleString('en')} dropped, ${stageSeconds.toFixed(1)} CPU s ` +
    `(${((stageSeconds / rows) * 1e6).toFixed(1)} us a row), ${compared.toFixed(1)} comparisons and ` +
    `${pairs.toFixed(3)} pairs a hash, peak ${cost.atPeak.map((mib) => Math.round(mib)).join(' + ')} MiB, ` +
    `wall ${cost.wallSeconds.toFixed(0)} s`
  )
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
