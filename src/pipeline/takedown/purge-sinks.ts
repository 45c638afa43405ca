import type { Row } from '../../core/column.ts'
import type { OutWriter, Sink, SinkPart } from '../../core/stage.ts'
import { fileStore } from '../../store/file.ts'
import type { Store } from '../../store/store.ts'
import type { Plan, PlannedStage } from '../plan.ts'
import type { Registry } from '../registry.ts'
import type { Commit, RunFolder } from '../run-folder.ts'
import type { TaskEnvironment } from '../task-context.ts'
import { finishSink, makeCurrent, sinkFolder } from '../task-sink.ts'
import { withTakedowns } from './fingerprint.ts'
import { purgedRejects, subtract, type Removal } from './purge-parts.ts'
import { sinkCode, sinksOf, type PlannedSink } from './sinks.ts'
import type { Entry } from './tombstones.ts'

export interface PurgedSinks {
  /** Shards that were written again. */
  shards: number
  /** Data sets that cannot be written again, as their sink has no `purge` or its plug-in is gone. */
  left: string[]
}

/**
 * Removes samples from every data set of shards: a new one is made beside the old, shards without such samples linked,
 * others written again from themselves; then `current.json` names it, then the old one goes.
 *
 * The new one is what the next run of the same plan makes: same name, same bytes. So a purge that was stopped may be
 * ended by another or by a run, and whoever reads shards sees one data set or the other, whole.
 */
export async function purgeSinks(
  folder: RunFolder,
  plans: readonly Plan[],
  registry: Registry,
  entries: readonly Entry[],
  removal: Removal,
  environment: Omit<TaskEnvironment, 'plan'>,
): Promise<PurgedSinks> {
  const done: PurgedSinks = { shards: 0, left: [] }
  for (const sink of sinksOf(plans)) {
    const { plan, stage: old } = sink
    const stages = withTakedowns(plan.stages, entries)
    const next = stages.find((s) => s.id === old.id)!
    if (next.dataset === old.dataset) continue
    if (!(await folder.readTotal(next.dataset))) {
      const code = sinkCode(old, registry)
      const commits = [...(await folder.readCommits(old.dataset)).values()].filter((c) => c.kind === 'done')
      if (commits.length > 0 && !code?.purge) {
        done.left.push(sinkFolder(plan.out, old).root)
        continue
      }
      await folder.writeStage(next)
      for (const commit of commits) done.shards += await purgePart(folder, sink, next, code!, commit, removal)
      const total = await folder.readTotal(old.dataset)
      const task = { kind: 'publish', stages: [old.id], partition: 0, attempt: '', continuations: 0 } as const
      if (total) {
        const { partitions } = total
        const allowFailed = plan.allowFailed || total.without.length > 0
        await finishSink({ ...task, stages: [old.id], partitions }, next, {
          ...environment,
          plan: { ...plan, stages, allowFailed },
        })
      }
    }
    await replaceOld(folder, plan.out, old, next)
  }
  return done
}

/** Makes a partition of the new data set, unless it is there. Returns the number of shards written again. */
async function purgePart(
  folder: RunFolder,
  { plan, stage: old }: PlannedSink,
  next: PlannedStage,
  code: Sink,
  commit: Commit,
  removal: Removal,
): Promise<number> {
  if (!commit.sink || (await folder.readCommit(next.dataset, commit.partition))) return 0
  const [from, to] = [sinkFolder(plan.out, old), sinkFolder(plan.out, next)]
  const opened: OutWriter[] = []
  const context = {
    options: old.options as never,
    columns: old.columns,
    files: from,
    async create(path: string) {
      const file = await to.writer(path)
      opened.push(file)
      return file
    },
  }
  const removed: Row[] = []
  const isRemoved = (row: Row) => removal.isRemoved(row) && removed.push(row) > 0
  let isMeant = false
  for await (const rows of code.samples?.(commit.sink, context) ?? none()) {
    if (!rows.some((row) => removal.isRemoved(row))) continue
    isMeant = true
    break
  }
  try {
    const sink: SinkPart =
      isMeant || !code.samples
        ? await code.purge!(commit.sink, isRemoved, context)
        : await linked(plan.out, old, next, commit.sink)
    const tally = structuredClone(commit.tally)
    for (const row of removed) subtract(tally, 'parquet', row)
    const rejects = await purgedRejects(folder, old, next, commit, removal)
    for (const row of rejects?.removed ?? []) subtract(tally, 'rejects', row)
    await folder.createCommit(next.dataset, {
      ...commit,
      files: rejects ? { rejects: rejects.file } : {},
      tally,
      sink,
    })
    return isMeant ? 1 : 0
  } catch (error) {
    for (const file of opened) await file.abort()
    throw error
  }
}

async function linked(out: string, old: PlannedStage, next: PlannedStage, sink: SinkPart): Promise<SinkPart> {
  const store = fileStore(out).at(old.id)
  const name = (stage: PlannedStage) => stage.fingerprint.slice(0, 12)
  for (const { path } of sink.files) await store.link(`${name(old)}/${path}`, `${name(next)}/${path}`)
  return sink
}

/** The new data set becomes the current one where the old one was; then nothing is left of the old one. */
async function replaceOld(
  folder: RunFolder,
  out: string,
  old: PlannedStage,
  next: PlannedStage,
): Promise<void> {
  const store = fileStore(out).at(old.id)
  const name = old.fingerprint.slice(0, 12)
  if ((await currentOf(store)) === name) await makeCurrent(folder, out, next)
  await store.remove(name)
  await folder.store.remove(old.dataset)
}

async function currentOf(store: Store): Promise<string | null> {
  if (!(await store.exists('current.json'))) return null
  return (JSON.parse((await store.read('current.json')).toString('utf8')) as { dataset: string }).dataset
}

async function* none(): AsyncGenerator<Row[]> {
  // A sink that cannot search its shards has them all written again.
}
