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
  // Output folders are no part of a fingerprint: several may hold shards of one data set.
  for (const sinks of Map.groupBy(sinksOf(plans), ({ stage }) => stage.dataset).values()) {
    const { stage: old } = sinks[0]!
    let isLeft = false
    for (const sink of sinks) {
      const stages = withTakedowns(sink.plan.stages, entries)
      const next = stages.find((s) => s.id === old.id)!
      if (next.dataset === old.dataset) {
        isLeft = true
        continue
      }
      const code = sinkCode(old, registry)
      const commits = [...(await folder.readCommits(old.dataset)).values()].filter((c) => c.kind === 'done')
      // A run may have made the shards anew already: then the old ones only go.
      if (commits.length > 0 && !code?.purge && !(await isMade(folder, sink.plan.out, next))) {
        isLeft = true
        done.left.push(sinkFolder(sink.plan.out, old).root)
        continue
      }
      await folder.writeStage(next)
      const shards = await purgeOut(
        folder,
        sink,
        { ...environment, plan: { ...sink.plan, stages } },
        next,
        code!,
        commits,
        removal,
      )
      done.shards += shards
    }
    // Only now: its commits say what every one of these folders holds.
    if (!isLeft) await folder.store.remove(old.dataset)
  }
  return done
}

/** One output folder. Returns the number of shards written again. */
async function purgeOut(
  folder: RunFolder,
  sink: PlannedSink,
  environment: TaskEnvironment,
  next: PlannedStage,
  code: Sink,
  commits: readonly Commit[],
  removal: Removal,
): Promise<number> {
  const { stage: old, plan } = sink
  // A folder that somebody deleted stays as it is.
  if (!(await holdsAny(sinkFolder(plan.out, old))) && !(await holdsAny(sinkFolder(plan.out, next)))) return 0
  let shards = 0
  let isWhole = true
  const made = await isMade(folder, plan.out, next)
  for (const commit of made ? [] : commits) {
    const written = await purgePart(folder, sink, next, code, commit, removal)
    shards += written ?? 0
    isWhole &&= written !== null
  }
  const store = fileStore(plan.out).at(old.id)
  const name = old.fingerprint.slice(0, 12)
  const total = await folder.readTotal(old.dataset)
  if (total && isWhole && !made) {
    const { partitions } = total
    const allowFailed = plan.allowFailed || total.without.length > 0
    const task = {
      kind: 'publish',
      stages: [old.id],
      partition: 0,
      attempt: '',
      continuations: 0,
      partitions,
    } as const
    await finishSink({ ...task, stages: [old.id] }, next, {
      ...environment,
      plan: { ...environment.plan, allowFailed },
    })
  }
  if ((await currentOf(store)) === name) {
    if (isWhole) await makeCurrent(folder, plan.out, next)
    // Shards that somebody moved away cannot be counted on: the next run makes them, and says again what is current.
    else await store.remove('current.json')
  }
  await store.remove(name)
  return shards
}

/** Whether an output folder holds a whole data set, published. */
async function isMade(folder: RunFolder, out: string, stage: PlannedStage): Promise<boolean> {
  if (!(await folder.readTotal(stage.dataset))) return false
  const commits = [...(await folder.readCommits(stage.dataset)).values()]
  const files = sinkFolder(out, stage)
  const there = await Promise.all(commits.map(({ sink }) => isThere(files, sink)))
  return there.every(Boolean) && (await holdsAny(files))
}

async function holdsAny(files: Store): Promise<boolean> {
  for await (const _ of files.list()) return true
  return false
}

async function isThere(files: Store, part: SinkPart | undefined): Promise<boolean> {
  const found = await Promise.all((part?.files ?? []).map(({ path }) => files.exists(path)))
  return found.every(Boolean)
}

/**
 * Makes a partition of the new data set, unless it is there. Returns the number of shards written again, or null where
 * the old ones are not in this output folder.
 */
async function purgePart(
  folder: RunFolder,
  { plan, stage: old }: PlannedSink,
  next: PlannedStage,
  code: Sink,
  commit: Commit,
  removal: Removal,
): Promise<number | null> {
  if (!commit.sink) return 0
  const [from, to] = [sinkFolder(plan.out, old), sinkFolder(plan.out, next)]
  const made = await folder.readCommit(next.dataset, commit.partition)
  if (made && (await isThere(to, made.sink))) return 0
  if (!(await isThere(from, commit.sink))) return null
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
    // Of another output folder, whose shards are the same.
    if (made) return isMeant ? 1 : 0
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

async function currentOf(store: Store): Promise<string | null> {
  if (!(await store.exists('current.json'))) return null
  return (JSON.parse((await store.read('current.json')).toString('utf8')) as { dataset: string }).dataset
}

async function* none(): AsyncGenerator<Row[]> {
  // A sink that cannot search its shards has them all written again.
}
