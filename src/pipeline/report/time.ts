import type { Commit } from '../run-folder.ts'
import type { Lane, StageSpeed, TimeData } from './data.ts'
import type { StageCommits } from './flow.ts'

const SLICES = 120

/** From when to when something ran, ms since the epoch. */
interface Span {
  from: number
  to: number
}

/** By attempt: the commits of one task bear the same. */
type Tasks = Map<string, Span>

/**
 * When the tasks of a run ran, from the times of its commits.
 *
 * A task that ran several stages has a commit of each, under one attempt, and counts once. Times in which nothing ran
 * (the run was stopped and resumed later) are cut out of the axis.
 */
export function timeData(flow: readonly StageCommits[]): TimeData {
  const tasks = flow.map(({ commits }) => tasksOf(commits.values()))
  const all: Tasks = new Map()
  for (const own of tasks) for (const [attempt, span] of own) addTask(all, attempt, span)
  const busy = merged([...all.values()])
  const busySeconds = sumOf(busy)
  // Shorter gaps are the run's own: starting processes, handing out tasks.
  const pieces = joined(busy, Math.max(10_000, 0.05 * busySeconds * 1000))
  const axis = openAxis(pieces)
  return {
    startedAt: busy.length > 0 ? new Date(busy[0]!.from).toISOString() : null,
    finishedAt: busy.length > 0 ? new Date(busy.at(-1)!.to).toISOString() : null,
    busySeconds,
    taskSeconds: sumOf([...all.values()]),
    lanes: lanesOf(flow, tasks).map(({ stages, spans }) => ({
      stages,
      tasks: spans.length,
      running: axis.running(spans),
    })),
    pauses: axis.pauses,
    axisSeconds: axis.seconds,
    stages: flow.flatMap(({ stage, commits }, i) => {
      const spans = [...tasks[i]!.values()]
      return spans.length > 0 ? [speedOf(stage.id, spans, [...commits.values()])] : []
    }),
  }
}

function tasksOf(commits: Iterable<Commit>): Tasks {
  const tasks: Tasks = new Map()
  for (const { kind, attempt, finishedAt, seconds } of commits) {
    const to = Date.parse(finishedAt)
    if (kind === 'done') addTask(tasks, attempt, { from: to - seconds * 1000, to })
  }
  return tasks
}

function addTask(tasks: Tasks, attempt: string, { from, to }: Span): void {
  const known = tasks.get(attempt) ?? { from, to }
  tasks.set(attempt, { from: Math.min(known.from, from), to: Math.max(known.to, to) })
}

/** Stages with a task in common share a lane. */
function lanesOf(flow: readonly StageCommits[], tasks: readonly Tasks[]) {
  const lanes: { stages: string[]; tasks: Tasks }[] = []
  for (const [i, { stage }] of flow.entries()) {
    const own = tasks[i]!
    if (own.size === 0) continue
    const lane = lanes.find(
      (l) => l.stages.includes(stage.from ?? '') && [...own.keys()].some((a) => l.tasks.has(a)),
    )
    if (!lane) {
      lanes.push({ stages: [stage.id], tasks: new Map(own) })
      continue
    }
    lane.stages.push(stage.id)
    for (const [attempt, span] of own) addTask(lane.tasks, attempt, span)
  }
  return lanes.map((l) => ({ stages: l.stages, spans: [...l.tasks.values()] })) satisfies {
    stages: Lane['stages']
    spans: Span[]
  }[]
}

function speedOf(stage: string, spans: readonly Span[], commits: readonly Commit[]): StageSpeed {
  const bytes = commits.reduce(
    (sum, c) => sum + (c.files.tar?.bytes ?? 0) + (c.sink?.files ?? []).reduce((all, f) => all + f.bytes, 0),
    0,
  )
  return {
    stage,
    tasks: spans.length,
    busySeconds: sumOf(merged(spans)),
    taskSeconds: sumOf(spans),
    rows: commits.reduce((sum, c) => sum + c.tally.rowsIn, 0),
    bytes,
  }
}

/** Places pieces of time one after the other. */
function openAxis(pieces: readonly Span[]) {
  const starts: number[] = []
  let end = 0
  for (const { from, to } of pieces) {
    starts.push(end)
    end += to - from
  }
  const pauses = pieces.slice(1).map((piece, i) => ({
    at: starts[i + 1]! / 1000,
    seconds: (piece.from - pieces[i]!.to) / 1000,
  }))
  function place(time: number): number {
    const i = pieces.findLastIndex((p) => p.from <= time)
    return i < 0 ? 0 : starts[i]! + Math.min(time, pieces[i]!.to) - pieces[i]!.from
  }
  return {
    seconds: end / 1000,
    pauses,
    running(spans: readonly Span[]): number[] {
      const slice = Math.max(end / SLICES, 1e-6)
      const slices = new Array<number>(SLICES).fill(0)
      for (const span of spans) {
        const from = place(span.from) / slice
        const to = place(span.to) / slice
        for (let i = Math.floor(from); i < Math.min(to, SLICES); i++)
          slices[i]! += Math.min(to, i + 1) - Math.max(from, i)
      }
      return slices
    },
  }
}

/** Spans joined where they overlap, in order. */
function merged(spans: readonly Span[]): Span[] {
  return joined(
    [...spans].sort((a, b) => a.from - b.from),
    0,
  )
}

/** Ordered spans joined where less than `gap` ms lies between them. */
function joined(spans: readonly Span[], gap: number): Span[] {
  const out: Span[] = []
  for (const span of spans) {
    const last = out.at(-1)
    if (last && span.from - last.to <= gap) last.to = Math.max(last.to, span.to)
    else out.push({ ...span })
  }
  return out
}

/** Lengths of spans, each for itself, s. */
function sumOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { from, to }) => sum + to - from, 0) / 1000
}
