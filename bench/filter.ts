import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { seededRandom } from '../src/index.ts'
import { openRunFolder } from '../src/pipeline/run-folder.ts'
import { newestPlan } from '../src/pipeline/status.ts'
import { measureTree, type TreeCost } from './process-tree.ts'

const CLI = fileURLToPath(new URL('../bin/pairloom.cjs', import.meta.url))
const LOCALES = 'bn da de en es et fi fr hi hu it ja ko lt ms nb nl pl pt ru sv th uk vi zh'.split(' ')
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))
/** What is measured, each after the rows were made. */
const RECIPES: Record<string, string> = { align: file('filter.yaml'), language: file('filter-language.yaml') }

/**
 * What metadata rows cost that lie in Parquet, through a recipe's rules: CPU a row, of each stage too, and the most memory
 * that coordinator and workers hold together. `align`: ALIGN's rules without a language; `language`: rules of one caption, a
 * language, exact duplicates.
 *
 * CPU a row is marginal: a job of a twentieth of the rows takes start-up and the loading of models out.
 */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      recipe: { type: 'string', default: 'align' },
      rows: { type: 'string', default: '1000000' },
      pairs: { type: 'string', default: '1' },
      workers: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
    },
  })
  const pipeline = RECIPES[values.recipe]
  if (!pipeline)
    throw new Error(`Expected --recipe ${Object.keys(RECIPES).join(' or ')}, got ${values.recipe}`)
  const rows = Number(values.rows)
  const small = Math.ceil(rows / 20)
  const costs: number[] = []
  let peakMiB = 0
  for (let pair = 0; pair < Number(values.pairs); pair++) {
    const base = await runRows(pipeline, small, values.workers)
    const full = await runRows(pipeline, rows, values.workers)
    costs.push(((full.cpuSeconds - base.cpuSeconds) / (rows - small)) * 1e6)
    peakMiB = Math.max(peakMiB, full.peakMiB)
    if (!values.json) print(rows, full)
  }
  const ours = costs.toSorted((a, b) => a - b)[Math.floor(costs.length / 2)]!
  const result = {
    bench: 'filter',
    recipe: values.recipe,
    rows,
    peer: null,
    unit: 'CPU us per row',
    ours: round(ours),
    theirs: null,
    ratio: null,
    wallRatio: null,
    pairs: costs.length,
    peakMiB: round(peakMiB),
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
}

interface Cost extends TreeCost {
  /** Rows that came in, and CPU of the tasks, s. */
  stages: { stage: string; rows: number; cpuSeconds: number }[]
}

async function runRows(pipeline: string, rows: number, workers: string): Promise<Cost> {
  const folder = await mkdtemp(join(tmpdir(), 'pairloom-bench-'))
  try {
    await writeFile(join(folder, 'captions.json'), JSON.stringify(await emojiNames()))
    const run = join(folder, 'run')
    const sets = ['--set', `rows.rows=${rows}`, '--set', `rows.captions=${join(folder, 'captions.json')}`]
    const more = ['--run', run, ...sets, '--workers', workers, '--json']
    await measureTree(process.execPath, [CLI, 'run', file('filter-rows.yaml'), ...more])
    const cost = await measureTree(process.execPath, [CLI, 'run', pipeline, ...more])
    return { ...cost, stages: await stageCosts(run) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function stageCosts(run: string): Promise<Cost['stages']> {
  const plan = await newestPlan(openRunFolder(run))
  const found = []
  for (const { id, dataset, kind } of plan.stages) {
    if (kind === 'source') continue
    const commits = [...(await openRunFolder(run).readCommits(dataset)).values()]
    const seconds = commits.map((c) => c.cpuSeconds ?? 0)
    // All partitions of a global stage are made by one task, and each commit tells what it had used by then.
    const cpuSeconds = kind === 'global' ? Math.max(...seconds) : seconds.reduce((sum, s) => sum + s, 0)
    found.push({ stage: id, rows: commits.reduce((sum, c) => sum + c.tally.rowsIn, 0), cpuSeconds })
  }
  return found
}

/** Names and one to four tags of emoji in 25 languages: 3 to 8 words for most. */
async function emojiNames(): Promise<string[]> {
  const require = createRequire(import.meta.url)
  const random = seededRandom('bench/filter')
  const names: string[] = []
  for (const locale of LOCALES) {
    const file = await readFile(require.resolve(`emojibase-data/${locale}/data.json`), 'utf8')
    const emoji = JSON.parse(file) as { label: string; tags?: string[] }[]
    names.push(
      ...emoji.map(({ label, tags = [] }) => [label, ...tags.slice(0, 1 + random.below(4))].join(', ')),
    )
  }
  return names
}

function print(rows: number, { wallSeconds, cpuSeconds, peakMiB, atPeak, stages }: Cost): void {
  const lines = [
    `${rows.toLocaleString('en')} rows in ${wallSeconds.toFixed(1)} s: ${Math.round(rows / wallSeconds).toLocaleString('en')} rows/s`,
    `${cpuSeconds.toFixed(1)} CPU s: ${Math.round(rows / cpuSeconds).toLocaleString('en')} rows per CPU second`,
    ...stages.map(
      (s) =>
        `${s.stage}: ${s.rows.toLocaleString('en')} rows, ${((s.cpuSeconds / s.rows) * 1e6).toFixed(1)} CPU us each`,
    ),
    `peak ${Math.round(peakMiB)} MiB (${atPeak.map((mib) => Math.round(mib)).join(' + ')})`,
  ]
  process.stderr.write(`${lines.join('\n')}\n`)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
