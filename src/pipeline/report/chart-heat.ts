import type { HeatMap } from './data.ts'
import { html, type Html } from './html.ts'
import { compact, count } from './number.ts'

const WIDTH = 360
const LEFT = 34
const TOP = 6
const BOTTOM = 20
const HEIGHT = 236

/** How often each pair of bins comes: the darker the more, the square root of the share. */
export function heatChart(chart: HeatMap): Html {
  const range = (of: 'x' | 'y') =>
    [Math.min(...chart.cells.map((c) => c[of])), Math.max(...chart.cells.map((c) => c[of]))] as const
  const [x0, x1] = range('x')
  const [y0, y1] = range('y')
  const most = Math.max(...chart.cells.map((c) => c.rows))
  const wide = (WIDTH - LEFT) / (x1 - x0 + 1)
  const high = (HEIGHT - TOP - BOTTOM) / (y1 - y0 + 1)
  const left = (x: number) => LEFT + (x - x0) * wide
  const top = (y: number) => TOP + (y1 - y) * high
  const fixed = (value: number) => Number(value.toFixed(2))
  const said = (i: number) =>
    i + 2 < chart.edges.length
      ? `${count(chart.edges[i]!)} to ${count(chart.edges[i + 1]! - 1)}`
      : `from ${count(chart.edges[i]!)}`
  const every = (bins: number) => Math.ceil(bins / 7)
  const xs = Array.from({ length: x1 - x0 + 1 }, (_, i) => x0 + i).filter(
    (_, i) => i % every(x1 - x0 + 1) === 0,
  )
  const ys = Array.from({ length: y1 - y0 + 1 }, (_, i) => y0 + i).filter(
    (_, i) => i % every(y1 - y0 + 1) === 0,
  )
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${chart.doc}">
    <rect x="${LEFT}" y="${TOP}" width="${WIDTH - LEFT}" height="${HEIGHT - TOP - BOTTOM}" class="ground" />
    ${chart.cells.map(
      ({ x, y, rows }) =>
        html`<rect
          x="${fixed(left(x) + 0.5)}"
          y="${fixed(top(y) + 0.5)}"
          width="${fixed(wide - 1)}"
          height="${fixed(high - 1)}"
          class="kept"
          fill-opacity="${fixed(0.12 + 0.88 * Math.sqrt(rows / most))}"
          ><title>${chart.xLabel} ${said(x)}, ${chart.yLabel} ${said(y)}: ${count(rows)}</title></rect
        >`,
    )}
    ${xs.map((x) => html`<text x="${fixed(left(x))}" y="${HEIGHT - 5}" class="tick">${compact(chart.edges[x]!)}</text>`)}
    ${ys.map((y) => html`<text x="${LEFT - 5}" y="${fixed(top(y) + high)}" class="tick" text-anchor="end">${compact(chart.edges[y]!)}</text>`)}
  </svg>`
}
