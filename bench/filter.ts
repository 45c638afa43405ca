import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { seededRandom } from '../src/index.ts'
import { measureTree, type TreeCost } from './process-tree.ts'

const CLI = fileURLToPath(new URL('../bin/pairloom.cjs', import.meta.url))
const LOCALES = 'bn da de en es et fi fr hi hu it ja ko lt ms nb nl pl pt ru sv th uk vi zh'.split(' ')
const PIPELINE = fileURLToPath(new URL('filter.yaml', import.meta.url))

/**
 * What a metadata row costs from its source through all caption filters and exact duplicates: CPU a row, rows a second,
 * and the most memory that coordinator and two workers hold together.
 *
 * CPU a row is marginal: a job of a twentieth of the rows takes start-up and the loading of models out.
 */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: 'string', default: '1000000' },
      pairs: { type: 'string', default: '1' },
      workers: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
    },
  })
  const rows = Number(values.rows)
  const small = Math.ceil(rows / 20)
  const costs: number[] = []
  let peakMiB = 0
  for (let pair = 0; pair < Number(values.pairs); pair++) {
    const base = await runRows(small, values.workers)
    const full = await runRows(rows, values.workers)
    costs.push(((full.cpuSeconds - base.cpuSeconds) / (rows - small)) * 1e6)
    peakMiB = Math.max(peakMiB, full.peakMiB)
    if (!values.json) print(rows, full)
  }
  const ours = costs.toSorted((a, b) => a - b)[Math.floor(costs.length / 2)]!
  const result = {
    bench: 'filter',
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

async function runRows(rows: number, workers: string): Promise<TreeCost> {
  const folder = await mkdtemp(join(tmpdir(), 'pairloom-bench-'))
  try {
    await writeFile(join(folder, 'captions.json'), JSON.stringify(await emojiNames()))
    const places = ['--run', join(folder, 'run'), '--out', join(folder, 'out')]
    const sets = ['--set', `rows.rows=${rows}`, '--set', `rows.captions=${join(folder, 'captions.json')}`]
    return await measureTree(process.execPath, [
      CLI,
      'run',
      PIPELINE,
      ...places,
      ...sets,
      '--workers',
      workers,
      '--json',
    ])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
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

function print(rows: number, { wallSeconds, cpuSeconds, peakMiB, atPeak }: TreeCost): void {
  const lines = [
    `${rows.toLocaleString('en')} rows in ${wallSeconds.toFixed(1)} s: ${Math.round(rows / wallSeconds).toLocaleString('en')} rows/s`,
    `${cpuSeconds.toFixed(1)} CPU s: ${Math.round(rows / cpuSeconds).toLocaleString('en')} rows per CPU second`,
    `peak ${Math.round(peakMiB)} MiB (${atPeak.map((mib) => Math.round(mib)).join(' + ')})`,
  ]
  process.stderr.write(`${lines.join('\n')}\n`)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
