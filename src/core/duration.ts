const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `90s`, `15m`, `6h`, `2d` as ms, or null where the text is none of these. */
export function parseDuration(text: string): number | null {
  const [, digits, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  return digits === undefined ? null : Number(digits) * UNIT_MS[unit!]!
}
