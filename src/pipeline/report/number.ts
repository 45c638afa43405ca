/** Narrow no-break space: groups digits, and holds a number and its unit on one line. */
const THIN = '\u202f'

/** `12 345`. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, THIN)
}

/** `12 %`, `0.4 %`, `< 0.1 %`; `0 %` only for nothing, `100 %` only for all. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return `0${THIN}%`
  const share = (100 * part) / whole
  if (share > 0 && share < 0.1) return `<${THIN}0.1${THIN}%`
  if (share < 100 && share > 99.9) return `>${THIN}99.9${THIN}%`
  return `${Number(share.toFixed(share < 10 || share > 90 ? 1 : 0))}${THIN}%`
}

/** `412 MiB`. */
export function bytes(value: number): string {
  const power = Math.max(0, Math.min(5, Math.floor(Math.log2(Math.max(value, 1)) / 10)))
  return `${significant(value / 2 ** (10 * power))}${THIN}${['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'][power]}`
}

/** `0.8 s`, `38 s`, `2 min 05 s`, `3 h 10 min`, `4 d 2 h`. */
export function seconds(value: number): string {
  if (value < 10) return `${Number(value.toFixed(value < 1 ? 2 : 1))}${THIN}s`
  const whole = Math.round(value)
  if (whole < 60) return `${whole}${THIN}s`
  const two = (n: number) => String(n).padStart(2, '0')
  if (whole < 3600) return `${Math.floor(whole / 60)}${THIN}min ${two(whole % 60)}${THIN}s`
  if (whole < 86_400)
    return `${Math.floor(whole / 3600)}${THIN}h ${two(Math.floor((whole % 3600) / 60))}${THIN}min`
  return `${Math.floor(whole / 86_400)}${THIN}d ${Math.floor((whole % 86_400) / 3600)}${THIN}h`
}

/** Three digits that count: `0.123`, `12.3`, `1 234`. */
export function significant(value: number): string {
  const rounded = Number(value.toPrecision(3))
  return Math.abs(rounded) >= 1000 ? count(value) : String(rounded)
}

/** For axes: `64`, `1.5k`, `20k`, `3M`. */
export function compact(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e9) return `${Number((value / 1e9).toPrecision(3))}G`
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`
  if (size >= 10_000 || (size >= 1000 && value % 100 === 0))
    return `${Number((value / 1000).toPrecision(3))}k`
  return String(Number(value.toPrecision(4)))
}

/** `1 row`, `3 rows`. */
export function plural(value: number, noun: string, nouns = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : nouns}`
}

/** ISO time as `2025-03-01 14:05 UTC`. */
export function moment(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`
}

/** A limit as it is read: `≥ 64`, `≤ 2 097 152`. */
export function comparison(limit: string): string {
  return limit
    .replace(/>= ?/g, `≥${THIN}`)
    .replace(/<= ?/g, `≤${THIN}`)
    .replace(/(?<![\d.])\d{5,15}(?![\d.])/g, (digits) => count(Number(digits)))
}
