// eslint-disable-next-line no-control-regex -- control characters are what this reads
const TOKEN = /\u001b\[(\d+)A|\u001b\[(0?)J|\u001b\[([\d;]*)m|[^]/g

/**
 * What a terminal shows after these bytes: its lines, without those that are empty at the end.
 *
 * What has scrolled out above the rows is shown too, and can no longer be reached. Knows what pairloom's progress
 * uses: line feeds, carriage returns, cursor up, erase below, and colours, which it leaves out. Anything else of the
 * kind stays visible.
 */
export function screen(written: string, columns: number, rows = Infinity): string[] {
  const lines: string[] = ['']
  let row = 0
  let column = 0
  for (const [token, up, erase, colour] of written.matchAll(TOKEN)) {
    if (colour !== undefined) continue
    if (up !== undefined) row = Math.max(0, lines.length - rows, row - Number(up))
    else if (erase !== undefined) {
      lines.length = row + 1
      lines[row] = lines[row]!.slice(0, column)
    } else if (token === '\r') column = 0
    else if (token === '\n') lines[++row] ??= ''
    else {
      if (column === columns) {
        lines[++row] ??= ''
        column = 0
      }
      lines[row] = lines[row]!.padEnd(column).slice(0, column) + token + lines[row]!.slice(column + 1)
      column++
    }
  }
  while (lines.at(-1) === '') lines.pop()
  return lines
}
