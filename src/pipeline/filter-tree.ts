import type { Combination, FilterMember, FilterNode } from '../core/filter-group.ts'

/** The shape of a group of filters in JSON: indices into the list of its filters, and combinations of groups of them. */
export type FilterTree = (number | { combine: Combination['combine']; of: FilterTree[] })[]

/** The shape of a group, or null where every filter of it has to hold. */
export function treeOf(group: readonly FilterNode[]): FilterTree | null {
  if (!group.some((node) => 'combine' in node)) return null
  let next = 0
  const shapeOf = (nodes: readonly FilterNode[]): FilterTree =>
    nodes.map((node) => ('combine' in node ? { combine: node.combine, of: node.of.map(shapeOf) } : next++))
  return shapeOf(group)
}

/** The group that has a shape. */
export function groupOf(tree: FilterTree, members: readonly FilterMember[]): FilterNode[] {
  return tree.map((node) =>
    typeof node === 'number'
      ? members[node]!
      : { combine: node.combine, of: node.of.map((inner) => groupOf(inner, members)) },
  )
}
