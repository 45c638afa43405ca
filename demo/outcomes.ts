import { PairloomError, type Row, type Text } from '../src/core/index.ts'
import type { PlannedStage } from '../src/pipeline/plan.ts'
import { openRunFolder, type RunFolder } from '../src/pipeline/run-folder.ts'
import { sinkFolder } from '../src/pipeline/task-sink.ts'
import { newestPlan } from '../src/pipeline/status.ts'
import { readTable } from '../src/table/parquet-read.ts'
import type { Outcome } from './judge.ts'

type Fate = Pick<Outcome, 'verdict' | 'stage' | 'reason' | 'mergedInto'>

/**
 * What became of every link that the source of a run has found, in the order in which it found them.
 *
 * Kept is what the index of the shards has; what has neither a place there nor a verdict is `lost`.
 */
export async function runOutcomes(run: string): Promise<Outcome[]> {
  const folder = openRunFolder(run)
  const plan = await newestPlan(folder)
  const { stages } = plan
  const [source] = stages
  if (source?.kind !== 'source')
    throw new PairloomError('PL_RUN_MISSING', `Expected a run with a source in ${run}`)
  const fates = new Map<string, Fate>()
  for (const stage of stages) {
    for await (const row of stageRows(folder, stage, 'rejects')) {
      // A row that was merged into one of its own uid lives on in it.
      if (row.reason === 'merged' && row.value === row.uid) continue
      const fate: Fate = {
        verdict: row.status as Fate['verdict'],
        stage: stage.id,
        reason: row.reason as string,
      }
      if (row.reason === 'merged') fate.mergedInto = row.value as string
      fates.set(row.uid as string, fate)
    }
  }
  const sink = stages.find((s) => s.use === 'shard/webdataset')!
  const packed = await packedUids(plan.out, sink)
  const outcomes: Outcome[] = []
  for await (const row of stageRows(folder, source, 'parquet')) {
    const [text] = row.texts as Text[]
    const uid = row.uid as string
    const fate = packed.has(uid)
      ? { verdict: 'kept' as const, stage: sink.id, reason: '' }
      : (fates.get(uid) ?? { verdict: 'failed' as const, stage: sink.id, reason: 'lost' })
    outcomes.push({ url: row.url as string, page: text!.page ?? '', text: text!.text, uid, ...fate })
  }
  return outcomes
}

/** Uids of the samples that the indexes beside the tars hold. */
async function packedUids(out: string, sink: PlannedStage): Promise<Set<string>> {
  const shards = sinkFolder(out, sink)
  const uids = new Set<string>()
  for await (const { path } of shards.list()) {
    if (!path.endsWith('.parquet')) continue
    for await (const rows of readTable(shards, path, { columns: ['uid'] }))
      for (const { uid } of rows) uids.add(uid as string)
  }
  return uids
}

async function* stageRows(
  folder: RunFolder,
  stage: PlannedStage,
  file: 'parquet' | 'rejects',
): AsyncGenerator<Row> {
  const commits = [...(await folder.readCommits(stage.dataset)).values()].sort(
    (a, b) => a.partition - b.partition,
  )
  for (const { files } of commits) {
    const part = files[file]
    if (!part) continue
    for await (const rows of readTable(folder.store, `${stage.dataset}/${part.path}`)) yield* rows
  }
}
