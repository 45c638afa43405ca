import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { writePack } from './html-pack.ts'
import { foundPages, writePages, type CorpusPage } from './page-corpus.ts'
import { peerPython } from './peers/venv.ts'
import { measureTree } from './process-tree.ts'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const PASSES = 4

type Pairs = [url: string, kind: string, text: string][]

/**
 * MB of HTML a CPU second from bytes to rows with every kind of text, beside htmlparser2 and resiliparse, which here only
 * look for `src` and alt; and of the texts that the pages have, the share that each finds.
 *
 * Marginal: one pass over the pages is taken from four more, so that start-up and loading count for nobody. Sides take
 * turns; the median is given. `--pages FOLDER` takes its .html files, of which no truth is known.
 */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      count: { type: 'string', default: '600' },
      pages: { type: 'string' },
      pairs: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
    },
  })
  const pages =
    values.pages === undefined ? await writePages(Number(values.count)) : await foundPages(values.pages)
  const megabytes = pages.reduce((sum, { html }) => sum + html.length, 0) / 1e6
  const interpreter = await peerPython('resiliparse')
  const folder = await mkdtemp(join(tmpdir(), 'pairloom-bench-'))
  try {
    const pack = join(folder, 'pages')
    writePack(pack, pages)
    const node = (name: string) => (passes: number) => [
      process.execPath,
      here('html-side.ts'),
      name,
      pack,
      String(passes),
    ]
    const script = here('peers/resiliparse_pairs.py')
    const python = (what: string) => (passes: number) => [interpreter, script, what, pack, String(passes)]
    const sides: Record<string, (passes: number) => string[]> = {
      pairloom: node('pairloom'),
      htmlparser2: node('htmlparser2'),
      resiliparse: python('pairs'),
      'its parser': python('parse'),
    }
    const speeds: Record<string, number[]> = {}
    const recalls: Record<string, Record<string, number>> = {}
    for (let pair = 0; pair < Number(values.pairs); pair++) {
      const order = Object.entries(sides)
      for (const [name, command] of pair % 2 === 0 ? order : order.reverse()) {
        const once = await run(command(1))
        const more = await run(command(1 + PASSES))
        const speed = (PASSES * megabytes) / (more.cpuSeconds - once.cpuSeconds)
        ;(speeds[name] ??= []).push(speed)
        recalls[name] ??= recall(pages, JSON.parse(once.stdout) as Pairs[])
        process.stderr.write(`${name.padEnd(12)} ${speed.toFixed(0)} MB a CPU second\n`)
      }
    }
    for (const [name, found] of Object.entries(recalls)) {
      const kinds = Object.entries(found).map(([kind, share]) => `${kind} ${(100 * share).toFixed(1)} %`)
      process.stderr.write(`${name.padEnd(12)} finds ${kinds.join('  ')}\n`)
    }
    const result = {
      bench: 'html',
      unit: 'MB per CPU second',
      ours: median(speeds.pairloom!),
      htmlparser2: median(speeds.htmlparser2!),
      resiliparse: median(speeds.resiliparse!),
      resiliparseParseAlone: median(speeds['its parser']!),
      recall: Object.fromEntries(Object.entries(recalls).map(([name, found]) => [name, found.all ?? null])),
      pairs: speeds.pairloom!.length,
      megabytes: Math.round(megabytes),
    }
    process.stdout.write(`${JSON.stringify(result)}\n`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function run([command, ...args]: string[]) {
  return measureTree(command!, args)
}

/** The share of true texts that were found, at the right URL, by kind and of all; and of what was found, that is true. */
function recall(pages: readonly CorpusPage[], found: readonly Pairs[]): Record<string, number> {
  const counts: Record<string, { there: number; found: number }> = {}
  let taken = 0
  for (const [i, { truth }] of pages.entries()) {
    if (truth === null) continue
    const pairs = new Set(found[i]!.map(([url, kind, text]) => `${url} ${kind}: ${text}`))
    taken += pairs.size
    for (const { url, texts } of truth) {
      for (const text of texts) {
        for (const kind of [text.slice(0, text.indexOf(': ')), 'all']) {
          const count = (counts[kind] ??= { there: 0, found: 0 })
          count.there++
          if (pairs.has(`${url} ${text}`)) count.found++
        }
      }
    }
  }
  if (taken === 0) return {}
  const shares = Object.fromEntries(Object.entries(counts).map(([kind, c]) => [kind, c.found / c.there]))
  return { ...shares, precision: (counts.all?.found ?? 0) / taken }
}

function median(values: number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!)
}
