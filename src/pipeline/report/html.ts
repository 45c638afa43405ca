/** Text that is HTML already. */
export interface Html {
  readonly html: string
}

export type HtmlValue = Html | string | number | null | undefined | false | readonly HtmlValue[]

const folded = new WeakMap<TemplateStringsArray, string[]>()

/**
 * A template whose values are escaped, unless they are HTML themselves. Null, undefined and false are nothing.
 * Its indentation is left out.
 */
export function html(strings: TemplateStringsArray, ...values: HtmlValue[]): Html {
  const parts = folded.get(strings) ?? strings.map((part) => part.replace(/\s*\n\s*/g, '\n'))
  folded.set(strings, parts)
  let out = parts[0]!
  values.forEach((value, i) => {
    out += render(value) + parts[i + 1]!
  })
  return { html: out }
}

/** Trusted text as HTML: never for what comes from a run. */
export function raw(text: string): Html {
  return { html: text }
}

function render(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return ''
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value))
  if ('html' in value) return value.html
  return value.map(render).join('')
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/**
 * Text as HTML, for element content and for quoted attributes.
 *
 * Control characters become U+FFFD. Characters that turn the direction of what follows are written out: they could
 * make a caption look like another, and a reader of a report wants to see them.
 */
export function escapeHtml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[&<>"']/g, (c) => ENTITIES[c]!)
    .replace(/[^\P{Cc}\t\n\r]/gu, '\ufffd')
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, (c) => `[U+${c.charCodeAt(0).toString(16).toUpperCase()}]`)
}
