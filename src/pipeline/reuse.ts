import type { Row } from '../core/column.ts'
import type { StageContext, Verdict } from '../core/stage.ts'
import { readTable } from '../table/parquet-read.ts'
import type { PlannedStage } from './plan.ts'
import type { Commit, RunFolder } from './run-folder.ts'

/** What a stage gave earlier for a key: the columns it added, or its verdict. */
interface Earlier {
  added: Row
  verdict: Verdict | null
}

/**
 * Results of the same stage and options that the run holds under other inputs, by key.
 *
 * Looks at the same partition, since partitions are made by hash of the site; where the number of partitions differs,
 * at all of them. Memory: the added columns of those rows.
 */
export async function earlierResults(
  folder: RunFolder,
  stage: PlannedStage,
  partition: number,
  key: string,
  added: string[],
): Promise<Map<string, Earlier>> {
  const found = new Map<string, Earlier>()
  const input = await partitionsOf(folder, stage)
  for (const dataset of await folder.datasets(stage.id)) {
    if (dataset === stage.dataset) continue
    const other = await folder.readStage(dataset)
    if (other?.reuseKey !== stage.reuseKey) continue
    const commits = await folder.readCommits(dataset)
    const wanted = commits.size === input ? [commits.get(partition)] : [...commits.values()]
    for (const commit of wanted) {
      if (commit?.kind === 'done') await collectEarlier(folder, dataset, commit, key, added, found)
    }
  }
  return found
}

async function collectEarlier(
  folder: RunFolder,
  dataset: string,
  commit: Commit,
  key: string,
  added: string[],
  found: Map<string, Earlier>,
): Promise<void> {
  const verdictColumns = ['status', 'rule', 'reason', 'value', 'limit']
  for (const [file, columns] of [
    [commit.files.parquet, []],
    [commit.files.rejects, verdictColumns],
  ] as const) {
    if (!file) continue
    for await (const rows of readTable(folder.store, `${dataset}/${file.path}`, {
      columns: [key, ...added, ...columns],
    })) {
      for (const row of rows) {
        const verdict = columns.length > 0 ? (pick(row, columns) as unknown as Verdict) : null
        // Of several results one with a picture is the best.
        if (verdict && found.get(row[key] as string)?.verdict === null) continue
        found.set(row[key] as string, { added: pick(row, added), verdict })
      }
    }
  }
}

/** Rows with an earlier result take it; the others go through `process`. */
export async function* withEarlier(
  earlier: ReadonlyMap<string, Earlier>,
  key: string,
  batches: AsyncIterable<Row[]>,
  context: Pick<StageContext, 'drop' | 'count'>,
  process: (fresh: AsyncIterable<Row[]>) => AsyncIterable<Row[]>,
): AsyncGenerator<Row[]> {
  let ready: Row[] = []
  async function* fresh(): AsyncGenerator<Row[]> {
    for await (const rows of batches) {
      const rest: Row[] = []
      for (const row of rows) {
        const known = earlier.get(row[key] as string)
        if (!known) {
          rest.push(row)
          continue
        }
        context.count('reused')
        if (known.verdict) context.drop({ ...row, ...known.added }, known.verdict)
        else ready.push({ ...row, ...known.added })
      }
      if (rest.length > 0) yield rest
    }
  }
  function takeReady(): Row[] {
    const rows = ready
    ready = []
    return rows
  }
  for await (const rows of process(fresh())) {
    if (ready.length > 0) yield takeReady()
    yield rows
  }
  if (ready.length > 0) yield takeReady()
}

async function partitionsOf(folder: RunFolder, stage: PlannedStage): Promise<number | null> {
  for (const plan of ((await folder.readRunFile())?.plans ?? []).toReversed()) {
    const above = (id: string | null) => plan.stages.find((s) => s.id === id)
    let at = plan.stages.find((s) => s.dataset === stage.dataset)
    // Row stages keep the partitions of what is above them.
    while (at?.kind === 'row') at = above(at.from)
    if (at?.kind === 'global') return (await folder.readTotal(at.dataset))?.partitions ?? null
    if (at?.kind === 'source') return (await folder.readSourceParts(at.dataset))?.length ?? null
  }
  return null
}

function pick(row: Row, names: readonly string[]): Row {
  return Object.fromEntries(names.map((name) => [name, row[name] ?? null]))
}
