import { shortName } from '../../core/filter.ts'
import type { ReasonData, ReportData, StageData } from './data.ts'
import { html, type Html } from './html.ts'
import { count, percent, plural } from './number.ts'

const SHOWN_REASONS = 5
const WIDTH = 1000
const HEIGHT = 100

/** Every stage in order: how wide the flow is, what leaves it and why. */
export function funnelSection({ stages }: ReportData): Html {
  const widest = Math.max(...stages.filter((s) => s.from === null).map((s) => s.in), 1)
  return html`<section id="funnel">
    <h2>Funnel</h2>
    <p class="legend">
      <span class="key kept">goes on</span
      >${stages.some((s) => s.merged > 0) && html` <span class="key merged">merged into another row</span>`}
      <span class="key dropped">dropped by a rule</span>
      <span class="key failed">failed</span
      >${stages.some((s) => s.waiting > 0) && html` <span class="key waiting">not read yet</span>`}${stages.some((s) => s.lost > 0) && html` <span class="key lost">in failed partitions</span>`}
    </p>
    <div class="funnel">${stages.map((s) => stageRow(s, widest))}</div>
  </section>`
}

function stageRow(stage: StageData, widest: number): Html {
  const isCompact = stage.reasons.length === 0
  return html`<div class="stage ${stage.state}${isCompact ? ' is-compact' : ''}">
    <div class="stage-name">
      <b
        >${stage.depth > 0 && html`<span class="branch" title="branch after ${stage.from}">└</span>`}${stage.id}</b
      >
      <span title="${stage.summary}">${useOf(stage)}</span>
    </div>
    <div class="stage-count">
      ${stage.state === 'missing' ? html`<span>not begun</span>` : html`<b>${count(stage.kept)}</b>${stage.state === 'partial' && html`<span>${stage.partitions.done} of ${stage.partitions.all ?? '?'} parts</span>`}`}
    </div>
    <svg
      class="trunk"
      viewBox="0 0 ${WIDTH} ${HEIGHT}"
      preserveAspectRatio="none"
      role="img"
      aria-label="${stage.id}: ${count(stage.in)} in, ${count(stage.kept)} kept, ${count(stage.dropped)} dropped, ${count(stage.failed)} failed"
    >
      ${trunk(stage, widest)}
    </svg>
    <div class="stage-loss">${losses(stage)}</div>
  </div>`
}

/** The flow as a band that narrows from what came in to what goes on; what leaves it lies beside. */
function trunk(stage: StageData, widest: number): Html {
  const x = (rows: number) => Number(((WIDTH * rows) / widest).toFixed(1))
  const { merged, failed, waiting, lost } = stage
  const dropped = stage.dropped - merged
  const from = x(stage.in)
  // The smallest loss is still seen.
  const hair = (rows: number) => (rows > 0 ? Math.max(x(rows), 4) : 0)
  // Painted from the outside in, each over the one before: what failed, was dropped, was merged, goes on.
  let to = from
  const layers = [
    { side: 'failed', rows: failed },
    { side: 'dropped', rows: dropped },
    { side: 'merged', rows: merged },
    { side: 'kept', rows: stage.kept },
  ].filter((layer) => layer.rows > 0)
  const curve = (x2: number) =>
    `M0,0H${from}C${from},${HEIGHT * 0.6} ${x2},${HEIGHT * 0.3} ${x2},${HEIGHT}H0Z`
  const bands = layers.map(({ side, rows }) => {
    const band = html`<path d="${curve(to)}" class="${side}" />`
    to = Math.max(0, to - hair(rows))
    return band
  })
  return html`${lost > 0 && html`<rect x="${from}" width="${x(lost)}" height="${HEIGHT}" class="lost" />`}
  ${waiting > 0 && html`<rect x="${from + x(lost)}" width="${x(waiting)}" height="${HEIGHT}" class="waiting" />`}
  ${bands}`
}

function losses(stage: StageData): Html {
  const { reasons } = stage
  const more = reasons.slice(SHOWN_REASONS)
  const rows = more.reduce((sum, r) => sum + r.rows, 0)
  return html`${reasons.length === 0 && stage.state !== 'missing' && html`<p class="nothing">${stage.in === 0 ? 'no rows came' : 'nothing lost'}</p>`}
  ${
    reasons.length > 0 &&
    html`<ul>
      ${reasons.slice(0, SHOWN_REASONS).map((r) => reasonLine(r, stage))}
    </ul>`
  }
  ${
    more.length > 0 &&
    html`<details>
      <summary>${plural(more.length, 'more reason')}, ${plural(rows, 'row')}</summary>
      <ul>
        ${more.map((r) => reasonLine(r, stage))}
      </ul>
    </details>`
  }
  ${stage.lost > 0 && html`<p class="nothing">${count(stage.lost)} in failed partitions</p>`}
  ${stage.waiting > 0 && html`<p class="nothing">${count(stage.waiting)} not read yet</p>`}`
}

function reasonLine(r: ReasonData, stage: StageData): Html {
  const isOwn = r.rule === stage.use
  return html`<li>
    <span class="key ${r.status}">${r.reason}${!isOwn && html` <small>${shortName(r.rule)}</small>`}</span
    ><b>${count(r.rows)}</b><span>${percent(r.rows, stage.in)}</span>
  </li>`
}

function useOf(stage: StageData): string {
  return stage.use === 'filters' ? stage.filters.map((f) => shortName(f.name)).join(', ') : stage.use
}
