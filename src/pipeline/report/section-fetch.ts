import { splitBar } from './chart-bars.ts'
import type { FetchData, ReportData, RuleData, StageData } from './data.ts'
import { html, type Html } from './html.ts'
import { bytes, count, percent, plural } from './number.ts'
import { reasonBlock } from './reason-block.ts'
import { restNote } from './section-rules.ts'

/** How the web answered: which sites were asked most, why pictures did not come, and which those are. */
export function fetchSection({ fetches: all, stages, rules }: ReportData): Html | null {
  const fetches = all.filter((fetch) => fetch.requests > 0)
  if (fetches.length === 0) return null
  return html`<section id="fetch">
    <h2>Fetch</h2>
    ${fetches.map((fetch) =>
      fetchBlock(
        fetch,
        stages.find((s) => s.id === fetch.stage)!,
        rules.filter((r) => r.stage === fetch.stage),
      ),
    )}
  </section>`
}

function fetchBlock(fetch: FetchData, stage: StageData, rules: readonly RuleData[]): Html {
  return html`<p class="lead">
      <b>${percent(fetch.kept, fetch.requests)}</b> of ${plural(fetch.requests, 'picture')} came,
      ${bytes(fetch.bytes)} stored, from ${plural(fetch.sites, 'site')}
    </p>
    <div class="charts is-two">${sites(fetch)}${reasons(stage)}</div>
    ${causes(fetch)}
    ${rules.map(
      (rule) =>
        rule.reasons.length > 0 &&
        html`<article class="rule">
          <h3>${stage.id} <small>that did not come</small></h3>
          <div class="charts is-flowing">${rule.reasons.map((r) => reasonBlock(r, 'url'))}</div>
          ${restNote(rule)}
        </article>`,
    )}`
}

function sites({ top, sites: all, requests }: FetchData): Html {
  const most = Math.max(...top.map((t) => t.requests), 1)
  const shown = top.reduce((sum, t) => sum + t.requests, 0)
  return html`<figure class="chart-figure">
    <figcaption><b>sites</b> <span>by pictures asked for: what came, what did not</span></figcaption>
    <div class="bars">
      ${top.map(
        (t) =>
          html`<div class="bar-row is-site">
            <span class="bar-label" title="${t.site}"><bdi>${t.site}</bdi></span
            >${splitBar(
              [
                ['kept', t.kept],
                ['dropped', t.dropped],
                ['failed', t.requests - t.kept - t.dropped],
              ],
              most,
            )}<span class="bar-count">${count(t.requests)}</span
            ><span class="bar-more">${percent(t.kept, t.requests)}</span
            ><span class="bar-more">${bytes(t.bytes)}</span>
          </div>`,
      )}
      ${all > top.length && html`<p class="note">and ${plural(all - top.length, 'other site')} with ${plural(requests - shown, 'picture')}</p>`}
    </div>
  </figure>`
}

function reasons({ reasons: all, counters }: StageData): Html {
  const most = Math.max(...all.map((r) => r.rows), 1)
  return html`<figure class="chart-figure">
    <figcaption><b>why not</b> <span>pictures that did not come</span></figcaption>
    ${all.length === 0 && html`<p class="note">all came</p>`}
    <div class="bars">
      ${all.map(
        (r) =>
          html`<div class="bar-row">
            <span class="bar-label">${r.reason}</span>${splitBar([[r.status, r.rows]], most)}<span
              class="bar-count"
              >${count(r.rows)}</span
            >
          </div>`,
      )}
    </div>
    ${counterList(counters)}
  </figure>`
}

/** Why pictures did not come, in the groups of `pairloom doctor`, each with what it means and what to do. */
function causes({ causes: all, findings, requests }: FetchData): Html | null {
  if (all.length === 0) return null
  const most = Math.max(...all.map((c) => c.rows))
  return html`<figure class="chart-figure causes">
    <figcaption><b>causes</b> <span>of pictures that did not come, and what to do</span></figcaption>
    ${all.map((c) => {
      const finding = findings.find((f) => f.cause === c.cause)
      return html`<div class="cause">
        <div class="bar-row is-cause">
          <span class="bar-label">${c.cause === 'opt-out' ? c.cause : c.cause.replaceAll('-', ' ')}</span
          >${splitBar([['failed', c.rows]], most)}<span class="bar-count">${count(c.rows)}</span
          ><span class="bar-more">${percent(c.rows, requests)}</span>
        </div>
        <p class="note">
          ${c.reasons.slice(0, 4).map(({ reason, rows }, i) => `${i > 0 ? ' · ' : ''}${reason} ${count(rows)}`)}
        </p>
        ${finding && html`<p>${sentence(finding.seen)} <b>${sentence(finding.advice)}</b></p>`}
      </div>`
    })}
  </figure>`
}

/** With a capital and a full stop. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function counterList(counters: StageData['counters']): Html | null {
  const entries = Object.entries(counters)
  if (entries.length === 0) return null
  return html`<dl class="counters">
    ${entries.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${/bytes/i.test(name) ? bytes(value) : count(value)}</dd>
        </div>`,
    )}
  </dl>`
}
