import type { Filter } from '../core/filter.ts'
import { membersOf, type FilterNode } from '../core/filter-group.ts'
import type { Stage } from '../core/stage.ts'
import type { Fault } from './fault.ts'

/** What runs as one stage: a source, a row, global or sink stage, or a group of filters. */
export type Body =
  | { kind: 'stage'; stage: Exclude<Stage, Filter>; options: Record<string, unknown> }
  | { kind: 'filters'; group: FilterNode[] }

/** The stage, or the filters of a group, with their options. */
export function partsOf(body: Body): { stage: Stage; options: Record<string, unknown> }[] {
  if (body.kind === 'stage') return [{ stage: body.stage, options: body.options }]
  return membersOf(body.group).map(({ filter, options }) => ({ stage: filter, options }))
}

/** The code of a stage as the file names it, and its options as far as they are in order. */
export interface Found {
  /** The stage, or the filters of a group; empty where there is none of that name. */
  code: Stage[]
  /** Some name is unknown: what it reads and gives is too. */
  isPartial: boolean
  body: Body | null
  faults: Fault[]
}
