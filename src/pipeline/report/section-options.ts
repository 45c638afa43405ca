import type { ReportData, StageData } from './data.ts'
import { html, type Html } from './html.ts'

/** Options of every stage, defaults filled in: what the run can be repeated from. */
export function optionsSection({ stages }: ReportData): Html {
  return html`<section id="options">
    <h2>Options</h2>
    <p class="lead">With defaults filled in. A data set's folder is named after its fingerprint.</p>
    <div class="options">${stages.map(stageOptions)}</div>
  </section>`
}

function stageOptions(stage: StageData): Html {
  const groups = stage.use === 'filters' ? stage.filters : [{ name: stage.use, options: stage.options }]
  return html`<details>
    <summary><b>${stage.id}</b> <code>${stage.dataset}</code></summary>
    ${groups.map(
      ({ name, options }) =>
        html`<h4>${name}</h4>
          <dl class="option-list">
            ${Object.entries(options).map(
              ([key, value]) =>
                html`<dt>${key}</dt>
                  <dd>${text(value)}</dd>`,
            )}
          </dl>`,
    )}
  </details>`
}

function text(value: unknown): string {
  const said = typeof value === 'string' ? value : JSON.stringify(value)
  return said.length > 2000 ? `${said.slice(0, 2000)}…` : said
}
