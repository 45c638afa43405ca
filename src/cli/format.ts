/** 1234567 -> `1,234,567`. */
export function count(n: number): string {
  return n.toLocaleString('en-US')
}

/** Bytes in the largest unit that leaves at least 1: `412 MiB`. */
export function bytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = n < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(n) / 10))
  const value = n / 2 ** (10 * power)
  return `${value.toFixed(power === 0 || value >= 100 ? 0 : 1)} ${units[power]}`
}

/** `12.3 %`; `-` of nothing. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`
}

/** Seconds as `0.4 s`, `38 s`, `4 min 10 s`, `3 h 02 min`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const two = (n: number) => String(n).padStart(2, '0')
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`
}

/** Rows as lines of columns, each as wide as its widest cell; columns named in `right` are set right. */
export function table(rows: readonly (readonly string[])[], right: ReadonlySet<number> = new Set()): string {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (right.has(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd()
  return rows.map(line).join('\n')
}

/** The most frequent reasons of a stage: `http-404 18,204  timeout-body 9,871`. */
export function reasons(by: Record<string, number>, most = 4): string {
  const sorted = Object.entries(by).sort((a, b) => b[1] - a[1])
  const shown = sorted
    .slice(0, most)
    .map(([name, n]) => `${name.slice(name.lastIndexOf('.') + 1)} ${count(n)}`)
  if (sorted.length > most) shown.push(`${sorted.length - most} more`)
  return shown.join('  ')
}
