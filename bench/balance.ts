import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openSql } from '../src/table/sql.ts'
import { balanceCorpus } from './balance-corpus.ts'
import { peerPython } from './peers/venv.ts'
import { measureTree } from './process-tree.ts'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const PEER = 'pyahocorasick'

interface Side {
  /** CPU s that the automaton took. */
  build: number
  total: number
  checksum: number
}

/**
 * CPU us a caption to find which entries of a list it has, beside pyahocorasick used as MetaCLIP's published code does:
 * a million captions, 500,000 entries. Both find the same, proved by a check sum over all matches.
 *
 * Marginal: a second pass over the captions, so that start-up, reading and building count for nobody; what building
 * takes is told too. `--found FILE.parquet` mixes in captions of its column `text`, one in a hundred.
 */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      captions: { type: 'string', default: '1000000' },
      entries: { type: 'string', default: '500000' },
      found: { type: 'string' },
      peer: { type: 'string' },
      pairs: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
    },
  })
  if (values.peer !== undefined && values.peer !== PEER)
    throw new Error(`Expected --peer ${PEER}, got ${values.peer}`)
  const counts = { captions: Number(values.captions), entries: Number(values.entries) }
  const folder = await mkdtemp(join(tmpdir(), 'pairloom-bench-'))
  try {
    const corpus = await balanceCorpus(counts, values.found ? await textsOf(values.found, folder) : [])
    const files = [join(folder, 'entries.json'), join(folder, 'captions.json')]
    await writeFile(files[0]!, JSON.stringify(corpus.entries))
    await writeFile(files[1]!, JSON.stringify(corpus.captions))
    const sides: Record<string, string[]> = { ours: [process.execPath, here('balance-side.ts')] }
    if (values.peer) sides.theirs = [await peerPython(PEER), here('peers/pyahocorasick_match.py')]

    const run = async (side: string, passes: number) => {
      const [command, script] = sides[side]!
      const cost = await measureTree(command!, [script!, ...files, String(passes)])
      return { ...cost, ...(JSON.parse(cost.stdout) as Side) }
    }
    const proofs = []
    for (const side of Object.keys(sides)) proofs.push(await run(side, 0))
    const { total, checksum } = proofs[0]!
    if (proofs.some((p) => p.total !== total || p.checksum !== checksum))
      throw new Error(`Expected the same matches, got ${JSON.stringify(proofs)}`)

    const costs: Record<string, number[]> = {}
    for (let pair = 0; pair < Number(values.pairs); pair++) {
      const order = Object.keys(sides)
      for (const side of pair % 2 === 0 ? order : order.reverse()) {
        const once = await run(side, 1)
        const twice = await run(side, 2)
        const us = ((twice.cpuSeconds - once.cpuSeconds) / counts.captions) * 1e6
        ;(costs[side] ??= []).push(us)
        process.stderr.write(
          `${side.padEnd(6)} ${us.toFixed(2)} CPU us a caption, built in ${once.build.toFixed(1)} CPU s, peak ${Math.round(twice.peakMiB)} MiB, load ${loadavg()[0]!.toFixed(0)}\n`,
        )
      }
    }
    const ours = median(costs.ours!)
    const theirs = costs.theirs ? median(costs.theirs) : null
    const result = {
      bench: 'balance',
      peer: values.peer ?? null,
      unit: 'CPU us per caption',
      ours: round(ours),
      theirs: theirs && round(theirs),
      ratio: theirs && round(ours / theirs),
      pairs: costs.ours!.length,
      ...counts,
      matches: total,
      checksum,
    }
    process.stdout.write(`${JSON.stringify(result)}\n`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function textsOf(file: string, scratch: string): Promise<string[]> {
  const sql = await openSql({ memoryBytes: 2 ** 28, scratch })
  try {
    await sql.view('found', [file])
    const texts: string[] = []
    for await (const rows of sql.query('SELECT text AS text FROM found'))
      texts.push(...rows.flatMap((row) => (typeof row.text === 'string' ? row.text : [])))
    return texts
  } finally {
    sql.close()
  }
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
