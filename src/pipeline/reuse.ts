import type { Row } from '../core/column.ts'
import type { RowStage, StageContext, Verdict } from '../core/stage.ts'
import { readTable } from '../table/parquet-read.ts'
import { firstPartitions } from './chain.ts'
import type { PlannedStage } from './plan.ts'
import { retriedBy, type Round } from './retry.ts'
import type { Commit, RunFolder } from './run-folder.ts'

/** What a stage gave earlier for a key: the columns it added, or its verdict. */
interface Earlier {
  added: Row
  verdict: Verdict | null
  at: string | null
  round: number
}

/** How a stage's results are found: `reuseBy`, `reuseWith` and `resultAt` of its code, and the columns it adds. */
export interface Reusable extends Pick<RowStage, 'adds'> {
  reuseBy: string
  reuseWith: string[]
  resultAt: string | undefined
}

const VERDICT = ['status', 'rule', 'reason', 'value', 'limit']

/**
 * Results of the same stage and options that the run holds under other inputs, by key, without those that a round
 * since then is to try again.
 *
 * Looks at the same partition and its continuations, since partitions are made by hash of the site; where the number of
 * partitions differs, at all of them. Memory: the added columns of those rows.
 */
export async function earlierResults(
  folder: RunFolder,
  stage: PlannedStage,
  partition: number,
  code: Reusable,
  rounds: readonly Round[],
): Promise<Map<string, Earlier>> {
  const found = new Map<string, Earlier>()
  const own = await firstPartitions(folder, stage)
  for (const { dataset, round } of await reusableDatasets(folder, stage)) {
    if (dataset === stage.dataset) continue
    const other = await firstPartitions(folder, { dataset })
    const isAlike = own !== null && own === other
    for (const commit of (await folder.readCommits(dataset)).values()) {
      if (commit.kind !== 'done' || (isAlike && commit.partition % own !== partition)) continue
      await collectEarlier(folder, { dataset, round }, commit, code, found)
    }
  }
  const isRetried = retriedBy(rounds)
  for (const [key, { verdict, at, round }] of found) {
    if (verdict && isRetried({ reason: verdict.reason, at, round })) found.delete(key)
  }
  return found
}

/** Data sets whose results may be used for a stage, its own too. */
export async function reusableDatasets(folder: RunFolder, stage: PlannedStage): Promise<PlannedStage[]> {
  const all = await Promise.all((await folder.datasets(stage.id)).map((d) => folder.readStage(d)))
  return all.filter((other) => other !== null && other.reuseKey === stage.reuseKey) as PlannedStage[]
}

async function collectEarlier(
  folder: RunFolder,
  { dataset, round }: Pick<PlannedStage, 'dataset' | 'round'>,
  commit: Commit,
  code: Reusable,
  found: Map<string, Earlier>,
): Promise<void> {
  const { reuseBy, reuseWith, resultAt } = code
  const added = Object.keys(code.adds)
  for (const [file, columns] of [
    [commit.files.parquet, []],
    [commit.files.rejects, VERDICT],
  ] as const) {
    if (!file) continue
    const wanted = { columns: [...new Set([reuseBy, ...reuseWith, ...added, ...columns])] }
    for await (const rows of readTable(folder.store, `${dataset}/${file.path}`, wanted)) {
      for (const row of rows) {
        const verdict = columns.length > 0 ? (pick(row, columns) as unknown as Verdict) : null
        const at = resultAt === undefined ? null : ((row[resultAt] as string | null) ?? null)
        const result = { added: pick(row, added), verdict, at, round }
        const key = keyOf(row, code)
        const known = found.get(key)
        if (!known || isBetter(result, known)) found.set(key, result)
      }
    }
  }
}

/** What results are found by; a column that a row lacks is as good as null. */
function keyOf(row: Row, { reuseBy, reuseWith }: Pick<Reusable, 'reuseBy' | 'reuseWith'>): string {
  return [reuseBy, ...reuseWith].map((name) => (row[name] as string | null | undefined) ?? '').join(' ')
}

/** Of several results one with a picture is the best, then the newest. */
function isBetter(a: Earlier, b: Earlier): boolean {
  if ((a.verdict === null) !== (b.verdict === null)) return a.verdict === null
  if (a.round !== b.round) return a.round > b.round
  return (a.at ?? '') > (b.at ?? '')
}

/** Rows with an earlier result take it; the others go through `process`. */
export async function* withEarlier(
  earlier: ReadonlyMap<string, Earlier>,
  code: Pick<Reusable, 'reuseBy' | 'reuseWith'>,
  batches: AsyncIterable<Row[]>,
  context: Pick<StageContext, 'drop' | 'count'>,
  process: (fresh: AsyncIterable<Row[]>) => AsyncIterable<Row[]>,
): AsyncGenerator<Row[]> {
  let ready: Row[] = []
  async function* fresh(): AsyncGenerator<Row[]> {
    for await (const rows of batches) {
      const rest: Row[] = []
      for (const row of rows) {
        const known = earlier.get(keyOf(row, code))
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

function pick(row: Row, names: readonly string[]): Row {
  return Object.fromEntries(names.map((name) => [name, row[name] ?? null]))
}
