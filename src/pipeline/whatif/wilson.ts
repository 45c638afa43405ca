/** 97.5th percentile of the standard normal distribution: 95 % lie within it on both sides. */
const Z = 1.959963984540054

/**
 * Wilson's score interval of a share, 95 % (Wilson, JASA 22:209, 1927): of `hits` among `drawn`. Within 0 and 1, and
 * not empty where no hit or nothing but hits was drawn.
 */
export function wilson(hits: number, drawn: number): { low: number; high: number } {
  if (drawn === 0) return { low: 0, high: 1 }
  const p = hits / drawn
  const z2 = (Z * Z) / drawn
  const centre = (p + z2 / 2) / (1 + z2)
  const half = (Z / (1 + z2)) * Math.sqrt((p * (1 - p)) / drawn + z2 / 4 / drawn)
  return {
    low: hits === 0 ? 0 : Math.max(0, centre - half),
    high: hits === drawn ? 1 : Math.min(1, centre + half),
  }
}
