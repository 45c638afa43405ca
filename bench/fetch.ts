import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openCorpus } from './fetch-corpus.ts'
import { img2dataset } from './peers/img2dataset.ts'
import { measureTree, type TreeCost } from './process-tree.ts'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
/** The pictures lie on so many loopback addresses, as those of a list lie on many hosts. */
const HOSTS = 40
const PROCESSES = '2'

interface List {
  rows: number
  json: string
  csv: string
}

type Side = (list: List, folder: string) => Promise<TreeCost>

/**
 * What a picture costs from its URL to its place in a WebDataset shard: CPU of the whole process tree, beside
 * img2dataset on the same corpus, server and settings (2 processes, centre crop to 256 px, JPEG quality 95, sha256, no
 * EXIF, 250 samples a shard). Ours is the pipeline as users run it: robots.txt, each host asked from one place
 * (`crawl/merge-links`), and shards that are the same bytes in every run (`shard/pack`) are in its cost; img2dataset has
 * none of them.
 *
 * Marginal: a small job, large enough to keep both processes busy, is taken from a large one on both sides, so that
 * start-up counts for neither. Sides alternate,
 * ratios are taken pair by pair, and their median is given.
 */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      peer: { type: 'string' },
      pairs: { type: 'string', default: '5' },
      rows: { type: 'string', default: '2500' },
      small: { type: 'string', default: '500' },
      json: { type: 'boolean', default: false },
    },
  })
  if (values.peer !== undefined && values.peer !== 'img2dataset')
    throw new Error(`Expected --peer img2dataset, got ${values.peer}`)
  const sizes = { large: Number(values.rows), small: Number(values.small) }
  const command = values.peer === undefined ? null : await img2dataset()
  const corpus = await openCorpus(sizes.large)
  const names = corpus.files.map(({ name }) => name)
  const folder = await mkdtemp(join(tmpdir(), 'pairloom-bench-'))
  await writeFile(join(folder, 'names.json'), JSON.stringify(names))
  const server = fork(here('fetch-server.ts'), [corpus.folder, join(folder, 'names.json')])
  try {
    const [port] = (await once(server, 'message')) as [number]
    const lists = {
      large: await writeList(folder, names.slice(0, sizes.large), port),
      small: await writeList(folder, names.slice(0, sizes.small), port),
    }
    const pairs: { ours: Marginal; theirs: Marginal | null }[] = []
    for (let pair = 0; pair < Number(values.pairs); pair++) {
      const our = () => marginal('pairloom', ours, lists, folder)
      const their = command === null ? null : () => marginal('img2dataset', theirs(command), lists, folder)
      // Who goes first changes with each pair: what drifts drifts for both.
      const first = pair % 2 === 1 && their ? await their() : null
      const mine = await our()
      pairs.push({ ours: mine, theirs: first ?? (their ? await their() : null) })
    }
    process.stdout.write(`${JSON.stringify(summary(pairs, command))}\n`)
  } finally {
    server.disconnect()
    await rm(folder, { recursive: true, force: true })
  }
}

interface Marginal {
  /** CPU and wall time of one more picture, ms. */
  cpuMs: number
  wallMs: number
  peakMiB: number
}

async function marginal(
  name: string,
  side: Side,
  lists: { large: List; small: List },
  folder: string,
): Promise<Marginal> {
  const small = await inFolder(folder, (own) => side(lists.small, own))
  const large = await inFolder(folder, (own) => side(lists.large, own))
  const rows = lists.large.rows - lists.small.rows
  const cpuMs = ((large.cpuSeconds - small.cpuSeconds) * 1000) / rows
  const wallMs = ((large.wallSeconds - small.wallSeconds) * 1000) / rows
  process.stderr.write(
    `${name.padEnd(12)} ${cpuMs.toFixed(2)} CPU ms and ${wallMs.toFixed(2)} ms a picture; whole jobs: ` +
      `${lists.small.rows} in ${small.cpuSeconds.toFixed(1)} CPU s, ${small.wallSeconds.toFixed(1)} s; ` +
      `${lists.large.rows} in ${large.cpuSeconds.toFixed(1)} CPU s, ${large.wallSeconds.toFixed(1)} s, ` +
      `${Math.round(large.peakMiB)} MiB; load ${loadavg()[0]!.toFixed(1)}\n`,
  )
  return { cpuMs, wallMs, peakMiB: large.peakMiB }
}

async function ours({ json, rows }: List, folder: string): Promise<TreeCost> {
  const places = ['--run', join(folder, 'run'), '--out', join(folder, 'out')]
  const args = [
    here('../bin/pairloom.cjs'),
    'run',
    here('fetch.yaml'),
    ...places,
    '--workers',
    PROCESSES,
    '--json',
    '--set',
    `list.list=${json}`,
  ]
  const cost = await measureTree(process.execPath, args)
  await expectSamples(
    join(folder, 'out'),
    'manifest.json',
    (manifest) => (manifest as { rows: number }).rows,
    rows,
  )
  return cost
}

function theirs(command: string): Side {
  return async ({ csv, rows }, folder) => {
    const out = join(folder, 'out')
    const settings = {
      url_list: csv,
      input_format: 'csv',
      url_col: 'url',
      caption_col: 'caption',
      output_folder: out,
      output_format: 'webdataset',
      processes_count: PROCESSES,
      thread_count: '32',
      number_sample_per_shard: '250',
      image_size: '256',
      resize_mode: 'center_crop',
      resize_only_if_bigger: 'False',
      encode_quality: '95',
      compute_hash: 'sha256',
      // It reads and parses EXIF into its metadata otherwise, which ours has no part of.
      extract_exif: 'False',
      retries: '2',
      enable_wandb: 'False',
    }
    const cost = await measureTree(
      command,
      Object.entries(settings).map(([name, value]) => `--${name}=${value}`),
    )
    await expectSamples(out, '_stats.json', (stats) => (stats as { successes: number }).successes, rows)
    return cost
  }
}

/** A side that loses pictures would win the benchmark. */
async function expectSamples(
  folder: string,
  suffix: string,
  count: (json: unknown) => number,
  rows: number,
): Promise<void> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(suffix))
  const counts = await Promise.all(
    names.map(async (name) => count(JSON.parse(await readFile(join(folder, name), 'utf8')))),
  )
  const samples = counts.reduce((sum, n) => sum + n, 0)
  if (samples !== rows) throw new Error(`Expected ${rows} samples in ${folder}, got ${samples}`)
}

async function inFolder<T>(parent: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(parent, 'job-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function writeList(folder: string, names: string[], port: number): Promise<List> {
  const list = names.map((name, i) => ({
    url: `http://127.0.0.${2 + (i % HOSTS)}:${port}/${name}`,
    caption: `picture ${i} of the corpus`,
  }))
  const path = join(folder, `list-${names.length}`)
  await writeFile(`${path}.json`, JSON.stringify(list))
  await writeFile(
    `${path}.csv`,
    ['url,caption', ...list.map(({ url, caption }) => `${url},${caption}`), ''].join('\n'),
  )
  return { rows: names.length, json: `${path}.json`, csv: `${path}.csv` }
}

function summary(pairs: { ours: Marginal; theirs: Marginal | null }[], command: string | null) {
  const both = pairs.flatMap(({ ours, theirs }) => (theirs ? [{ ours, theirs }] : []))
  return {
    bench: 'fetch',
    peer: command === null ? null : 'img2dataset',
    unit: 'CPU ms per image',
    ours: median(pairs.map(({ ours }) => ours.cpuMs)),
    theirs: median(both.map(({ theirs }) => theirs.cpuMs)),
    ratio: median(both.map(({ ours, theirs }) => ours.cpuMs / theirs.cpuMs)),
    wallRatio: median(both.map(({ ours, theirs }) => ours.wallMs / theirs.wallMs)),
    pairs: pairs.length,
    peakMiB: Math.round(Math.max(...pairs.map(({ ours }) => ours.peakMiB))),
  }
}

function median(values: number[]): number | null {
  if (values.length === 0) return null
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const value = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return Math.round(value * 1000) / 1000
}
