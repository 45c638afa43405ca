import type { ReasonSamples, Sample } from './data.ts'
import { html, type Html } from './html.ts'
import { comparison, count } from './number.ts'
import { sampleFigure, sampleLine } from './sample-figure.ts'

const SHOWN_LINES = 5
const SHOWN_URLS = 3

/** One reason: how many rows it took, its limit, and some of them, as pictures where they have any. */
export function reasonBlock(
  { status, reason, rows, withheld, samples }: ReasonSamples,
  show: 'caption' | 'url' = 'caption',
): Html {
  const limits = new Set(samples.map((s) => s.limit))
  const limit = limits.size === 1 ? samples[0]!.limit : null
  const hasPictures = samples.some((s) => s.hasBytes)
  return html`<div class="reason${hasPictures ? ' has-pictures' : ''}">
    <h4>
      <span class="key ${status}">${reason}</span>
      <b>${count(rows)}</b>${limit && html` <code>${comparison(limit)}</code>`}
    </h4>
    ${withheld && html`<p class="withheld">Counted, not shown: opted out or unsafe.</p>`}
    ${hasPictures ? html`<div class="tiles is-small">${samples.map(sampleFigure)}</div>` : lines(samples, show)}
  </div>`
}

function lines(samples: readonly Sample[], show: 'caption' | 'url'): Html | null {
  if (samples.length === 0) return null
  const first = show === 'url' ? SHOWN_URLS : SHOWN_LINES
  const more = samples.slice(first)
  const list = (some: readonly Sample[]) =>
    html`<ul class="lines">
      ${some.map((s) => sampleLine(s, s.url === null ? 'caption' : show))}
    </ul>`
  return html`${list(samples.slice(0, first))}
  ${
    more.length > 0 &&
    html`<details>
      <summary>${more.length} more</summary>
      ${list(more)}
    </details>`
  }`
}
