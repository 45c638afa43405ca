import type { Row } from './column.ts'
import { prepareGroup } from './filter-plan.ts'
import type { Filter } from './filter.ts'
import type { StageContext, Verdict } from './stage.ts'

/** A filter with its options, as one stage of a pipeline holds several. */
export interface FilterMember {
  filter: Filter
  options: Record<string, unknown>
}

/**
 * Groups of filters as one condition. `any`: a row must pass one of the groups; `all`: each of them; `not`: a row that
 * passes the group is dropped.
 */
export interface Combination {
  combine: 'any' | 'all' | 'not'
  of: FilterNode[][]
}

export type FilterNode = FilterMember | Combination

/** The filters of a group in their order, those of combinations too. */
export function membersOf(group: readonly FilterNode[]): FilterMember[] {
  return group.flatMap((node) => ('combine' in node ? node.of.flatMap(membersOf) : [node]))
}

/**
 * Runs filters over rows: cheap measures on every row, costly ones on rows still alive, verdicts in the order of the
 * group. The first broken condition is the verdict; measures stay on the row either way.
 */
export async function* runFilters(
  group: readonly FilterNode[],
  batches: AsyncIterable<Row[]>,
  context: Pick<StageContext, 'drop'>,
): AsyncGenerator<Row[]> {
  const { units, conditions } = await prepareGroup(group)
  const measured = units.map(() => ({}))
  const cheap = conditions.filter((c) => !c.isCostly)
  const costly = conditions.filter((c) => c.isCostly)
  for await (const rows of batches) {
    const kept: Row[] = []
    for (const row of rows) {
      let broken: Verdict | null = null
      const out: Row = { ...row }
      for (const unit of units) if (!unit.isCostly) measured[unit.index] = unit.measure(row, out)
      for (const condition of cheap) broken ??= condition.judge(measured)
      for (const unit of units) {
        if (!unit.isCostly) continue
        if (broken) unit.skip(out)
        else measured[unit.index] = unit.measure(row, out)
      }
      if (costly.length > 0) for (const condition of costly) broken ??= condition.judge(measured)
      if (broken) context.drop(out, broken)
      else kept.push(out)
    }
    yield kept
  }
}
