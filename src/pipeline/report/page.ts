import { createHash } from 'node:crypto'
import type { ReportData } from './data.ts'
import { html, raw } from './html.ts'
import { fairnessSection } from './section-fairness.ts'
import { fetchSection } from './section-fetch.ts'
import { funnelSection } from './section-funnel.ts'
import { headSection } from './section-head.ts'
import { keptSection } from './section-kept.ts'
import { optionsSection } from './section-options.ts'
import { rulesSection } from './section-rules.ts'
import { timeSection } from './section-time.ts'
import { STYLE } from './style.ts'

/**
 * A report as one HTML file that needs nothing else: no script, no request. Its policy lets a browser load pictures
 * from data: URIs and the one style sheet in it, whatever a caption tries.
 */
export function renderReport(data: ReportData): string {
  const sections = (
    [
      ['funnel', 'Funnel', funnelSection(data)],
      ['kept', 'What came out', keptSection(data)],
      ['rules', 'Rules', rulesSection(data)],
      ['fairness', 'Who is dropped', fairnessSection(data)],
      ['fetch', 'Fetch', fetchSection(data)],
      ['time', 'Time', timeSection(data)],
      ['options', 'Options', optionsSection(data)],
    ] as const
  ).flatMap(([id, title, section]) => (section ? [{ id, title, section }] : []))
  const hash = createHash('sha256').update(STYLE).digest('base64')
  const policy = `default-src 'none'; img-src data:; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta http-equiv="Content-Security-Policy" content="${raw(policy)}" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="referrer" content="no-referrer" />
      <meta name="robots" content="noindex" />
      <title>${data.head.name} · pairloom report</title>
      ${raw(`<style>${STYLE}</style>`)}
    </head>
    <body>
      <main>
        ${headSection(data)}
        <nav aria-label="Sections">
          ${sections.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}
        </nav>
        ${sections.map(({ section }) => section)}
        <footer>pairloom ${data.head.pairloom}</footer>
      </main>
    </body>
  </html>`
  return `<!doctype html>\n${page.html}\n`
}
