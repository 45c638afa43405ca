import type { Row } from '../../core/column.ts'
import { openTakedowns, tombstoneDigest, type Takedowns, type Tombstone } from '../../core/takedown.ts'
import { readTable, readTableHead } from '../../table/parquet-read.ts'
import type { Plan, PlannedStage } from '../plan.ts'
import type { Registry } from '../registry.ts'
import type { Commit, RunFolder } from '../run-folder.ts'
import { sinkFolder } from '../task-sink.ts'
import { readContext, sinkCode, sinksOf } from './sinks.ts'
import { takedownsOf, type Entry, type FoundFile } from './tombstones.ts'

/** Where a takedown's samples live. */
export interface Places {
  /** Pictures that are meant, by their image_id. */
  samples: number
  /** Data sets of the run folder with rows of them: those that go on, and those in the rejects. */
  datasets: { dataset: string; kept: number; rejected: number }[]
  /** Shards with samples of them; samples null where the format cannot be searched. */
  shards: { path: string; samples: number | null }[]
  /** Rows of other addresses whose pictures have the same bytes, and those bytes' sha256. */
  sameBytes: { rows: number; sha256: string[] }
}

/** Columns that name a row, and where its bytes lie. */
const KEYS = ['uid', 'merged_uids', 'image_id', 'url', 'sha256'] as const

/**
 * Looks for the rows of a takedown in every data set of a run folder and in every shard.
 *
 * One pass over the columns that name rows; a second where uids or sha256 led to pictures.
 * Memory: ids of the rows that are meant.
 */
export async function findPlaces(
  folder: RunFolder,
  plans: readonly Plan[],
  registry: Registry,
  entry: Entry,
): Promise<{ places: Places; found: FoundFile }> {
  const images = await findImages(folder, entry)
  const takedowns = takedownsOf([{ ...entry, found: { version: 1, kept: [], clean: [], images } }])
  const meant: Meant = { takedowns, uids: new Set(), partitions: new Map() }
  const samples = new Set<string>()
  const hashes = new Set<string>()
  const datasets: Places['datasets'] = []
  const clean: string[] = []
  for (const dataset of await folder.datasets()) {
    const stage = await folder.readStage(dataset)
    if (!stage) continue
    const rows = { kept: 0, rejected: 0 }
    const partitions = new Set<number>()
    for await (const { row, isKept, commit } of keyRows(folder, stage)) {
      if (!takedowns.covers(row)) continue
      rows[isKept ? 'kept' : 'rejected']++
      samples.add(String(row.image_id ?? row.uid))
      meant.uids.add(row.uid)
      if (typeof row.sha256 === 'string') hashes.add(row.sha256)
      if (isKept) partitions.add(commit.partition)
    }
    meant.partitions.set(dataset, partitions)
    if (rows.kept + rows.rejected > 0) datasets.push({ dataset, ...rows })
    const isWhole = stage.kind === 'global' && (await folder.readTotal(dataset)) !== null
    if (rows.kept === 0 && isWhole) clean.push(dataset)
  }
  const shards = await findShards(folder, plans, registry, meant)
  const kept = datasets.flatMap((d) => (d.kept > 0 ? [d.dataset] : []))
  return {
    places: {
      samples: samples.size,
      datasets,
      shards: shards.map(({ path, samples: rows }) => ({ path, samples: rows })),
      sameBytes: await findSameBytes(folder, takedowns, hashes),
    },
    found: {
      version: 1,
      kept: [...new Set([...kept, ...shards.map((s) => s.dataset)])].sort(),
      clean: clean.sort(),
      images,
    },
  }
}

/** What is looked for in shards: they may hold fewer columns than the run folder. */
interface Meant {
  takedowns: Takedowns
  /** Uids of the rows of the run folder that are covered. */
  uids: Set<unknown>
  /** Partitions with covered rows that go on, by data set. */
  partitions: Map<string, ReadonlySet<number>>
}

/** The rows of a data set, kept and rejected, with the columns that name them and `more`. */
export async function* keyRows(
  folder: RunFolder,
  stage: PlannedStage,
  more: readonly string[] = [],
): AsyncGenerator<{ row: Row; isKept: boolean; commit: Commit }> {
  const known = [...KEYS, ...more].filter((name) => Object.hasOwn(stage.columns, name))
  for (const commit of (await folder.readCommits(stage.dataset)).values()) {
    for (const kind of ['parquet', 'rejects', 'rest'] as const) {
      const file = commit.files[kind]
      if (!file) continue
      const path = `${stage.dataset}/${file.path}`
      // Rows that are left to a continuation have not got all columns yet.
      const had = kind === 'rest' ? (await readTableHead(folder.store, path)).columns : known
      const columns = known.filter((name) => had.includes(name))
      for await (const rows of readTable(folder.store, path, { columns }))
        for (const row of rows) yield { row, isKept: kind === 'parquet', commit }
    }
  }
}

/** Digests of the pictures of rows that a uid or a sha256 names: the same picture with another text is meant too. */
async function findImages(folder: RunFolder, { key, tombstones }: Entry): Promise<string[]> {
  const named = tombstones.filter(({ kind }) => kind === 'uid' || kind === 'sha256')
  if (named.length === 0) return []
  const takedowns = openTakedowns([{ key, tombstones: named satisfies Tombstone[] }])
  const images = new Set<string>()
  for (const dataset of await folder.datasets()) {
    const stage = await folder.readStage(dataset)
    if (!stage || !Object.hasOwn(stage.columns, 'image_id')) continue
    for await (const { row } of keyRows(folder, stage)) {
      if (typeof row.image_id === 'string' && takedowns.covers(row))
        images.add(tombstoneDigest(key, 'image', row.image_id))
    }
  }
  return [...images].sort()
}

async function findShards(
  folder: RunFolder,
  plans: readonly Plan[],
  registry: Registry,
  { takedowns, uids, partitions }: Meant,
): Promise<{ dataset: string; path: string; samples: number | null }[]> {
  const shards: { dataset: string; path: string; samples: number | null }[] = []
  for (const { plan, stage } of sinksOf(plans)) {
    const code = sinkCode(stage, registry)
    const store = sinkFolder(plan.out, stage)
    const input = plan.stages.find((s) => s.id === stage.from)!.dataset
    for (const { partition, sink } of (await folder.readCommits(stage.dataset)).values()) {
      const [file] = sink?.files ?? []
      if (!sink || !file || !(await store.exists(file.path))) continue
      let samples: number | null = null
      if (code?.samples) {
        samples = 0
        for await (const rows of code.samples(sink, readContext(stage, store)))
          samples += rows.filter((row) => takedowns.covers(row) || uids.has(row.uid)).length
      } else if (!partitions.get(input)?.has(partition)) continue
      if (samples !== 0) shards.push({ dataset: stage.dataset, path: store.locate(file.path), samples })
    }
  }
  return shards
}

async function findSameBytes(
  folder: RunFolder,
  takedowns: Takedowns,
  hashes: ReadonlySet<string>,
): Promise<Places['sameBytes']> {
  const uids = new Set<unknown>()
  const sha256 = new Set<string>()
  for (const dataset of hashes.size > 0 ? await folder.datasets() : []) {
    const stage = await folder.readStage(dataset)
    if (!stage || !Object.hasOwn(stage.columns, 'sha256')) continue
    for await (const { row } of keyRows(folder, stage)) {
      if (!hashes.has(row.sha256 as string) || takedowns.covers(row)) continue
      uids.add(row.uid)
      sha256.add(row.sha256 as string)
    }
  }
  return { rows: uids.size, sha256: [...sha256].sort() }
}
