import { PairloomError } from '../core/error.ts'
import type { Tally } from '../core/counters.ts'
import type { OutFile, SinkPart, SourcePart } from '../core/stage.ts'
import type { LaneWait } from '../core/lane-waits.ts'
import { fileStore } from '../store/file.ts'
import type { Store } from '../store/store.ts'
import type { Plan, PlannedStage } from './plan.ts'
import type { Round } from './retry.ts'

/** A file of a part, relative to its data set. */
export interface PartFile {
  path: string
  bytes: number
  sha256: string
  rows: number
}

/** The entry that makes one partition of one stage final. Made once; whoever comes second uses the first. */
export interface Commit {
  kind: 'done' | 'failed'
  partition: number
  attempt: string
  /**
   * `parquet`: rows that go on. `rejects`: rows that do not, with their verdicts. `rest`: rows left to the
   * continuation, as they came in. `tar`: bytes.
   */
  files: { parquet?: PartFile; rejects?: PartFile; rest?: PartFile; tar?: PartFile }
  tally: Tally
  /** Other data sets whose bytes the rows refer to. */
  refs: string[]
  /** Wall time of the attempt, what its process used of processors, and when it ended: never for the data. */
  seconds: number
  cpuSeconds?: number
  finishedAt: string
  sink?: SinkPart
  error?: { code: string; message: string }
}

/** Written last by stages that decide their own number of partitions, and by sinks once published. */
export interface Total {
  partitions: number
  /** Partitions of the input that had failed for good and were left out (`--allow-failed`). */
  without: number[]
  /** Of a global stage: its partitions. All become final at once, so that no two attempts can mix. */
  commits?: Commit[]
  /** Of a sink: what it published beside its shards. */
  files?: OutFile[]
}

/** What a run folder says of itself, beside its stages. */
export interface RunFile {
  name: string
  snapshot: number
  /** Retries of that snapshot, the newest last. */
  rounds: Round[]
  /** How often consent was asked for again. */
  consent?: number
  /** Plans that were run here, the newest last: the roots of `gc`. */
  plans: Plan[]
}

/** What requests had to wait for in the run that last had any. */
export interface RunWaits {
  /** When it was written: while the run goes on, and at its end. */
  at: string
  /** Of the run until then. */
  seconds: number
  /** The longest first. */
  waits: LaneWait[]
}

/** Where tasks of a cluster leave what others must see, a folder an attempt, gone with it. No stage is called so. */
export const SCRATCH = '.scratch'

/** Reads and writes the layout of a run folder (docs/architecture.md). */
export interface RunFolder {
  readonly store: Store
  readRunFile(): Promise<RunFile | null>
  writeRunFile(file: RunFile): Promise<void>
  readWaits(): Promise<RunWaits | null>
  writeWaits(waits: RunWaits): Promise<void>
  /** Path of a new file of a part: `links/0a1b…/3f/part-00000063.<attempt>.<suffix>`. */
  partPath(dataset: string, partition: number, attempt: string, suffix: string): string
  /** Commits of a data set by partition. */
  readCommits(dataset: string): Promise<Map<number, Commit>>
  readCommit(dataset: string, partition: number): Promise<Commit | null>
  /** False when the partition was committed before. */
  createCommit(dataset: string, commit: Commit): Promise<boolean>
  removeCommit(dataset: string, partition: number): Promise<void>
  /** Puts changed entries in the place of those of a data set, whichever way these were made. Only for purging. */
  replaceCommits(dataset: string, commits: readonly Commit[]): Promise<void>
  readTotal(dataset: string): Promise<Total | null>
  /** False when there was one before. */
  createTotal(dataset: string, total: Total): Promise<boolean>
  /** Forgets that a stage was finished; of a global stage, its partitions too. */
  removeTotal(dataset: string): Promise<void>
  /** The stage as it was planned, kept beside its parts; and a source's partitions, fixed when first seen. */
  readStage(dataset: string): Promise<PlannedStage | null>
  writeStage(stage: PlannedStage): Promise<void>
  readSourceParts(dataset: string): Promise<SourcePart[] | null>
  createSourceParts(dataset: string, parts: SourcePart[]): Promise<SourcePart[]>
  /** Data sets in the folder, of one stage id or of all, whatever their plan. */
  datasets(id?: string): Promise<string[]>
}

export function openRunFolder(run: string): RunFolder {
  const store = fileStore(run)
  const entry = (dataset: string, partition: number) => `${dataset}/commit/${digits(partition)}.json`

  async function readJson<T>(path: string): Promise<T | null> {
    let text: string
    try {
      text = (await store.read(path)).toString('utf8')
    } catch (error) {
      if ((error as PairloomError).code === 'PL_NOT_FOUND') return null
      throw error
    }
    try {
      return JSON.parse(text) as T
    } catch (error) {
      const message = `Expected JSON in ${store.locate(path)}, got ${(error as Error).message}: was it edited, or the disk damaged?`
      throw new PairloomError('PL_DAMAGED', message, { data: { path }, cause: error })
    }
  }
  const folder: RunFolder = {
    store,
    readRunFile: () => readJson('run.json'),
    writeRunFile: (file) => store.replace('run.json', JSON.stringify(file, null, 1)),
    readWaits: () => readJson('waits.json'),
    writeWaits: (waits) => store.replace('waits.json', JSON.stringify(waits, null, 1)),
    partPath: (dataset, partition, attempt, suffix) =>
      `${dataset}/${(partition % 256).toString(16).padStart(2, '0')}/part-${digits(partition)}.${attempt}.${suffix}`,
    async readCommits(dataset) {
      const total = await folder.readTotal(dataset)
      const commits = new Map((total?.commits ?? []).map((commit) => [commit.partition, commit]))
      for await (const { path } of store.list(`${dataset}/commit`)) {
        const name = path.slice(path.lastIndexOf('/') + 1)
        if (!/^\d{8}\.json$/.test(name)) continue
        const commit = await readJson<Commit>(path)
        if (commit) commits.set(commit.partition, commit)
      }
      return commits
    },
    async readCommit(dataset, partition) {
      const own = await readJson<Commit>(entry(dataset, partition))
      return own ?? (await folder.readTotal(dataset))?.commits?.[partition] ?? null
    },
    createCommit: (dataset, commit) =>
      store.createOnce(entry(dataset, commit.partition), JSON.stringify(commit)),
    removeCommit: (dataset, partition) => store.remove(entry(dataset, partition)),
    async replaceCommits(dataset, commits) {
      const total = await folder.readTotal(dataset)
      const own = new Set((total?.commits ?? []).map((c) => c.partition))
      const changed = new Map(commits.map((c) => [c.partition, c]))
      if (total?.commits && commits.some((c) => own.has(c.partition))) {
        const all = total.commits.map((c) => changed.get(c.partition) ?? c)
        await store.replace(`${dataset}/commit/total.json`, JSON.stringify({ ...total, commits: all }))
      }
      for (const commit of commits)
        if (!own.has(commit.partition))
          await store.replace(entry(dataset, commit.partition), JSON.stringify(commit))
    },
    readTotal: (dataset) => readJson(`${dataset}/commit/total.json`),
    createTotal: (dataset, total) => store.createOnce(`${dataset}/commit/total.json`, JSON.stringify(total)),
    removeTotal: (dataset) => store.remove(`${dataset}/commit/total.json`),
    readStage: (dataset) => readJson(`${dataset}/stage.json`),
    async writeStage(stage) {
      await store.createOnce(`${stage.dataset}/stage.json`, JSON.stringify(stage, null, 1))
    },
    readSourceParts: (dataset) => readJson(`${dataset}/source.json`),
    async createSourceParts(dataset, parts) {
      await store.createOnce(`${dataset}/source.json`, JSON.stringify(parts))
      return (await folder.readSourceParts(dataset)) ?? parts
    },
    async datasets(id) {
      const ids = id === undefined ? (await store.folders()).filter((name) => name !== SCRATCH) : [id]
      const found = await Promise.all(ids.map(async (i) => (await store.folders(i)).map((f) => `${i}/${f}`)))
      return found.flat()
    },
  }
  return folder
}

/**
 * Opens the run folder of a plan, for a run: makes it when it is new.
 *
 * @throws PairloomError `PL_RUN_OTHER` when the folder belongs to a pipeline of another name, or holds something else
 */
export async function claimRunFolder(plan: Plan): Promise<RunFolder> {
  const folder = openRunFolder(plan.run)
  const known = await folder.readRunFile()
  if (known && known.name !== plan.name) {
    const message = `Expected ${plan.run} to be the run folder of ${plan.name}, got that of ${known.name}: give another with --run`
    throw new PairloomError('PL_RUN_OTHER', message, { data: { run: plan.run, name: known.name } })
  }
  if (!known) {
    for await (const { path } of folder.store.list()) {
      // A run leaves its mark before it writes anything else.
      if (path.startsWith('active/')) continue
      const message = `Expected ${plan.run} to be a run folder or empty, got a folder with ${path} in it: give another with --run`
      throw new PairloomError('PL_RUN_OTHER', message, { data: { run: plan.run, path } })
    }
  }
  return folder
}

/** The run file with a plan as its newest; the same plan is kept once. The snapshot number never falls. */
export function withPlan(file: RunFile | null, plan: Plan): RunFile {
  // The same stages into another output folder are another plan: gc and purges look at all of those.
  const key = (p: Plan) => [p.out, ...p.stages.map((s) => `${s.id}=${s.fingerprint}`)].join(' ')
  const others = (file?.plans ?? []).filter((p) => key(p) !== key(plan))
  // Another run may have started a snapshot or a round since this plan was made.
  const isNewer =
    !file ||
    plan.snapshot > file.snapshot ||
    (plan.snapshot === file.snapshot && plan.rounds.length >= file.rounds.length)
  const { snapshot, rounds } = isNewer ? plan : file
  const consent = Math.max(plan.consent, file?.consent ?? 0)
  return { name: plan.name, snapshot, rounds, consent, plans: [...others, plan] }
}

function digits(partition: number): string {
  return String(partition).padStart(8, '0')
}
