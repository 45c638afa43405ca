import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { measureTree, type TreeCost } from './process-tree.ts'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
/** The pictures lie on so many loopback addresses, as those of a list lie on many hosts. */
const HOSTS = 40
const PROCESSES = '2'

export interface List {
  rows: number
  json: string
  csv: string
}

/** A job over a list in a folder of its own. */
export type Side = (list: List, folder: string) => Promise<TreeCost>

export interface Marginal {
  /** CPU and wall time of one more picture, ms. */
  cpuMs: number
  wallMs: number
  peakMiB: number
}

/** What one more picture costs a side: a large job less a small one. */
export async function marginal(
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

/** The pipeline as users run it. env: of its processes; set: `PATH=VALUE` over `fetch.yaml`. */
export function ours(env: Record<string, string>, set: readonly string[] = []): Side {
  return async ({ json, rows }, folder) => {
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
      ...set.flatMap((change) => ['--set', change]),
    ]
    const cost = await measureTree(process.execPath, args, { env })
    await expectSamples(
      join(folder, 'out'),
      'manifest.json',
      (manifest) => (manifest as { rows: number }).rows,
      rows,
    )
    return cost
  }
}

/** img2dataset with the same settings; it obeys X-Robots-Tag and verifies certificates too. */
export function theirs(command: string, env: Record<string, string>): Side {
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
      { env },
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

/** The list of these pictures for both sides. */
export async function writeList(
  folder: string,
  names: string[],
  { scheme, port }: { scheme: 'http' | 'https'; port: number },
): Promise<List> {
  const list = names.map((name, i) => ({
    url: `${scheme}://127.0.0.${2 + (i % HOSTS)}:${port}/${name}`,
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

/**
 * Environment in which both sides trust the test authority beside the authorities that a machine has: one that reads no
 * others would be spared what every request over TLS costs the peer.
 */
export async function trustingEnvironment(folder: string): Promise<Record<string, string>> {
  const authority = here('../test/servers/certs/ca.pem')
  const bundle = join(folder, 'authorities.pem')
  await writeFile(bundle, [...rootCertificates, await readFile(authority, 'utf8')].join('\n'))
  return { NODE_EXTRA_CA_CERTS: authority, SSL_CERT_FILE: bundle }
}
