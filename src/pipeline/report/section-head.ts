import type { Ledger, OutputData, ReportData } from './data.ts'
import { html, raw, type Html } from './html.ts'
import { bytes, count, moment, percent, plural, seconds } from './number.ts'

/** Two threads of the warp, two of the weft. */
const LOGO = raw(
  '<svg class="logo" viewBox="0 0 24 24" aria-hidden="true"><g fill="none" stroke-width="4"><path d="M8 1v22M16 1v22" class="warp"/><path d="M1 8h10.500M20 8h3M1 16h3M12.500 16H23" class="weft"/></g></svg>',
)

/** Name, state, and the one line that says what came of it. */
export function headSection(data: ReportData): Html {
  const { head, time } = data
  const state = head.finished
    ? head.failedPartitions > 0
      ? 'finished with gaps'
      : 'finished'
    : 'not finished'
  return html`<header>
    <p class="brand">${LOGO} pairloom report</p>
    <h1>
      ${head.name}
      <span class="state ${head.finished && head.failedPartitions === 0 ? 'is-done' : 'is-open'}"
        >${state}</span
      >
    </h1>
    <p class="when">
      ${time.startedAt ? html`${moment(time.startedAt)} · worked ${seconds(time.busySeconds)}${time.pauses.length > 0 && ` with ${plural(time.pauses.length, 'pause')}`}` : 'nothing has run yet'}
    </p>
    ${openStages(data)} ${notes(data)} ${data.ledgers.map((ledger) => ledgerBlock(ledger, data))}
    ${facts(data)}
  </header>`
}

function openStages({ head, stages }: ReportData): Html | null {
  if (head.finished && head.failedPartitions === 0) return null
  const failed = stages.filter((s) => s.partitions.failed > 0)
  const names = (ids: readonly string[]) => html`<b>${ids.join(', ')}</b>`
  return html`<div class="notice">
    ${head.partial.length > 0 && html`<p>Begun, not done: ${names(head.partial)}</p>`}
    ${head.missing.length > 0 && html`<p>Not begun: ${names(head.missing)}</p>`}
    ${failed.map(
      (s) =>
        html`<p>
          ${plural(s.partitions.failed, 'partition')} of <b>${s.id}</b> failed for
          good${s.errors[0] && html`: ${s.errors[0].code} ${s.errors[0].message.slice(0, 300)}`}
        </p>`,
    )}
    ${!head.finished && html`<p>pairloom run, without --to, goes on where it stopped; the numbers below are those so far.</p>`}
  </div>`
}

function notes({ head }: ReportData): Html | null {
  if (head.notes.length === 0) return null
  return html`<div class="notice">${head.notes.map((note) => html`<p>${note}</p>`)}</div>`
}

function ledgerBlock(ledger: Ledger, { stages, ledgers }: ReportData): Html {
  const leaf = stages.find((s) => s.id === ledger.leaf)!
  const first = ledgers.find((l) => l.source === ledger.source)
  // Two sinks of the same rows say the same: the second is only named.
  if (first !== ledger && first!.delivered === ledger.delivered && first!.waiting === ledger.waiting)
    return html``
  const what =
    leaf.kind === 'sink'
      ? leaf.state === 'done'
        ? 'pairs in shards'
        : 'pairs written so far'
      : 'rows kept so far'
  const source = stages.find((s) => s.id === ledger.source)!
  const noun = 'url' in source.columns ? 'link' : 'row'
  const found = ledger.found === 1 ? noun : `${noun}s`
  const parts = [
    { side: 'kept', rows: ledger.delivered, label: what },
    { side: 'merged', rows: ledger.merged, label: 'merged into others' },
    { side: 'dropped', rows: ledger.dropped, label: 'dropped' },
    { side: 'failed', rows: ledger.failed, label: 'failed' },
    { side: 'waiting', rows: ledger.waiting, label: 'on their way' },
    { side: 'lost', rows: ledger.lost, label: 'in failed partitions' },
  ].filter((p) => p.rows > 0 || p.side === 'kept')
  let x = 0
  return html`<div class="ledger">
    <p class="sum">
      <span><b>${count(ledger.found)}</b> ${found} found</span>
      <i aria-hidden="true">→</i> <span class="out"><b>${count(ledger.delivered)}</b> ${what}</span>
    </p>
    <svg class="ledger-bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
      ${parts.map(({ side, rows }) => {
        const width = ledger.found > 0 ? (100 * rows) / ledger.found : 0
        const part = html`<rect
          x="${Number(x.toFixed(3))}"
          width="${Number(width.toFixed(3))}"
          height="1"
          class="${side}"
        />`
        x += width
        return part
      })}
    </svg>
    <p class="legend">
      ${parts.map(({ side, rows, label }, i) => html`${i > 0 && ' + '}<span class="key ${side}">${count(rows)} ${label} <small>${percent(rows, ledger.found)}</small></span>`)}
      =
      ${count(ledger.found)}${ledgers.length > 1 && html` <small>${ledger.source} to ${ledger.leaf}</small>`}
    </p>
  </div>`
}

function facts({ head, outputs, fetches }: ReportData): Html {
  const fetched = fetches.reduce((sum, f) => sum + f.bytes, 0)
  const requests = fetches.reduce((sum, f) => sum + f.requests, 0)
  const ok = fetches.reduce((sum, f) => sum + f.kept, 0)
  return html`<dl class="facts">
    ${
      requests > 0 &&
      html`<div>
        <dt>fetched</dt>
        <dd>
          ${plural(ok, 'picture')} of ${count(requests)}<br /><small
            >${bytes(fetched)} stored · ${plural(Math.max(...fetches.map((f) => f.sites)), 'site')}</small
          >
        </dd>
      </div>`
    }
    ${outputs.map(output)}
    <div>
      <dt>seed</dt>
      <dd>${head.seed}</dd>
    </div>
    <div>
      <dt>snapshot</dt>
      <dd>${head.snapshot}</dd>
    </div>
    <div>
      <dt>pairloom</dt>
      <dd>${head.pairloom}</dd>
    </div>
    <div class="wide">
      <dt>run folder</dt>
      <dd class="path">${head.run}</dd>
    </div>
    ${outputs.map(
      (o) =>
        html`<div class="wide">
          <dt>${o.stage}</dt>
          <dd class="path">${o.folder}</dd>
        </div>`,
    )}
  </dl>`
}

function output(o: OutputData): Html {
  return html`<div>
    <dt>${o.stage}</dt>
    <dd>
      ${plural(o.files, 'file')} · ${bytes(o.bytes)}<br /><small
        >${plural(o.rows, 'pair')}${!o.published && ', not published'}</small
      >
    </dd>
  </div>`
}
