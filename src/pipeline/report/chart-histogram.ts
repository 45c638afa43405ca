import type { Histogram, Limit, Split } from './data.ts'
import { html, type Html } from './html.ts'
import { compact, comparison, count, plural, significant } from './number.ts'

const WIDTH = 360
const HEIGHT = 150
const TOP = 30
const BOTTOM = 20
const FLOOR = HEIGHT - BOTTOM
const LABELS = 6

/** Bars of equal width, one a bin: what was kept below, what was dropped on top, limits as lines. */
export function histogramChart(chart: Histogram): Html {
  const { bins, edges } = chart
  const most = Math.max(...bins.map(total), 1)
  const step = WIDTH / bins.length
  const gap = step > 5 ? 1 : 0
  return html`<svg
    class="chart"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    role="img"
    aria-label="${chart.title}: ${plural(
      bins.reduce((n, b) => n + total(b), 0),
      'row',
    )} from ${number(chart.min, chart)} to ${number(chart.max, chart)}"
  >
    ${chart.limits.map((limit) => beyond(limit, step))}
    ${bins.map((bin, i) => bar(bin, i * step, step - gap, most, rangeOf(chart, i)))}
    <line x1="0" x2="${WIDTH}" y1="${FLOOR}" y2="${FLOOR}" class="axis" />
    ${axisLabels(chart, step)} ${chart.limits.map((limit, i) => limitLine(limit, step, i))}
    ${edges.length > 1 && chart.limits.every((l) => l.edge === null) && html`<text x="0" y="12" class="tick">most ${plural(most, 'row')}</text>`}
  </svg>`
}

function total({ kept, here, other }: Split): number {
  return kept + here + other
}

function bar(bin: Split, x: number, width: number, most: number, range: string): Html | null {
  const all = total(bin)
  if (all === 0) return null
  // A row is a row: what is there is seen, if only as a hair line.
  const scale = (rows: number) => (rows === 0 ? 0 : Math.max(1.5, (rows / most) * (FLOOR - TOP)))
  const said = [
    `${range}: ${count(all)}`,
    bin.here > 0 && `${count(bin.here)} dropped by this rule`,
    bin.other > 0 && `${count(bin.other)} by others`,
  ]
  let y = FLOOR
  const parts = (['kept', 'other', 'here'] as const).flatMap((side) => {
    const height = scale(bin[side])
    if (height === 0) return []
    y -= height
    return [
      html`<rect
        x="${fixed(x)}"
        y="${fixed(y)}"
        width="${fixed(width)}"
        height="${fixed(height)}"
        class="${side}"
      />`,
    ]
  })
  return html`<g
    ><title>${said.filter(Boolean).join(', ')}</title
    ><rect
      x="${fixed(x)}"
      y="${TOP}"
      width="${fixed(width)}"
      height="${FLOOR - TOP}"
      class="hit"
    />${parts}</g
  >`
}

function beyond({ edge, side }: Limit, step: number): Html | null {
  if (edge === null) return null
  const x = edge * step
  const [from, width] = side === 'least' ? [0, x] : [x, WIDTH - x]
  return html`<rect
    x="${fixed(from)}"
    y="${TOP}"
    width="${fixed(width)}"
    height="${FLOOR - TOP}"
    class="beyond"
  />`
}

function limitLine({ edge, text }: Limit, step: number, i: number): Html | null {
  if (edge === null) return null
  const x = edge * step
  const isRight = x > WIDTH / 2
  const y = 10 + (i % 2) * 13
  return html`<line x1="${fixed(x)}" x2="${fixed(x)}" y1="${y - 8}" y2="${FLOOR}" class="limit" />
    <text
      x="${fixed(isRight ? x - 4 : x + 4)}"
      y="${y}"
      class="limit-label"
      text-anchor="${isRight ? 'end' : 'start'}"
      >${comparison(text)}</text
    >`
}

/** Below edges; below the middle of the bar where a bin is one whole number. */
function axisLabels(chart: Histogram, step: number): Html[] {
  const { edges, bins } = chart
  const every = Math.max(1, Math.ceil(bins.length / LABELS))
  const isUnit = chart.whole && edges.every((edge, i) => i === 0 || edge - edges[i - 1]! === 1)
  const shown = edges
    .slice(0, isUnit ? -1 : undefined)
    .flatMap((edge, i) => (isLabelled(chart, i, every) ? [{ edge, i }] : []))
  return shown.map(({ edge, i }) => {
    const x = isUnit ? (i + 0.5) * step : i * step
    const anchor = isUnit || (i > 0 && i < edges.length - 1) ? 'middle' : i === 0 ? 'start' : 'end'
    return html`<text x="${fixed(x)}" y="${HEIGHT - 5}" class="tick" text-anchor="${anchor}"
      >${compact(edge)}</text
    >`
  })
}

/** Round numbers, and few enough of them to be read. */
function isLabelled({ scale, edges }: Histogram, i: number, every: number): boolean {
  const edge = edges[i]!
  if (scale === 'log') {
    const first = Number(edge.toExponential()[0])
    const isRound =
      edge === 0 ||
      edge === Number(`${first}${edge.toExponential().slice(edge.toExponential().indexOf('e'))}`)
    return isRound && (every > 6 ? first <= 1 : every > 1 ? [0, 1, 2, 5].includes(first) : true)
  }
  const middle = Math.floor(edges.length / 2)
  const width = edges[middle]! - edges[middle - 1]!
  const place = edge / (width * every)
  return edges.length < 3 || Math.abs(place - Math.round(place)) < 1e-6
}

function rangeOf(chart: Histogram, i: number): string {
  const from = chart.edges[i]!
  const to = chart.edges[i + 1]!
  if (!chart.whole) return `${significant(from)} to ${significant(to)}`
  return to - from === 1 ? count(from) : `${count(from)} to ${count(to - 1)}`
}

function number(value: number, { whole }: Histogram): string {
  return whole ? count(value) : significant(value)
}

function fixed(value: number): number {
  return Number(value.toFixed(2))
}
