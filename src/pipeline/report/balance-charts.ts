import type { Curves, StageData } from './data.ts'
import type { FilterCharts } from './measures.ts'
import { count } from './number.ts'

const BALANCE = 'filter/balance'

/** The curves of a balancing, from what it counted: entries by rank, and what share of matches rare entries have. */
export function balanceCharts({ use, counters, options }: StageData): FilterCharts[] {
  if (use !== BALANCE || counters['before.rank.1'] === undefined) return []
  const points = (name: string) =>
    Object.entries(counters)
      .filter(([counter]) => counter.startsWith(`${name}.`))
      .map(([counter, value]): [number, number] => [Number(counter.slice(name.length + 1)), value])
      .sort(([a], [b]) => a - b)
  const shares = (name: string) => {
    const found = points(name)
    const all = found.at(-1)?.[1] ?? 0
    return found.map(([rows, matches]): [number, number] => [rows, matches / all])
  }
  // With `tailOf` every list has a t of its own: none of them is a line in a picture of all lists.
  const t = typeof options.t === 'number' && options.tailOf === undefined ? options.t : null
  const limit = (axis: 'x' | 'y'): Curves['limit'] =>
    t === null ? null : { axis, value: t, text: `t = ${count(t)}` }
  const ranks: Curves = {
    kind: 'curves',
    title: 'rows by entry',
    doc: 'rows that have an entry, the most common first, before and after balancing',
    xLabel: 'rank of the entry',
    yLabel: 'rows',
    scale: 'log',
    before: points('before.rank'),
    after: points('after.rank'),
    limit: limit('y'),
  }
  const tails: Curves = {
    kind: 'curves',
    title: 'share of the tail',
    doc: 'share of matches that belong to entries of so many rows at most, before and after balancing',
    xLabel: 'rows of the entry',
    yLabel: 'share of matches',
    scale: 'share',
    before: shares('before.tail'),
    after: shares('after.tail'),
    limit: limit('x'),
  }
  return [{ filter: BALANCE, charts: [ranks, tails] }]
}
