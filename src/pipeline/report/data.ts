import type { Columns } from '../../core/column.ts'
import type { Counters } from '../../core/counters.ts'
import type { Finding } from '../doctor/diagnosis.ts'
import type { CauseHealth } from '../doctor/fetch-health.ts'
import type { StageKind } from '../plan.ts'
import type { Fairness } from './fairness.ts'

/** All that a report shows, as plain JSON. Equal runs give equal data, but for `time`. */
export interface ReportData {
  head: HeadData
  /** In the order of the plan. */
  stages: StageData[]
  /** One a stage that nothing reads from: where every row of its source went. */
  ledgers: Ledger[]
  outputs: OutputData[]
  time: TimeData
  fetches: FetchData[]
  /** Charts of what came out last: sizes, captions, languages, sites. */
  shapes: { stage: string; rows: number; charts: Chart[] } | null
  kept: Sample[]
  /** Rules that took rows out, in the order of the flow. */
  rules: RuleData[]
  /** Of every stage of filters: whose rows it drops. */
  fairness: { stage: string; kinds: Fairness[] }[]
}

export interface HeadData {
  name: string
  /** Version of pairloom that made the plan. */
  pairloom: string
  seed: string
  snapshot: number
  run: string
  out: string
  finished: boolean
  /** Ids of stages that are not begun, and of those begun and not done. */
  missing: string[]
  partial: string[]
  failedPartitions: number
  /** What to look at although nothing failed: sources that gave no row. Sentences. */
  notes: string[]
}

export interface StageData {
  id: string
  kind: StageKind
  /** Name of the stage, or `filters`. */
  use: string
  summary: string
  from: string | null
  /** How many branchings of the flow lie before it. */
  depth: number
  state: 'done' | 'partial' | 'missing'
  /** Partitions done, failed for good, and in all where that is known. */
  partitions: { done: number; failed: number; all: number | null }
  in: number
  kept: number
  dropped: number
  /** Those of `dropped` that live on in another row. */
  merged: number
  failed: number
  /** Rows that the stage before has kept and this one has not read yet. */
  waiting: number
  /** Rows of partitions that failed for good. */
  lost: number
  /** Largest first. */
  reasons: ReasonData[]
  counters: Counters
  /** What went wrong with partitions that failed, the first few. */
  errors: { partition: number; code: string; message: string }[]
  dataset: string
  options: Record<string, unknown>
  filters: { name: string; options: Record<string, unknown> }[]
  columns: Columns
}

/** `merged`: dropped, but it lives on in another row. */
export type Status = 'dropped' | 'merged' | 'failed'

export interface ReasonData {
  status: Status
  rule: string
  reason: string
  rows: number
  /** Counted, but no sample of it is shown: unsafe or opted out. */
  withheld: boolean
}

/** found = delivered + merged + dropped + failed + waiting + lost. */
export interface Ledger {
  source: string
  leaf: string
  found: number
  /** Rows that the leaf kept: for a sink, pairs in shards. */
  delivered: number
  /** Joined into other rows: nothing of them is lost. */
  merged: number
  dropped: number
  failed: number
  waiting: number
  lost: number
}

export interface OutputData {
  stage: string
  use: string
  folder: string
  published: boolean
  rows: number
  files: number
  bytes: number
}

/** Times of one run: the part of a report that differs between equal runs. */
export interface TimeData {
  /** ISO 8601, of the first task's start and the last one's end; null where nothing is committed. */
  startedAt: string | null
  finishedAt: string | null
  /** Time in which at least one task ran, and the sum over all tasks, s. */
  busySeconds: number
  taskSeconds: number
  lanes: Lane[]
  /** Places on the axis, s of busy time, where nothing ran for a while, and how long. */
  pauses: { at: number; seconds: number }[]
  /** Length of the axis, s. */
  axisSeconds: number
  stages: StageSpeed[]
}

/** Stages that the same tasks ran. */
export interface Lane {
  stages: string[]
  tasks: number
  /** Tasks running, averaged over each of equal slices of the axis. */
  running: number[]
}

export interface StageSpeed {
  stage: string
  tasks: number
  /** As `busySeconds`, of the tasks that ran this stage. */
  busySeconds: number
  taskSeconds: number
  rows: number
  /** Bytes of pictures or shards written. */
  bytes: number
}

export interface FetchData {
  stage: string
  requests: number
  kept: number
  bytes: number
  sites: number
  /** By requests, the largest. */
  top: { site: string; requests: number; kept: number; dropped: number; bytes: number }[]
  /** Why pictures did not come, in groups, the largest first; and what that means. */
  causes: CauseHealth[]
  findings: Finding[]
}

export type Chart = Histogram | Bars | HeatMap | Curves

/** Rows that passed the stage, that this rule took, and that another rule of the stage took. */
export interface Split {
  kept: number
  here: number
  other: number
}

interface ChartHead {
  title: string
  doc: string
}

export interface Histogram extends ChartHead {
  kind: 'histogram'
  scale: 'linear' | 'log'
  /** Bin i goes from edge i up to, not including, edge i + 1. */
  edges: number[]
  bins: Split[]
  /** Every value is a whole number. */
  whole: boolean
  min: number
  max: number
  /** Rows without a value. */
  unmeasured: number
  limits: Limit[]
}

export interface Limit {
  /** `>= 64`. */
  text: string
  reason: string
  side: 'least' | 'most'
  /** Index into edges, or null where the limit lies far outside. */
  edge: number | null
}

export interface Bars extends ChartHead {
  kind: 'bars'
  /** Largest first. `allowed`: by the rule's own list, null where it has none. */
  values: { label: string; split: Split; allowed: boolean | null }[]
  /** Values that are not listed, and the rows that have them. */
  rest: { values: number; rows: number }
  unmeasured: number
}

export interface HeatMap extends ChartHead {
  kind: 'heat'
  xLabel: string
  yLabel: string
  /** Edges of both axes. */
  edges: number[]
  cells: { x: number; y: number; rows: number }[]
}

/** Lines over an axis that is logarithmic. */
export interface Curves extends ChartHead {
  kind: 'curves'
  xLabel: string
  yLabel: string
  /** Of y. `share`: linear, 0 to 1. */
  scale: 'log' | 'share'
  /** Points by x; x is 1 at least. */
  before: [x: number, y: number][]
  after: [x: number, y: number][]
  /** Where a rule begins to take rows, on x or on y. */
  limit: { axis: 'x' | 'y'; value: number; text: string } | null
}

export interface RuleData {
  stage: string
  rule: string
  summary: string
  /** Rows that reached the stage. */
  in: number
  rows: number
  charts: Chart[]
  reasons: ReasonSamples[]
  /** Reasons not listed, and their rows. */
  rest: { reasons: number; rows: number }
}

export interface ReasonSamples {
  status: Status
  reason: string
  rows: number
  withheld: boolean
  samples: Sample[]
}

export interface Picture {
  /** A data: URI. */
  uri: string
  width: number
  height: number
}

export interface Sample {
  uid: string
  /** Cut; `isCut` says so. */
  caption: string
  isCut: boolean
  language: string | null
  url: string | null
  width: number | null
  height: number | null
  value: string | null
  limit: string | null
  /** It has bytes; `picture` is null where they are no picture, not judged, or the page is full. */
  hasBytes: boolean
  /** Every safety filter of the plan has seen it, where there is one. */
  isJudged: boolean
  picture: Picture | null
  /** The row that was kept instead of this one. */
  keeper: { uid: string; caption: string; picture: Picture | null } | null
}
