import { existsSync } from 'node:fs'
import { PairloomError } from '../../core/error.ts'
import { fileStore } from '../../store/file.ts'
import type { Plan } from '../plan.ts'
import { builtinStages, openRegistry, type Registry } from '../registry.ts'
import { writeReport } from '../report/index.ts'
import type { RunFolder } from '../run-folder.ts'
import { newestPlan } from '../status.ts'
import { findPlaces, keyRows, type Places } from './find.ts'
import { subjectsOf, type Named } from './subjects.ts'
import { keyOf, newEntry, newKey, publishEntry, readEntries, writeEntry, writeFound } from './tombstones.ts'

export interface TakedownOptions {
  named: Named
  reason: string | null
  /** Looks and says, and writes nothing. */
  dryRun: boolean
}

export interface TakenDown extends Places {
  /** Name of the tombstone file; null of a dry run. */
  name: string | null
  /** False where the same was taken down before. */
  isNew: boolean
  tombstones: number
}

/**
 * Takes down what a data owner names: from now on no task of this run folder fetches it, uses it, or shows it.
 *
 * The tombstone is written first, then it is looked for what it means. May be done while a run goes on: tasks that
 * begin later honour it, and the next run makes the shards again that were written meanwhile.
 * @throws PairloomError `PL_USAGE` with every fault of what was named
 */
export async function takeDown(folder: RunFolder, options: TakedownOptions): Promise<TakenDown> {
  const plan = await newestPlan(folder)
  const plans = (await folder.readRunFile())!.plans
  const subjects = await subjectsOf(options.named, (uids) => uidsOf(folder, uids))
  if (subjects.length === 0)
    throw new PairloomError(
      'PL_USAGE',
      'Expected --domain, --url, --uid, --sha256 or --file, got none of them',
    )
  const entry = newEntry(options.dryRun ? newKey() : await keyOf(folder), subjects, options.reason)
  const isNew = !options.dryRun && (await writeEntry(folder, entry))
  if (!options.dryRun) for (const sink of sinkStores(plans)) await publishEntry(sink, entry)

  const { places, found } = await findPlaces(folder, plans, await registryOf(plan), entry)
  if (!options.dryRun) {
    await writeFound(folder, entry.name, found)
    const written = (await readEntries(folder)).find(({ name }) => name === entry.name)!
    for (const sink of sinkStores(plans)) await publishEntry(sink, written)
    await renewReport(folder)
  }
  const { name } = entry
  return { name: options.dryRun ? null : name, isNew, tombstones: entry.tombstones.length, ...places }
}

/** A plug-in may be gone since the run: its shards cannot be searched then. */
export async function registryOf(plan: Plan): Promise<Registry> {
  try {
    return await openRegistry(plan.plugins)
  } catch (error) {
    if ((error as PairloomError).code === 'PL_PLUGIN') return builtinStages()
    throw error
  }
}

/** A report that was written before shows what it may show no more. */
export async function renewReport(folder: RunFolder): Promise<void> {
  if (!(await folder.store.exists('report.html'))) return
  try {
    await writeReport(folder.store.root)
  } catch (error) {
    await folder.store.remove('report.html')
    throw error
  }
}

/** The folders of all sinks that have shards: takedowns lie in them too. */
function sinkStores(plans: readonly Plan[]) {
  const folders = new Set(
    plans.flatMap(({ out, stages }) =>
      stages.flatMap((s) => (s.kind === 'sink' ? [fileStore(out).at(s.id).root] : [])),
    ),
  )
  return [...folders].filter((path) => existsSync(path)).map((path) => fileStore(path))
}

/** Those of some uids that the run has, in one pass over its rows, or less. */
async function uidsOf(folder: RunFolder, uids: readonly string[]): Promise<Set<string>> {
  const wanted = new Set(uids)
  const found = new Set<string>()
  for (const dataset of await folder.datasets()) {
    const stage = await folder.readStage(dataset)
    if (!stage) continue
    for await (const { row } of keyRows(folder, stage)) {
      for (const uid of [row.uid as string, ...((row.merged_uids as string[] | undefined) ?? [])])
        if (wanted.has(uid)) found.add(uid)
      if (found.size === wanted.size) return found
    }
  }
  return found
}
