import type { Row } from './column.ts'
import { judge, measureColumn, type Filter, type Measured, type Rule } from './filter.ts'
import type { StageContext, Verdict } from './stage.ts'

/** A filter with its options, as one stage of a pipeline holds several. */
export interface FilterMember {
  filter: Filter
  options: Record<string, unknown>
}

/**
 * Runs filters over rows: cheap measures on every row, costly ones on rows still alive, verdicts in the order of the
 * group. The first broken rule is the verdict; measures stay on the row either way.
 */
export async function* runFilters(
  members: readonly FilterMember[],
  batches: AsyncIterable<Row[]>,
  context: Pick<StageContext, 'drop'>,
): AsyncGenerator<Row[]> {
  const prepared = await Promise.all(members.map((member) => prepare(member)))
  const cheapFirst = [...prepared].sort((a, b) => a.rank - b.rank)
  for await (const rows of batches) {
    const kept: Row[] = []
    for (const row of rows) {
      let broken: Verdict | null = null
      const out: Row = { ...row }
      for (const member of cheapFirst) {
        if (member.rank === 1 && broken) {
          for (const column of Object.values(member.columns)) out[column] = null
          continue
        }
        const measured = member.measure(row)
        for (const name in member.columns) out[member.columns[name]!] = measured[name] ?? null
        broken ??= judge(member.name, member.rules, measured)
      }
      if (broken) context.drop(out, broken)
      else kept.push(out)
    }
    yield kept
  }
}

interface Prepared {
  name: string
  rank: 0 | 1
  rules: Rule[]
  /** Measure -> column. */
  columns: Record<string, string>
  measure(row: Row): Record<string, Measured>
}

async function prepare({ filter, options }: FilterMember): Promise<Prepared> {
  const resources = await filter.prepare?.(options)
  return {
    name: filter.name,
    rank: filter.cost === 'costly' ? 1 : 0,
    rules: filter.rules(options),
    columns: Object.fromEntries(Object.keys(filter.measures).map((m) => [m, measureColumn(filter.name, m)])),
    measure: (row) => filter.measure(row, options, resources),
  }
}
