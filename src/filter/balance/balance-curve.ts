/**
 * Curves of a balancing as counters, for the report: `<side>.rank.<r>`, how many rows have the entry of rank r, the most
 * common being 1; `<side>.tail.<c>`, how many matches belong to entries that at most c rows have.
 *
 * Ranks and counts are 1, 2, 5, 10, 20 and so on, and the last: some fifty numbers, however many entries there are.
 * counts: by entry, smallest first.
 */
export function curveCounters(
  side: 'before' | 'after',
  counts: Float64Array,
): [name: string, value: number][] {
  const entries = counts.length
  if (entries === 0) return []
  const ranks = steps(entries).map((rank): [string, number] => [
    `${side}.rank.${rank}`,
    counts[entries - rank]!,
  ])
  const tails: [string, number][] = []
  let next = 0
  let matches = 0
  for (const most of steps(counts[entries - 1]!)) {
    while (next < entries && counts[next]! <= most) matches += counts[next++]!
    tails.push([`${side}.tail.${most}`, matches])
  }
  return [...ranks, ...tails]
}

/** Up to a number, and that number. */
function steps(last: number): number[] {
  const found: number[] = []
  for (let power = 1; power < last; power *= 10) {
    for (const digit of [1, 2, 5]) if (digit * power < last) found.push(digit * power)
  }
  return [...found, last]
}
