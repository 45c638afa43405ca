import type { ReportData } from './data.ts'
import type { Fairness, GroupCounts } from './fairness.ts'
import { html, type Html } from './html.ts'
import { count, percent } from './number.ts'

/** Rules with a column of their own, those that take most. */
const MOST_RULES = 5

/** Whose rows the filters drop: rates by language, script and domain, of all rules and of each. */
export function fairnessSection({ fairness }: ReportData): Html | null {
  if (fairness.length === 0) return null
  return html`<section id="fairness">
    <h2>Who is dropped</h2>
    <p class="lead">
      Share of the rows that a stage of filters drops, of the largest languages, scripts and domains. The
      script is that of the caption's first letter.
    </p>
    ${fairness.map(
      ({ stage, kinds }) =>
        html`<h3>${stage}</h3>
          ${kinds.map(kindTable)}`,
    )}
  </section>`
}

function kindTable({ by, groups, others }: Fairness): Html {
  const rules = rulesOf(groups)
  return html`<div class="scroll">
      <table>
        <thead>
          <tr>
            <th>${by}</th>
            <th>rows</th>
            <th>dropped</th>
            ${rules.map((reason) => html`<th>${reason.slice(reason.indexOf('/') + 1)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${groups.map((group) => groupLine(group, rules))}
        </tbody>
      </table>
    </div>
    ${others > 0 && html`<p class="note">and ${count(others)} more</p>`}`
}

function groupLine(group: GroupCounts, rules: readonly string[]): Html {
  const taken = new Map(group.rules.map((r) => [r.reason, r.before]))
  return html`<tr>
    <th><bdi>${group.value ?? '(none)'}</bdi></th>
    <td>${count(group.rows)}</td>
    <td>${percent(group.rows - group.keptBefore, group.rows)}</td>
    ${rules.map((reason) => html`<td>${percent(taken.get(reason) ?? 0, group.rows)}</td>`)}
  </tr>`
}

function rulesOf(groups: readonly GroupCounts[]): string[] {
  const rows = new Map<string, number>()
  for (const { reason, before } of groups.flatMap((g) => g.rules))
    rows.set(reason, (rows.get(reason) ?? 0) + before)
  const most = [...rows].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
  return most.slice(0, MOST_RULES).map(([reason]) => reason)
}
