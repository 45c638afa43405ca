import type { Bars, Split } from './data.ts'
import { html, type Html } from './html.ts'
import { count, plural } from './number.ts'

/** A line a value: its name, a bar of what was kept and dropped, the count. */
export function barsChart(chart: Bars): Html {
  const most = Math.max(...chart.values.map(({ split }) => total(split)), 1)
  const isLanguage = /language/.test(`${chart.title} ${chart.doc}`)
  return html`<div class="bars">
    ${chart.values.map(
      ({ label, split, allowed }) =>
        html`<div class="bar-row${allowed === false ? ' is-out' : ''}">
          <span class="bar-label" title="${label}"
            ><bdi>${isLanguage ? languageName(label) : label === '' ? '(empty)' : label}</bdi></span
          >
          ${splitBar(
            [
              ['kept', split.kept],
              ['other', split.other],
              ['here', split.here],
            ],
            most,
          )}
          <span class="bar-count">${count(total(split))}</span>
        </div>`,
    )}
    ${chart.rest.values > 0 && html`<p class="note">and ${plural(chart.rest.values, 'other value')} of ${plural(chart.rest.rows, 'row')}</p>`}
  </div>`
}

/** One horizontal bar, its whole width being `most` rows. */
export function splitBar(sides: readonly (readonly [side: string, rows: number])[], most: number): Html {
  let x = 0
  const parts = sides.flatMap(([side, rows]) => {
    if (rows === 0) return []
    const width = Math.max(0.6, (100 * rows) / most)
    const part = html`<rect
      x="${Number(x.toFixed(2))}"
      width="${Number(width.toFixed(2))}"
      height="1"
      class="${side}"
    />`
    x += width
    return [part]
  })
  return html`<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
    ${parts}
  </svg>`
}

function total({ kept, here, other }: Split): number {
  return kept + here + other
}

const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' })

/** `German · de` */
function languageName(code: string): string {
  try {
    const name = names.of(code)
    return name === undefined ? code : `${name} · ${code}`
  } catch {
    // Not a language code at all.
    return code
  }
}
