import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Row } from '../../src/core/index.ts'
import { openRunFolder } from '../../src/pipeline/run-folder.ts'
import { newestPlan } from '../../src/pipeline/status.ts'
import { readTable } from '../../src/table/parquet-read.ts'
import { pairloom, type Ended } from '../cut.ts'
import type { HostileRow, HostileWeb } from '../servers/hostile/web.ts'
import { TEST_CA } from '../servers/tls.ts'

/** A run of the real command over rows of the hostile web. */
export interface HostileRun {
  ended: Ended
  /** How each row ended: `kept`, or its status and reason; several where it ended more than once. */
  ends: Record<string, string>
  /** What the rejects hold as evidence, by row. */
  evidence: Record<string, string>
  /** The most memory that any worker held, MiB. */
  workerMiB: number
}

/** Deadlines long enough for a good host on a busy machine, waits as short as they can be. */
const HASTE = {
  dnsMs: 4000,
  connectMs: 12_000,
  tlsMs: 12_000,
  firstByteMs: 12_000,
  stallMs: 4000,
  totalMs: 20_000,
  backoffMs: 1,
  maxWaitMs: 2000,
  maxCrawlDelayMs: 10,
  retries: 0,
  concurrency: 24,
  giveUpAfter: 1000,
  maxBytes: 2 ** 20,
  resize: 'none',
  // What all machines have.
  codec: 'sharp',
}

/** Fetches rows of the web with `pairloom run`, in 4 partitions, in a folder that is gone afterwards. */
export async function runHostile(
  web: HostileWeb,
  rows: HostileRow[],
  { workers = 4, ...options }: { workers?: number } & Record<string, unknown> = {},
): Promise<HostileRun> {
  const folder = await mkdtemp(join(tmpdir(), 'pairloom-hostile-run-'))
  try {
    const list = rows.map(({ name, url }) => JSON.stringify({ uid: name, url, text: `a picture of ${name}` }))
    await writeFile(join(folder, 'list.jsonl'), `${list.join('\n')}\n`)
    const pipeline = {
      name: 'hostile',
      // All of the web is on one address.
      network: { contact: 'https://example.org/crawl', ...web.network, perAddress: 500 },
      stages: {
        list: { use: 'crawl/list', path: join(folder, 'list.jsonl') },
        links: { use: 'crawl/merge-links', partitions: 4 },
        images: { use: 'crawl/fetch', ...HASTE, ...options },
      },
    }
    await writeFile(join(folder, 'hostile.yaml'), JSON.stringify(pipeline))
    const run = join(folder, 'run')
    const preload = join(import.meta.dirname, 'memory.ts')
    const ended = await pairloom(
      ['run', join(folder, 'hostile.yaml'), '--run', run, '--workers', String(workers)],
      { NODE_EXTRA_CA_CERTS: TEST_CA, NODE_OPTIONS: `--import ${preload}`, PAIRLOOM_TEST_MEMORY: folder },
    )
    return { ended, ...(await readEnds(run)), workerMiB: await readMemory(folder) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function readEnds(run: string): Promise<Pick<HostileRun, 'ends' | 'evidence'>> {
  const ends = new Map<string, string[]>()
  const evidence: Record<string, string> = {}
  const folder = openRunFolder(run)
  const { stages } = await newestPlan(folder)
  for (const { id, dataset } of stages) {
    for (const { files } of (await folder.readCommits(dataset)).values()) {
      for (const file of ['rejects', 'parquet'] as const) {
        const part = files[file]
        if (!part || (file === 'parquet' && id !== 'images')) continue
        for await (const batch of readTable(folder.store, `${dataset}/${part.path}`)) {
          for (const row of batch) {
            const name = nameOf(row)
            const end = file === 'parquet' ? 'kept' : `${row.status as string}.${row.reason as string}`
            ends.set(name, [...(ends.get(name) ?? []), end])
            if (file === 'rejects') evidence[name] = String(row.value)
          }
        }
      }
    }
  }
  return {
    ends: Object.fromEntries([...ends].map(([name, all]) => [name, all.join(' and ')])),
    evidence,
  }
}

/** Rows that are no links have no uid; their text says which they are. */
function nameOf({ uid, value }: Row): string {
  return (uid as string | null) ?? String(value)
}

async function readMemory(folder: string): Promise<number> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.rss'))
  const sizes = await Promise.all(
    files.map(async (file) => Number(await readFile(join(folder, file), 'utf8'))),
  )
  return Math.round(Math.max(...sizes) / 1024)
}
