import { chartFigure } from './chart.ts'
import type { ReportData } from './data.ts'
import { html, type Html } from './html.ts'
import { plural } from './number.ts'
import { sampleFigure, sampleLine } from './sample-figure.ts'

/** What the run has given: pairs to look at, and their shapes. */
export function keptSection({ kept, shapes, head }: ReportData): Html | null {
  if (!shapes) return null
  const hasPictures = kept.some((s) => s.hasBytes)
  return html`<section id="kept">
    <h2>What came out${!head.finished && ' so far'}</h2>
    <p class="lead">
      ${plural(shapes.rows, 'row')} that
      <b>${shapes.stage}</b> kept${kept.length > 0 && html`; ${kept.length} of them, chosen by hash`}
    </p>
    ${
      hasPictures
        ? html`<div class="tiles">${kept.map(sampleFigure)}</div>`
        : kept.length > 0 &&
          html`<ul class="lines is-wide">
            ${kept.map((s) => sampleLine(s, s.caption === '' ? 'url' : 'caption'))}
          </ul>`
    }
    ${shapes.charts.length > 0 && html`<div class="charts is-flowing">${shapes.charts.map(chartFigure)}</div>`}
  </section>`
}
