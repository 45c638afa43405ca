import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import {
  planPipeline,
  runPlan,
  type PairloomError,
  type PipelineInput,
  type PlanOptions,
  type RunEvent,
  type RunOptions,
  type Tally,
} from '../../src/index.ts'
import { openRunFolder, type RunFolder } from '../../src/pipeline/run-folder.ts'

/** A run of a test, ended or thrown. */
export interface Ran {
  events: RunEvent[]
  /** What it threw, or null. */
  error: PairloomError | null
  tally(stage: string): Tally
}

/** Runs of one test, in a folder of its own that is gone after it. */
export interface Bench {
  folder: string
  run(input: PipelineInput, options?: RunOptions & PlanOptions, name?: string): Promise<Ran>
  /** sha256 by path of every file of what `current.json` names. */
  published(sink?: string, name?: string): Promise<Record<string, string>>
  runFolder(name?: string): RunFolder
}

/** Plug-ins are found from test/pipeline. */
export function pipelineBench(): Bench {
  const bench: Bench = {
    folder: '',
    async run(input, options = {}, name = 'a') {
      const events: RunEvent[] = []
      const plan = await planPipeline(input, {
        base: import.meta.dirname,
        run: join(bench.folder, name, 'run'),
        out: join(bench.folder, name, 'out'),
        ...options,
      })
      const onEvent = (event: RunEvent) => {
        events.push(event)
        options.onEvent?.(event)
      }
      const error = await runPlan(plan, { workers: 2, ...options, onEvent }).then(
        () => null,
        (thrown: unknown) => thrown as PairloomError,
      )
      const end = events.find((e) => e.event === 'end')
      return { events, error, tally: (stage) => end!.stages.find((s) => s.stage === stage)!.tally }
    },
    async published(sink = 'lines', name = 'a') {
      const base = join(bench.folder, name, 'out', sink)
      const { dataset } = JSON.parse(await readFile(join(base, 'current.json'), 'utf8')) as {
        dataset: string
      }
      const files = (await readdir(join(base, dataset))).sort()
      const hash = async (f: string) =>
        createHash('sha256')
          .update(await readFile(join(base, dataset, f)))
          .digest('hex')
      return Object.fromEntries(await Promise.all(files.map(async (f) => [f, await hash(f)] as const)))
    },
    runFolder: (name = 'a') => openRunFolder(join(bench.folder, name, 'run')),
  }
  beforeEach(async () => {
    bench.folder = await mkdtemp(join(tmpdir(), 'pairloom-bench-'))
  })
  afterEach(() => rm(bench.folder, { recursive: true, force: true }))
  return bench
}

/** Events of one kind. */
export function eventsOf<K extends RunEvent['event']>(ran: Ran, kind: K) {
  return ran.events.filter((e): e is Extract<RunEvent, { event: K }> => e.event === kind)
}
