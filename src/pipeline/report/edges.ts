/** Where one bin of a histogram ends and the next begins. */
export interface Edges {
  scale: 'linear' | 'log'
  /** Rising; bin i goes from edge i up to edge i + 1. The last edge lies above every value. */
  at: number[]
  /** Index into `at` of each limit given, or null where it lies far outside the values. */
  limits: (number | null)[]
}

export interface EdgeLimit {
  /** The smallest value beyond the limit for `most`, the limit itself for `least`: where the bins must part. */
  at: number
}

const LINEAR_BINS = 24
const LOG_STEPS = [1, 1.5, 2, 3, 5, 7]
const FINE_LOG_STEPS = [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8]

/**
 * Edges at round numbers for values from min to max, with one at each limit, so that no bin is on both sides of it.
 *
 * Logarithmic where the values span more than a factor of 30 and none is negative; zeros then have a bin of their own.
 */
export function chooseEdges(min: number, max: number, whole: boolean, limits: readonly EdgeLimit[]): Edges {
  const isLog = min >= 0 && max > 30 * Math.max(min, whole ? 1 : max / 1e4)
  const near = limits.map(({ at }) => isNear(at, min, max, isLog))
  const low = Math.min(min, ...limits.flatMap(({ at }, i) => (near[i] ? [at] : [])))
  const high = Math.max(max, ...limits.flatMap(({ at }, i) => (near[i] ? [at] : [])))
  const at = isLog ? logEdges(low, high, whole) : linearEdges(low, high, whole)
  const taken = new Set<number>()
  const found = limits.map((limit, i) => (near[i] ? snap(at, limit.at, isLog, taken) : null))
  return {
    scale: isLog ? 'log' : 'linear',
    at,
    limits: found.map((limit) => (limit === null ? null : at.indexOf(limit))),
  }
}

function isNear(limit: number, min: number, max: number, isLog: boolean): boolean {
  if (limit >= min && limit <= max) return true
  if (isLog) return limit > 0 && limit >= min / 3 && limit <= max * 3
  const span = Math.max(max - min, Math.abs(max), 1e-9)
  return limit >= min - 0.4 * span && limit <= max + 0.4 * span
}

/** Moves the nearest edge to the limit and returns it. */
function snap(at: number[], limit: number, isLog: boolean, taken: Set<number>): number {
  const distance = (edge: number) =>
    isLog
      ? Math.abs(Math.log(Math.max(edge, 1e-9)) - Math.log(Math.max(limit, 1e-9)))
      : Math.abs(edge - limit)
  let nearest = -1
  // The first and the last edge stay: they hold the smallest and the largest value.
  for (let i = 1; i < at.length - 1; i++) {
    if (!taken.has(at[i]!) && (nearest < 0 || distance(at[i]!) < distance(at[nearest]!))) nearest = i
  }
  if (!at.includes(limit)) {
    const fits = nearest >= 0 && at[nearest - 1]! < limit && limit < at[nearest + 1]!
    at.splice(fits ? nearest : at.findIndex((edge) => edge > limit), fits ? 1 : 0, limit)
  }
  taken.add(limit)
  return limit
}

function linearEdges(low: number, high: number, whole: boolean): number[] {
  const rough = (high - low) / LINEAR_BINS || Math.abs(high) / LINEAR_BINS || 1
  const step = whole ? Math.max(1, roundStep(rough)) : roundStep(rough)
  const first = Math.floor(low / step)
  const edges: number[] = []
  // Multiplied, not summed: sums of 0.1 drift off the round numbers.
  for (let i = first; edges.length < 2 || edges.at(-1)! <= high; i++) edges.push(tidy(i * step))
  return edges
}

function logEdges(low: number, high: number, whole: boolean): number[] {
  const start = low > 0 ? low : whole ? 1 : high / 1e4
  const edges = low <= 0 ? [0] : []
  const steps = high / start < 1000 ? FINE_LOG_STEPS : LOG_STEPS
  for (let power = Math.floor(Math.log10(start)); ; power++) {
    for (const step of steps) {
      const edge = tidy(step * 10 ** power)
      if (whole && !Number.isInteger(edge)) continue
      if (low > 0 && edge <= low && edges.length > 0) edges.pop()
      if (edge > 0) edges.push(edge)
      if (edge > high) return edges
    }
  }
}

function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough))
  return tidy(([1, 2, 5, 10].find((s) => s * power >= rough * 0.999) ?? 10) * power)
}

function tidy(value: number): number {
  return Number(value.toPrecision(12))
}
