import { Parser } from 'htmlparser2'

/** The references that make up nearly all of the web's. */
const COMMON: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  '#039': "'",
  '#x27': "'",
  nbsp: '\u00a0',
}
const OTHER = /&(?!(?:amp|lt|gt|quot|#39|#039|#x27|nbsp);)/
const ONE = /&(amp|lt|gt|quot|#39|#039|#x27|nbsp);/g

/** An attribute's value with its character references undone (HTML, 13.2.5.72: `&copy=` stays). */
export function decodeAttribute(value: string): string {
  if (!value.includes('&')) return value
  if (!OTHER.test(value)) return value.replace(ONE, (_, name: string) => COMMON[name]!)
  let decoded = ''
  const parser = new Parser({ onattribute: (_name, text) => (decoded = text) })
  parser.end(`<a a="${value.replaceAll('"', '&quot;')}">`)
  return decoded
}

/** Text with its character references undone. */
export function decodeText(text: string): string {
  if (!text.includes('&')) return text
  if (!OTHER.test(text)) return text.replace(ONE, (_, name: string) => COMMON[name]!)
  let decoded = ''
  const parser = new Parser({ ontext: (part) => (decoded += part) })
  parser.end(text.replaceAll('<', '&lt;'))
  return decoded
}
