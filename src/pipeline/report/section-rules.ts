import { shortName } from '../../core/filter.ts'
import { chartFigure } from './chart.ts'
import type { ReportData, RuleData } from './data.ts'
import { html, type Html } from './html.ts'
import { count, percent, plural } from './number.ts'
import { reasonBlock } from './reason-block.ts'

/** Every rule with what it measured, its limits, and rows that it took out. What fetching took has its own section. */
export function rulesSection({ rules, fetches }: ReportData): Html | null {
  const isFetch = (rule: RuleData) => fetches.some((f) => f.stage === rule.stage)
  const shown = rules.filter((r) => (r.rows > 0 || r.charts.length > 0) && !isFetch(r))
  if (shown.length === 0) return null
  const isMixed = shown.some((r) => r.charts.some((c) => c.kind === 'histogram' || c.kind === 'bars'))
  return html`<section id="rules">
    <h2>Rules and what they took</h2>
    ${isMixed && html`<p class="legend"><span class="key kept">kept</span> <span class="key here">dropped by this rule</span> <span class="key other">dropped by another rule of the stage</span></p>`}
    ${shown.map(ruleCard)}
  </section>`
}

function ruleCard(rule: RuleData): Html {
  return html`<article class="rule">
    <h3>${shortName(rule.rule)} <small>in ${rule.stage}</small></h3>
    <p class="lead">
      ${rule.rows === 0 ? `took none of ${plural(rule.in, 'row')}` : html`took <b>${count(rule.rows)}</b> of ${plural(rule.in, 'row')}, ${percent(rule.rows, rule.in)}`}${rule.summary && html`<span> · ${rule.summary}</span>`}
    </p>
    ${(rule.charts.length > 0 || rule.reasons.length > 0) && html`<div class="charts is-flowing${rule.charts.length === 0 && rule.reasons.length === 1 ? ' is-alone' : ''}">${rule.charts.map(chartFigure)}${rule.reasons.map((r) => reasonBlock(r))}</div>`}
    ${restNote(rule)}
  </article>`
}

export function restNote({ rest }: RuleData): Html | null {
  return rest.reasons > 0
    ? html`<p class="note">and ${plural(rest.reasons, 'other reason')} for ${plural(rest.rows, 'row')}</p>`
    : null
}
