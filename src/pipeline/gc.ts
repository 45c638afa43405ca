import { fileStore } from '../store/file.ts'
import type { Store } from '../store/store.ts'
import type { Plan } from './plan.ts'
import type { RunFolder } from './run-folder.ts'

export interface Removed {
  path: string
  bytes: number
}

/**
 * Removes data sets of a run, and shards, that the newest `keep` plans do not need.
 *
 * Needed is what a kept plan names, what its rows' bytes lie in, and what a `current.json` names.
 * Do not run it beside a run of the same folder.
 */
export async function collectGarbage(
  folder: RunFolder,
  options: { keep: number; dryRun: boolean },
): Promise<Removed[]> {
  const file = await folder.readRunFile()
  if (!file) return []
  const kept = file.plans.slice(-options.keep)
  const needed = new Set(kept.flatMap((plan) => plan.stages.map((s) => s.dataset)))
  for (const dataset of [...needed]) await addReferences(folder, dataset, needed)

  const removed: Removed[] = []
  for (const dataset of await folder.datasets()) {
    // Only what is a data set of a stage: a user may keep other things beside them.
    if (!needed.has(dataset) && (await folder.readStage(dataset)))
      removed.push(await removeFolder(folder.store, dataset, options.dryRun))
  }
  for (const out of new Set(file.plans.map((plan) => plan.out))) {
    removed.push(...(await collectShards(fileStore(out), sinkDatasets(file.plans), needed, options.dryRun)))
  }
  if (!options.dryRun) await folder.writeRunFile({ ...file, plans: kept })
  return removed
}

/** Bytes are referred to directly, never through another reference: one step is enough. */
async function addReferences(folder: RunFolder, dataset: string, needed: Set<string>): Promise<void> {
  for (const { refs } of (await folder.readCommits(dataset)).values()) for (const ref of refs) needed.add(ref)
}

/** Shards that plans of this run made and none needs now; those of other pipelines in the same folder stay. */
async function collectShards(
  store: Store,
  datasets: readonly string[],
  needed: ReadonlySet<string>,
  dryRun: boolean,
): Promise<Removed[]> {
  const removed: Removed[] = []
  for (const dataset of datasets) {
    const [id, name] = dataset.split('/') as [string, string]
    if (needed.has(dataset) || name === (await currentDataset(store, id))) continue
    if (!(await store.folders(id)).includes(name)) continue
    const { path, bytes } = await removeFolder(store, dataset, dryRun)
    removed.push({ path: store.locate(path), bytes })
  }
  return removed
}

async function currentDataset(store: Store, id: string): Promise<string | null> {
  if (!(await store.exists(`${id}/current.json`))) return null
  const current = JSON.parse((await store.read(`${id}/current.json`)).toString('utf8')) as { dataset: string }
  return current.dataset
}

async function removeFolder(store: Store, path: string, dryRun: boolean): Promise<Removed> {
  let bytes = 0
  for await (const entry of store.list(path)) bytes += entry.bytes
  if (!dryRun) await store.remove(path)
  return { path, bytes }
}

function sinkDatasets(plans: readonly Plan[]): string[] {
  return [...new Set(plans.flatMap((p) => p.stages.filter((s) => s.kind === 'sink').map((s) => s.dataset)))]
}
