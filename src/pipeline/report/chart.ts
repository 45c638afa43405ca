import { barsChart } from './chart-bars.ts'
import { curvesChart } from './chart-curves.ts'
import { heatChart } from './chart-heat.ts'
import { histogramChart } from './chart-histogram.ts'
import type { Chart } from './data.ts'
import { html, type Html } from './html.ts'
import { comparison, count, significant } from './number.ts'

/** A chart under its title, with what it cannot draw in words. */
export function chartFigure(chart: Chart): Html {
  return html`<figure class="chart-figure">
    <figcaption><b>${chart.title}</b> ${chart.doc && html`<span>${chart.doc}</span>`}</figcaption>
    ${drawing(chart)} ${notes(chart)}
  </figure>`
}

function drawing(chart: Chart): Html {
  switch (chart.kind) {
    case 'histogram':
      return histogramChart(chart)
    case 'bars':
      return barsChart(chart)
    case 'heat':
      return heatChart(chart)
    case 'curves':
      return curvesChart(chart)
  }
}

function notes(chart: Chart): Html | null {
  if (chart.kind === 'heat' || chart.kind === 'curves') return null
  const said: string[] = []
  if (chart.kind === 'histogram') {
    const number = (value: number) => (chart.whole ? count(value) : significant(value))
    said.push(`${number(chart.min)} to ${number(chart.max)}`)
    if (chart.scale === 'log') said.push('logarithmic')
    for (const limit of chart.limits)
      if (limit.edge === null) said.push(`limit ${comparison(limit.text)} lies outside`)
  }
  if (chart.unmeasured > 0) said.push(`${count(chart.unmeasured)} not measured`)
  return said.length > 0 ? html`<p class="note">${said.join(' · ')}</p>` : null
}
