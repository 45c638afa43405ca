import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openCorpus } from './fetch-corpus.ts'
import { measureLimit, type Limit } from './fetch-limit.ts'
import { marginal, ours, theirs, trustingEnvironment, writeList, type Marginal } from './fetch-sides.ts'
import { img2dataset } from './peers/img2dataset.ts'

/** What img2dataset obeys; `--features` prices the rest. */
const EQUAL = ['images.consent=basic']

/**
 * What a picture costs from its URL to its place in a WebDataset shard: CPU of the whole process tree, beside
 * img2dataset on the same corpus, server and settings (2 processes, centre crop to 256 px, JPEG quality 95, sha256, no
 * EXIF, 250 samples a shard). Ours is the pipeline as users run it, but for the consent that img2dataset does not ask for:
 * robots.txt, each host asked from one place (`crawl/merge-links`), and shards that are the same bytes in every run
 * (`shard/pack`) are in its cost; img2dataset has none of them.
 *
 * Marginal: a small job, large enough to keep both processes busy, is taken from a large one on both sides, so that
 * start-up counts for neither. Sides alternate, ratios are taken pair by pair, and their median is given. The limit is
 * the codec alone on the same pictures in memory.
 *
 * `--https`: over TLS, certificates verified on both sides. `--jpeg`: JPEGs alone. `--features`: the price of what
 * img2dataset has not.
 */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      peer: { type: 'string' },
      pairs: { type: 'string', default: '5' },
      rows: { type: 'string', default: '2500' },
      small: { type: 'string', default: '500' },
      https: { type: 'boolean', default: false },
      jpeg: { type: 'boolean', default: false },
      features: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  if (values.peer !== undefined && values.peer !== 'img2dataset')
    throw new Error(`Expected --peer img2dataset, got ${values.peer}`)
  const sizes = { large: Number(values.rows), small: Number(values.small) }
  const command = values.peer === undefined ? null : await img2dataset()
  const corpus = await openCorpus(sizes.large, values.jpeg ? 'jpeg' : null)
  const names = corpus.files.map(({ name }) => name)
  const folder = await mkdtemp(join(tmpdir(), 'pairloom-bench-'))
  await writeFile(join(folder, 'names.json'), JSON.stringify(names))
  const scheme = values.https ? 'https' : 'http'
  const server = fork(here('fetch-server.ts'), [corpus.folder, join(folder, 'names.json'), scheme])
  try {
    const [port] = (await once(server, 'message')) as [number]
    const env = values.https ? await trustingEnvironment(folder) : {}
    const lists = {
      large: await writeList(folder, names.slice(0, sizes.large), { scheme, port }),
      small: await writeList(folder, names.slice(0, sizes.small), { scheme, port }),
    }
    const pairs: Pair[] = []
    for (let pair = 0; pair < Number(values.pairs); pair++) {
      const our = () => marginal('pairloom', ours(env, EQUAL), lists, folder)
      const their =
        command === null ? null : () => marginal('img2dataset', theirs(command, env), lists, folder)
      // Who goes first changes with each pair: what drifts drifts for both.
      const first = pair % 2 === 1 && their ? await their() : null
      const mine = await our()
      pairs.push({
        ours: mine,
        theirs: first ?? (their ? await their() : null),
        consent: values.features ? await marginal('+ consent', ours(env), lists, folder) : null,
        limit: await measureLimit(corpus.folder, names.slice(0, sizes.small)),
      })
    }
    const result = { bench: 'fetch', scheme, jpeg: values.jpeg, ...summary(pairs, command) }
    if (result.features) process.stderr.write(priceTable(result.ours!, result.features))
    process.stdout.write(`${JSON.stringify(result)}\n`)
  } finally {
    server.disconnect()
    await rm(folder, { recursive: true, force: true })
  }
}

interface Pair {
  ours: Marginal
  theirs: Marginal | null
  /** Ours with the default level of consent. */
  consent: Marginal | null
  limit: Limit
}

function here(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}

function summary(pairs: Pair[], command: string | null) {
  const both = pairs.flatMap(({ ours, theirs }) => (theirs ? [{ ours, theirs }] : []))
  const priced = pairs.flatMap(({ ours, consent }) => (consent ? [consent.cpuMs - ours.cpuMs] : []))
  const limit = (name: keyof Limit) => median(pairs.map((pair) => pair.limit[name]))
  return {
    peer: command === null ? null : 'img2dataset',
    unit: 'CPU ms per image',
    ours: median(pairs.map(({ ours }) => ours.cpuMs)),
    theirs: median(both.map(({ theirs }) => theirs.cpuMs)),
    ratio: median(both.map(({ ours, theirs }) => ours.cpuMs / theirs.cpuMs)),
    wallRatio: median(both.map(({ ours, theirs }) => ours.wallMs / theirs.wallMs)),
    limit: limit('codec'),
    ofLimit: median(pairs.map(({ ours, limit }) => ours.cpuMs / limit.codec)),
    ...(priced.length > 0 && {
      features: {
        // Origin files, headers and XMP; of it the XMP.
        consent: median(priced),
        xmp: limit('xmp'),
        phash: limit('phash'),
        pdq: limit('pdq'),
      },
    }),
    pairs: pairs.length,
    peakMiB: Math.round(Math.max(...pairs.map(({ ours }) => ours.peakMiB))),
  }
}

function priceTable(base: number, features: Record<string, number | null>): string {
  const row = (name: string, ms: number | null) =>
    `${name.padEnd(34)} ${(ms ?? NaN).toFixed(3).padStart(8)} ms\n`
  return [
    row("what img2dataset's features cost", base),
    row('+ consent, level standard, with XMP', features.consent!),
    row('  of it XMP (plus:DataMining)', features.xmp!),
    row('+ pHash of what is stored', features.phash!),
    row('+ PDQ of what is stored', features.pdq!),
  ].join('')
}

function median(values: number[]): number | null {
  if (values.length === 0) return null
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const value = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return Math.round(value * 1000) / 1000
}
