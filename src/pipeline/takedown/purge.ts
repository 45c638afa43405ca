import { openGate } from '../../core/gate.ts'
import { canonicalUrl, imageId } from '../../core/row.ts'
import { openTakedowns, tombstoneDigest } from '../../core/takedown.ts'
import { fileStore, sweepTemporary } from '../../store/file.ts'
import type { RunFolder } from '../run-folder.ts'
import { newestPlan } from '../status.ts'
import { joined, readPurges, sampleOf, sampleTombstones, writePurge, type PurgeFile } from './evidence.ts'
import { enterPurge } from './exclusive.ts'
import { findPlaces, keyRows } from './find.ts'
import { withTakedowns } from './fingerprint.ts'
import { purgeTables, purgeTars, type Removal } from './purge-parts.ts'
import { purgeSinks } from './purge-sinks.ts'
import { sinksOf } from './sinks.ts'
import { registryOf, renewReport } from './takedown.ts'
import { readEntries, takedownsOf, writeFound, type Entry } from './tombstones.ts'

export interface Purged {
  /** Samples removed, by their uids. */
  samples: number
  /** Rows removed from tables of the run folder, pictures blanked in its tars, shards written again. */
  rows: number
  pictures: number
  shards: number
  /** Output folders that hold samples still, as their format cannot be written again. */
  left: string[]
  /** File with the digests of what was removed, or null where there was nothing. */
  evidence: string | null
}

/**
 * Removes all that is taken down from a run folder and from every output folder of its plans.
 *
 * First it is written down, in digests, what will be removed; then shards, tables and tars follow, one at a time, each
 * replaced in one step. Stopped anywhere, the next purge ends it.
 * Memory: digests of the samples, and what one part or shard takes.
 * @throws PairloomError `PL_RUN_ACTIVE` while a run or another purge works on the folder
 */
export async function purge(folder: RunFolder, command: string): Promise<Purged> {
  const plan = await newestPlan(folder)
  const leave = await enterPurge(folder)
  try {
    const registry = await registryOf(plan)
    const file = (await folder.readRunFile())!
    const entries = await completeEntries(folder, async (entry) => {
      const { found } = await findPlaces(folder, file.plans, registry, entry)
      return writeFound(folder, entry.name, found)
    })
    await sweepLeft(
      folder,
      file.plans.map((p) => p.out),
    )
    const isDue = sinksOf(file.plans).some(({ plan, stage }) =>
      withTakedowns(plan.stages, entries).every((s) => s.dataset !== stage.dataset),
    )
    const begun = await begin(folder, entries, command, isDue)
    if (!begun) return { samples: 0, rows: 0, pictures: 0, shards: 0, left: [], evidence: null }
    const [name, purging] = begun
    const removal = removalOf(entries, purging)
    const { shards, left } = await purgeSinks(folder, file.plans, registry, entries, removal, {
      folder,
      registry,
      signal: new AbortController().signal,
      gate: openGate(),
      scratch: '',
      memoryBytes: 2 ** 28,
      takedowns: takedownsOf(entries),
      onProgress: () => undefined,
    })
    let [rows, pictures] = [0, 0]
    for (const stage of await stagesOf(folder)) rows += await purgeTables(folder, stage, removal)
    // Only now, when no row refers to them any more.
    for (const stage of await stagesOf(folder)) pictures += await purgeTars(folder, stage, removal)
    await renamePlans(folder, entries, left.length > 0)
    await renewReport(folder)
    const finishedAt = new Date().toISOString()
    if (left.length === 0) await writePurge(folder, name, { ...purging, finishedAt, members: {} })
    const samples = new Set(purging.removed.map((r) => r.uid)).size
    const evidence = folder.store.locate(`takedown/${name}.purge.json`)
    return { samples, rows, pictures, shards, left, evidence }
  } finally {
    await leave()
  }
}

/** All takedowns, those too whose command was stopped before it had looked. */
async function completeEntries(
  folder: RunFolder,
  look: (entry: Entry) => Promise<Entry['found']>,
): Promise<Entry[]> {
  const entries = await readEntries(folder)
  for (const entry of entries) entry.found ??= await look(entry)
  return entries
}

/**
 * Writes down what will be removed, with what a purge that was stopped had written; null where there is nothing.
 * isDue: shards may hold some although no table of the run does.
 */
async function begin(
  folder: RunFolder,
  entries: readonly Entry[],
  command: string,
  isDue: boolean,
): Promise<[name: string, file: PurgeFile] | null> {
  if (entries.length === 0) return null
  const takedowns = takedownsOf(entries)
  const { key } = entries[0]!
  const removed = new Map<string, PurgeFile['removed'][number]>()
  const members = new Map<string, Set<number>>()
  for (const stage of await stagesOf(folder)) {
    const places = Object.keys(stage.columns).filter((name) => /^(?:image_\w+_)?bytes_offset$/.test(name))
    const more = places.length > 0 ? ['bytes_dataset', 'bytes_part', ...places] : []
    for await (const { row } of keyRows(folder, stage, more)) {
      if (!takedowns.covers(row)) continue
      removed.set(`${String(row.uid)} ${String(row.image_id)} ${String(row.sha256)}`, sampleOf(key, row))
      if (typeof row.bytes_dataset !== 'string') continue
      const part = `${row.bytes_dataset} ${String(row.bytes_part)}`
      const offsets = members.get(part) ?? new Set()
      for (const place of places) if (typeof row[place] === 'number') offsets.add(row[place])
      members.set(part, offsets)
    }
  }
  const purges = await readPurges(folder)
  const open = [...purges].find(([, file]) => file.finishedAt === null)
  if (removed.size === 0 && !open && !isDue) return null
  const own: PurgeFile = {
    version: 1,
    key,
    startedAt: new Date().toISOString(),
    finishedAt: null,
    command,
    takedowns: entries.map((e) => e.name),
    removed: [...removed.values()],
    members: Object.fromEntries(
      [...members].map(([part, offsets]) => [part, [...offsets].sort((a, b) => a - b)]),
    ),
  }
  const [name, file] = open ? [open[0], joined(open[1], own)] : [String(purges.size + 1), own]
  await writePurge(folder, name, file)
  return [name, file]
}

function removalOf(entries: readonly Entry[], file: PurgeFile): Removal {
  const { key } = file
  const known = takedownsOf(entries)
  const samples = openTakedowns([{ key, tombstones: sampleTombstones(file) }])
  const images = new Set(file.removed.map((r) => r.image))
  const isImage = (id: string) => images.has(tombstoneDigest(key, 'image', id))
  return {
    isRemoved: (row) => known.covers(row) || samples.covers({ uid: row.uid, merged_uids: row.merged_uids }),
    names(text) {
      const url = /^https?:/.test(text) ? canonicalUrl(text) : null
      return samples.covers({ uid: text }) || (url !== null && isImage(imageId(url)))
    },
    members(dataset, partition) {
      const offsets = file.members[`${dataset} ${partition}`]
      if (!offsets) return null
      const all = new Set(offsets)
      return ({ name, offset }) => all.has(offset) || isImage(name.slice(0, name.indexOf('.')))
    },
  }
}

async function stagesOf(folder: RunFolder) {
  const stages = await Promise.all((await folder.datasets()).map((dataset) => folder.readStage(dataset)))
  return stages.filter((stage) => stage !== null)
}

/** The plans of the run file with the data sets that their sinks have now. */
async function renamePlans(folder: RunFolder, entries: readonly Entry[], isPartial: boolean): Promise<void> {
  if (isPartial) return
  const file = (await folder.readRunFile())!
  const plans = file.plans.map((plan) => ({ ...plan, stages: withTakedowns(plan.stages, entries) }))
  const keyed = new Map(
    plans.map((plan) => [[plan.out, ...plan.stages.map((s) => s.dataset)].join(' '), plan]),
  )
  await folder.writeRunFile({ ...file, plans: [...keyed.values()] })
}

/**
 * Removes what no entry names: parts that a stopped run or purge left may hold what is to go. No run is at work, so that
 * only a process of another machine, of which one cannot know, could still want one; docs/takedown.md says so.
 */
async function sweepLeft(folder: RunFolder, outs: readonly string[]): Promise<void> {
  await sweepTemporary(folder.store)
  for (const out of new Set(outs)) await sweepTemporary(fileStore(out))
  for (const { dataset } of await stagesOf(folder)) {
    const named = new Set<string>()
    for (const { files } of (await folder.readCommits(dataset)).values())
      for (const { path } of Object.values(files)) named.add(`${dataset}/${path}`)
    for await (const { path } of folder.store.list(dataset)) {
      const attempt = /\/part-\d{8}\.([^.]+)\./.exec(path)?.[1]
      if (attempt !== undefined && !named.has(path)) await folder.store.remove(path)
    }
  }
}
