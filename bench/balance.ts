import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openSql } from '../src/table/sql.ts'
import { balanceCorpus } from './balance-corpus.ts'
import { peerPython } from './peers/venv.ts'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const PEER = 'pyahocorasick'

/**
 * CPU us a caption to find which entries of a list it has, beside pyahocorasick used as MetaCLIP's published code does:
 * a million captions, 500,000 entries. Both find the same, proved by a check sum over all matches.
 *
 * Marginal: each side is a process that has built its automaton, and the two take turns at slices of the captions, so that
 * both see the same load of the machine. `--found FILE.parquet` mixes in captions of its column `text`, one in a hundred.
 */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      captions: { type: 'string', default: '1000000' },
      entries: { type: 'string', default: '500000' },
      found: { type: 'string' },
      peer: { type: 'string' },
      slices: { type: 'string', default: '20' },
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
    const ours = await openSide(process.execPath, [here('balance-side.ts'), ...files])
    const python = values.peer === undefined ? null : await peerPython(PEER)
    const script = here('peers/pyahocorasick_match.py')
    const theirs = python === null ? null : await openSide(python, [script, ...files])
    const slices = Number(values.slices)
    const costs = { ours: 0, theirs: 0 }
    const ratios: number[] = []
    let matches = 0
    for (let slice = 0; slice < slices; slice++) {
      const range = [slice, slice + 1].map((at) => Math.floor((at * counts.captions) / slices)).join(' ')
      const took = { ours: Number(await ours.ask(`time ${range}`)), theirs: 0 }
      const proof = await ours.ask(`prove ${range}`)
      matches += (JSON.parse(proof) as number[])[0]!
      if (theirs) {
        took.theirs = Number(await theirs.ask(`time ${range}`))
        const other = await theirs.ask(`prove ${range}`)
        if (other.replaceAll(' ', '') !== proof)
          throw new Error(`Expected the same matches and check sum in ${range}, got ${proof} and ${other}`)
        ratios.push(took.ours / took.theirs)
      }
      costs.ours += took.ours
      costs.theirs += took.theirs
      process.stderr.write(
        `captions ${range}: ${proof}, ours ${took.ours} CPU s, theirs ${took.theirs}, load ${loadavg()[0]!.toFixed(0)}\n`,
      )
    }
    ours.close()
    theirs?.close()
    const us = (seconds: number) => round((seconds / counts.captions) * 1e6)
    const result = {
      bench: 'balance',
      peer: values.peer ?? null,
      unit: 'CPU us per caption',
      ours: us(costs.ours),
      theirs: theirs && us(costs.theirs),
      ratio: theirs && round(costs.ours / costs.theirs),
      ratios: theirs && [Math.min(...ratios), Math.max(...ratios)].map(round),
      build: { ours: round(ours.build), theirs: theirs && round(theirs.build) },
      ...counts,
      matches,
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

/** A process that answers each line with one; the first tells what its automaton took. */
async function openSide(command: string, args: string[]) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  async function next(): Promise<string> {
    const line = await lines.next()
    if (line.done) throw new Error(`Expected an answer of ${command}, got its end`)
    return line.value
  }
  return {
    build: Number(await next()),
    async ask(line: string): Promise<string> {
      child.stdin.write(`${line}\n`)
      return next()
    },
    close: () => child.stdin.end(),
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
