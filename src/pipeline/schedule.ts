import type { SourcePart } from '../core/stage.ts'
import type { Plan, PlannedStage } from './plan.ts'
import type { Commit } from './run-folder.ts'
import type { Task } from './task-context.ts'

/** A task before it gets an attempt. */
export type Work = Omit<Task, 'attempt'>

/** Stages that one task runs: a chain of source and row stages with nothing between them, or one global or sink. */
interface Group {
  kind: 'rows' | 'global' | 'sink'
  stages: PlannedStage[]
  from: PlannedStage | null
  /** Partitions whose input is there and which are not begun. The next one is the last. */
  ready: number[]
  running: number
  published: boolean
}

/** What is known of one stage. */
interface Progress {
  /** Partition -> how it ended. */
  commits: Map<number, Commit['kind']>
  /** Partitions that left rows to a continuation. */
  rests: number[]
  /** How many of them may be used. */
  usable: number
  /** Number of partitions once it is known. */
  partitions: number | null
}

/** What the schedule looks at of a commit. */
type Made = Pick<Commit, 'kind' | 'partition' | 'files'>

/**
 * What can run next: the plan's tasks, given what is committed. Holds no I/O and no clock.
 *
 * A partition goes on as soon as it is committed; only global stages wait for all of theirs. Later stages come first,
 * so that rows flow through and few are in between; continuations of partitions (chain.ts) when nothing else is left.
 */
export class Schedule {
  readonly #groups: Group[]
  readonly #progress = new Map<string, Progress>()
  readonly #sources: ReadonlyMap<string, SourcePart[]>
  readonly #allowFailed: boolean

  constructor(plan: Plan, stages: readonly PlannedStage[], sources: ReadonlyMap<string, SourcePart[]>) {
    this.#groups = groupStages(stages)
    this.#sources = sources
    this.#allowFailed = plan.allowFailed
    for (const stage of stages)
      this.#progress.set(stage.id, { commits: new Map(), rests: [], usable: 0, partitions: null })
    for (const [id, parts] of sources) this.#of(id).partitions = parts.length
  }

  /** Tells what the run folder holds already. Call for every stage, then `begin`. */
  known(stage: string, commits: ReadonlyMap<number, Made>, partitions: number | null): void {
    const progress = this.#of(stage)
    for (const commit of commits.values()) this.#committed(stage, commit)
    if (partitions !== null) progress.partitions = partitions
  }

  begin(): void {
    for (const group of this.#groups) {
      if (group.kind === 'global') continue
      group.published = group.kind === 'sink' && this.#of(group.stages[0]!.id).partitions !== null
      const last = this.#of(group.stages.at(-1)!.id)
      group.ready = this.#inputs(group)
        .filter((p) => !last.commits.has(p))
        .sort((a, b) => b - a)
    }
  }

  /** The next task, or null while everything left waits for running ones. */
  next(): Work | null {
    for (const mayContinue of [false, true]) {
      for (const group of this.#groups.toReversed()) {
        const work =
          group.kind === 'global' ? this.#nextGlobal(group) : this.#nextPartition(group, mayContinue)
        if (!work) continue
        group.running++
        return work
      }
    }
    return null
  }

  /** A task ended: these commits were made, or were found made by another. */
  finish(work: Work, commits: readonly { stage: string; commit: Made }[], partitions?: number): void {
    const group = this.#groupOf(work)
    group.running--
    if (work.kind === 'publish') {
      group.published = true
      return
    }
    this.#take(group, commits)
    if (partitions !== undefined) this.#of(work.stages[0]!).partitions = partitions
    for (const after of this.#groups) {
      if (after.kind === 'global' || after.from?.id !== group.stages.at(-1)!.id) continue
      const done = this.#of(after.stages.at(-1)!.id).commits
      // One by one: there may be more of them than a call takes arguments.
      for (const p of group.kind === 'global' ? this.#inputs(after).reverse() : [work.partition])
        if (this.#isInputDone(after, p) && !done.has(p)) after.ready.push(p)
    }
  }

  /** A task ended without its last commit and is to run again, from after the commits that were made. */
  again(work: Work, commits: readonly { stage: string; commit: Made }[]): void {
    const group = this.#groupOf(work)
    group.running--
    this.#take(group, commits)
    if (group.kind !== 'global' && work.kind !== 'publish') group.ready.push(work.partition)
  }

  /** Partitions that failed for good, by stage. */
  failed(): { stage: string; partition: number }[] {
    return [...this.#progress].flatMap(([stage, { commits }]) =>
      [...commits].flatMap(([partition, kind]) => (kind === 'failed' ? [{ stage, partition }] : [])),
    )
  }

  /** Partitions done and in all (null while unknown) of a stage. */
  progress(stage: string): { done: number; partitions: number | null } {
    const { commits } = this.#of(stage)
    const group = this.#groups.find((g) => g.stages.some((s) => s.id === stage))!
    return { done: commits.size, partitions: this.#of(stage).partitions ?? this.#partitionsOut(group) }
  }

  #nextPartition(group: Group, mayContinue: boolean): Work | null {
    const partition = group.ready.at(-1)
    const first = this.#firstIn(group) ?? 0
    if (partition !== undefined) {
      if (group.stages[0]!.continues && partition >= first && !mayContinue) return null
      group.ready.pop()
      // What was committed before is not done again: the chain starts after its last committed stage.
      const done = group.stages.findLastIndex((s) => this.#of(s.id).commits.has(partition))
      const stages = group.stages.slice(done + 1).map((s) => s.id)
      const source = done < 0 ? this.#sources.get(stages[0]!)?.[partition] : undefined
      const work = { kind: group.kind, stages, partition, partitions: first, continuations: 0 }
      return source ? { ...work, source } : work
    }
    if (group.kind !== 'sink' || group.published || group.running > 0) return null
    const partitions = this.#partitionsIn(group)
    const [stage] = group.stages
    if (partitions === null || this.#of(stage!.id).usable < partitions) return null
    return { kind: 'publish', stages: [stage!.id], partition: 0, partitions, continuations: 0 }
  }

  #nextGlobal(group: Group): Work | null {
    const [stage] = group.stages
    const partitions = this.#partitionsIn(group)
    if (this.#of(stage!.id).partitions !== null || group.running > 0 || partitions === null) return null
    if (this.#of(group.from!.id).usable < partitions) return null
    const first = this.#firstIn(group)!
    const continuations = partitions - first
    return { kind: 'global', stages: [stage!.id], partition: 0, partitions: first, continuations }
  }

  /** Takes in what was committed; what a partition has left over comes after all others. */
  #take(group: Group, commits: readonly { stage: string; commit: Made }[]): void {
    for (const { stage, commit } of commits) {
      const isNew = this.#committed(stage, commit)
      if (isNew && commit.files.rest) group.ready.unshift(commit.partition + this.#firstIn(group)!)
    }
  }

  /** False where it was known. */
  #committed(stage: string, { partition, kind, files }: Made): boolean {
    const progress = this.#of(stage)
    if (progress.commits.has(partition)) return false
    progress.commits.set(partition, kind)
    if (files.rest) progress.rests.push(partition)
    if (this.#isUsable(kind)) progress.usable++
    return true
  }

  /** A partition that failed for good has no rows: nothing below it runs. */
  #isInputDone(group: Group, partition: number): boolean {
    return group.from?.kind === 'global' || this.#of(group.from!.id).commits.get(partition) === 'done'
  }

  #isUsable(kind: Commit['kind'] | undefined): boolean {
    return kind === 'done' || (kind === 'failed' && this.#allowFailed)
  }

  /** Partitions that a group could start on. */
  #inputs(group: Group): number[] {
    const first = this.#firstIn(group)
    const rests = this.#of(group.stages[0]!.id).rests.map((partition) => partition + first!)
    const { from } = group
    if (!from || from.kind === 'global') return [...Array.from({ length: first ?? 0 }, (_, i) => i), ...rests]
    const above = [...this.#of(from.id).commits]
    return [...above.flatMap(([partition, kind]) => (kind === 'done' ? [partition] : [])), ...rests]
  }

  /** Partitions that come into a group, continuations not counted; null while that is unknown. */
  #firstIn(group: Group): number | null {
    if (!group.from) return this.#of(group.stages[0]!.id).partitions
    if (group.from.kind === 'global') return this.#of(group.from.id).partitions
    return this.#firstIn(this.#above(group))
  }

  /** The same with the continuations that are known of. */
  #partitionsIn(group: Group): number | null {
    if (!group.from || group.from.kind === 'global') return this.#firstIn(group)
    return this.#partitionsOut(this.#above(group))
  }

  #partitionsOut(group: Group): number | null {
    const partitions = this.#partitionsIn(group)
    return partitions === null ? null : partitions + this.#of(group.stages[0]!.id).rests.length
  }

  #above({ from }: Group): Group {
    return this.#groups.find((g) => g.stages.includes(from!))!
  }

  #groupOf(work: Work): Group {
    return this.#groups.find((g) => g.stages.some((s) => s.id === work.stages[0]))!
  }

  #of(stage: string): Progress {
    return this.#progress.get(stage)!
  }
}

function groupStages(stages: readonly PlannedStage[]): Group[] {
  const groups: Group[] = []
  for (const stage of stages) {
    const from = stages.find((s) => s.id === stage.from) ?? null
    const before = groups.find((g) => g.kind === 'rows' && g.stages.at(-1) === from)
    const onlyReader = stages.filter((s) => s.from === stage.from).length === 1
    if (stage.kind === 'row' && !stage.continues && before && onlyReader) {
      before.stages.push(stage)
      continue
    }
    const kind = stage.kind === 'global' || stage.kind === 'sink' ? stage.kind : 'rows'
    groups.push({ kind, stages: [stage], from, ready: [], running: 0, published: false })
  }
  return groups
}
