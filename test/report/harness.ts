import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  definePipeline,
  planPipeline,
  runPlan,
  type PipelineInput,
  type PlanOptions,
  type RunOptions,
} from '../../src/index.ts'
import type { ReportData } from '../../src/pipeline/report/data.ts'
import { gatherReport } from '../../src/pipeline/report/gather.ts'
import { openRunFolder } from '../../src/pipeline/run-folder.ts'

export interface Runs {
  folder: string
  /** Runs a pipeline into a folder of that name and returns the run folder. */
  run(input: PipelineInput, options?: RunOptions & PlanOptions & { name?: string }): Promise<string>
  remove(): Promise<void>
}

export async function openRuns(): Promise<Runs> {
  const folder = await mkdtemp(join(tmpdir(), 'pairloom-report-test-'))
  return {
    folder,
    async run(input, { name = 'a', ...options } = {}) {
      const run = join(folder, name, 'run')
      const plan = await planPipeline(input, {
        base: import.meta.dirname,
        run,
        out: join(folder, name, 'out'),
        ...options,
      })
      await runPlan(plan, { workers: 2, ...options })
      return run
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Rows with pictures, troubles of every kind, and hostile captions; two sinks of one pack. */
export function picturesPipeline(
  change: { rows?: number; failPartition?: number; failStoring?: number; safe?: boolean } = {},
): PipelineInput {
  return definePipeline({
    name: 'pictures',
    plugins: ['./fixtures/pictures.ts'],
    stages: {
      rows: { use: 'fixture/rows', rows: change.rows ?? 120, failPartition: change.failPartition ?? -1 },
      texts: { filters: { words: { min: 2, max: 1_000_000 } } },
      images: { use: 'fixture/store', failPartition: change.failStoring ?? -1 },
      sizes: { filters: { 'image-size': { minSide: 64, maxRatio: 3 } } },
      unique: { use: 'filter/exact-duplicates' },
      ...(change.safe !== false && { safe: { filters: { safety: {} } } }),
      pack: { use: 'shard/pack', shardRows: 30 },
      tars: { use: 'shard/webdataset' },
      tables: { use: 'shard/parquet', from: 'pack' },
    },
  })
}

/** What the report of the newest plan of a run folder shows. */
export async function gather(
  run: string,
  options: { samples?: number; showUnsafe?: boolean } = {},
): Promise<ReportData> {
  const folder = openRunFolder(run)
  const plan = (await folder.readRunFile())!.plans.at(-1)!
  return gatherReport(run, folder, plan, { samples: 10, showUnsafe: false, ...options })
}
