import type { Curves } from './data.ts'
import { html, type Html } from './html.ts'
import { compact, count, percent } from './number.ts'

const WIDTH = 360
const LEFT = 34
const TOP = 12
const BOTTOM = 20
const HEIGHT = 200
const FLOOR = HEIGHT - BOTTOM
const MAX_LABELS = 7

/** Two lines, before and after, over a logarithmic axis; a limit is drawn across. */
export function curvesChart(chart: Curves): Html {
  const points = [...chart.before, ...chart.after]
  const right = Math.log10(Math.max(10, ...points.map(([x]) => x)))
  const most = Math.log10(Math.max(10, ...points.map(([, y]) => y)))
  const left = (x: number) => LEFT + (Math.log10(Math.max(x, 1)) / right) * (WIDTH - LEFT - 6)
  const share = (y: number) => (chart.scale === 'share' ? y : Math.log10(Math.max(y, 1)) / most)
  const top = (y: number) => FLOOR - share(y) * (FLOOR - TOP)
  const value = (y: number) => (chart.scale === 'share' ? percent(y, 1) : count(y))

  const line = (side: 'before' | 'after') => {
    const drawn = chart[side].map(([x, y]) => `${fixed(left(x))},${fixed(top(y))}`).join(' ')
    return html`<g
      ><polyline points="${drawn}" class="curve${side === 'before' ? ' was' : ''}" />${chart[side].map(
        ([x, y]) =>
          html`<circle cx="${fixed(left(x))}" cy="${fixed(top(y))}" r="5" class="dot"
            ><title>${side}, ${chart.xLabel} ${count(x)}: ${value(y)}</title></circle
          >`,
      )}</g
    >`
  }
  const ys = chart.scale === 'share' ? [0, 0.25, 0.5, 0.75, 1] : powers(most)
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${chart.doc}">
      <line x1="${LEFT}" x2="${WIDTH}" y1="${FLOOR}" y2="${FLOOR}" class="axis" />
      <line x1="${LEFT}" x2="${LEFT}" y1="${TOP}" y2="${FLOOR}" class="axis" />
      ${powers(right).map((x) => html`<text x="${fixed(left(x))}" y="${HEIGHT - 5}" class="tick" text-anchor="middle">${compact(x)}</text>`)}
      ${ys.map((y) => html`<text x="${LEFT - 5}" y="${fixed(top(y) + 4)}" class="tick" text-anchor="end">${chart.scale === 'share' ? `${100 * y}` : compact(y)}</text>`)}
      ${line('before')} ${line('after')} ${limitLine(chart, left, top)}
    </svg>
    <p class="legend">
      <span class="key here">before</span> <span class="key kept">after</span> · ${chart.xLabel} (logarithmic)
      against ${chart.yLabel}${chart.scale === 'share' ? ', %' : ' (logarithmic)'}
    </p>`
}

function limitLine(
  { limit, before }: Curves,
  left: (x: number) => number,
  top: (y: number) => number,
): Html | null {
  if (limit === null) return null
  const isAcross = limit.axis === 'y'
  const reach = Math.max(...before.map(([x, y]) => (isAcross ? y : x)))
  // A t that no entry reaches took nothing: there is no line to draw.
  if (limit.value > reach) return null
  const [x, y] = isAcross ? [WIDTH, fixed(top(limit.value))] : [fixed(left(limit.value)), FLOOR]
  const isRight = x > WIDTH / 2
  return html`<line
      x1="${isAcross ? LEFT : x}"
      x2="${x}"
      y1="${isAcross ? y : TOP}"
      y2="${y}"
      class="limit"
    />
    <text
      x="${isRight ? x - 4 : x + 4}"
      y="${isAcross ? y - 4 : TOP + 8}"
      class="limit-label"
      text-anchor="${isRight ? 'end' : 'start'}"
      >${limit.text}</text
    >`
}

/** 1, 10, 100 up to 10^last, or fewer of them. */
function powers(last: number): number[] {
  const every = Math.ceil((Math.floor(last) + 1) / MAX_LABELS)
  return Array.from({ length: Math.floor(Math.floor(last) / every) + 1 }, (_, i) => 10 ** (i * every))
}

function fixed(value: number): number {
  return Number(value.toFixed(2))
}
