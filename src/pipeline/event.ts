import type { Tally } from '../core/counters.ts'

/** What a run tells while it goes on. Every event is JSON. */
export type RunEvent =
  | { event: 'start'; name: string; run: string; out: string; workers: number; stages: string[] }
  /** Partitions of a stage that an earlier run has left. */
  | { event: 'resume'; stage: string; partitions: number }
  | {
      event: 'task'
      stage: string
      partition: number
      done: number
      partitions: number | null
      tally: Tally
      /** Rows left to the continuation of the partition. */
      deferred: number
      bytes: number
      seconds: number
    }
  | { event: 'retry'; stage: string; partition: number; attempt: number; code: string; message: string }
  | { event: 'failed'; stage: string; partition: number; code: string; message: string }
  | { event: 'progress'; stages: StageProgress[]; running: number; rssBytes: number }
  | { event: 'published'; stage: string; folder: string; shards: number; rows: number; bytes: number }
  | {
      event: 'end'
      seconds: number
      stages: { stage: string; tally: Tally; partitions: number }[]
      /** As in `RunSummary`. */
      notes: string[]
    }

export interface StageProgress {
  stage: string
  done: number
  partitions: number | null
  /** Rows in of committed partitions, and of those running now. */
  rows: number
  dropped: number
  failed: number
}
