import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { foundPages, writePages } from './page-corpus.ts'
import { peerPython } from './peers/venv.ts'
import { measureTree } from './process-tree.ts'
import { writeWat } from './wat-corpus.ts'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
/** As the engine starts its workers. */
const WORKER_FLAG = '--max-semi-space-size=4'

interface Cost {
  cpuSeconds: number
  found: number
  peakMiB: number
}

/**
 * What a WAT byte costs from the packed file to rows with ids: CPU, beside cc2dataset's own function, and the floor:
 * unpacking alone, and reading records alone.
 *
 * Marginal: a small file is taken from one eight times as large, so that start-up counts for nobody. Sides take turns,
 * ratios are taken pair by pair, and their median is given. Bytes are unpacked ones. `--pages FOLDER` makes the WAT of its
 * .html files.
 */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      peer: { type: 'string' },
      pages: { type: 'string' },
      count: { type: 'string', default: '800' },
      times: { type: 'string', default: '3' },
      pairs: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
    },
  })
  if (values.peer !== undefined && values.peer !== 'cc2dataset')
    throw new Error(`Expected --peer cc2dataset, got ${values.peer}`)
  const python = values.peer === undefined ? null : await peerPython('cc2dataset', '--no-deps')
  const pages =
    values.pages === undefined ? await writePages(Number(values.count)) : await foundPages(values.pages)
  const folder = await mkdtemp(join(tmpdir(), 'pairloom-bench-'))
  try {
    const small = join(folder, 'small.wat.gz')
    const large = join(folder, 'large.wat.gz')
    const times = Number(values.times)
    const bytes = (await writeWat(large, pages, 8 * times)) - (await writeWat(small, pages, times))
    const marginal = async (name: string, command: (file: string) => string[]): Promise<Cost> => {
      const base = await run(command(small))
      const full = await run(command(large))
      const cpuSeconds = full.cpuSeconds - base.cpuSeconds
      const speed = bytes / 1e6 / cpuSeconds
      process.stderr.write(
        `${name.padEnd(12)} ${speed.toFixed(0).padStart(4)} MB a CPU second, ${full.found} found, ${full.peakMiB.toFixed(0)} MiB\n`,
      )
      return { ...full, cpuSeconds }
    }
    const node = (what: string) => (file: string) => [
      process.execPath,
      WORKER_FLAG,
      here('wat-side.ts'),
      what,
      file,
    ]
    const pairs: { ours: Cost; theirs: Cost | null; gunzip: Cost; records: Cost }[] = []
    for (let pair = 0; pair < Number(values.pairs); pair++) {
      const their =
        python === null
          ? null
          : () => marginal('cc2dataset', (file) => [python, here('peers/cc2dataset_rows.py'), file])
      // Who goes first changes with each pair: what drifts drifts for both.
      const first = pair % 2 === 1 && their ? await their() : null
      const ours = await marginal('pairloom', node('rows'))
      const theirs = first ?? (their ? await their() : null)
      pairs.push({
        ours,
        theirs,
        gunzip: await marginal('gunzip alone', node('gunzip')),
        records: await marginal('records', node('records')),
      })
    }
    const perByte = (cost: Cost) => (cost.cpuSeconds * 1e9) / bytes
    const ratio = (of: (pair: (typeof pairs)[number]) => number | null) => {
      const found = pairs.flatMap((pair) => of(pair) ?? [])
      return found.length === 0 ? null : median(found)
    }
    const result = {
      bench: 'wat',
      peer: values.peer ?? null,
      unit: 'CPU ns per byte unpacked',
      ours: ratio(({ ours }) => perByte(ours)),
      theirs: ratio(({ theirs }) => theirs && perByte(theirs)),
      ratio: ratio(({ ours, theirs }) => theirs && ours.cpuSeconds / theirs.cpuSeconds),
      floor: {
        gunzip: ratio(({ gunzip }) => perByte(gunzip)),
        records: ratio(({ records }) => perByte(records)),
      },
      pairs: pairs.length,
      rows: { ours: pairs[0]!.ours.found, theirs: pairs[0]!.theirs?.found ?? null },
      peakMiB: Math.round(Math.max(...pairs.map(({ ours }) => ours.peakMiB))),
      megabytes: Math.round(bytes / 1e6),
    }
    process.stdout.write(`${JSON.stringify(result)}\n`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function run([command, ...args]: string[]): Promise<Cost> {
  const { cpuSeconds, stdout } = await measureTree(command!, args)
  const { found, peakMiB } = JSON.parse(stdout) as { found: number; peakMiB: number }
  return { cpuSeconds, found, peakMiB }
}

function median(values: number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]! * 1000) / 1000
}
