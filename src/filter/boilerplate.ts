import { z } from 'zod'
import { defineFilter } from '../core/filter.ts'
import { captionOf } from '../core/row.ts'
import { boilerplatePhrases } from './boilerplate-phrases.ts'
import { DATE_WORDS } from './date-words.ts'

/** A longer caption is no phrase of the list and no date. */
const MAX_PHRASE = 120
/** Markup is looked for in this many characters. */
const MAX_MARKUP = 10_000

const options = z.strictObject({
  extra: z
    .array(z.string().trim().min(1))
    .default([])
    .describe(
      'more phrases that are boilerplate as a whole caption; case, digits and marks at their ends do not count',
    ),
})

/**
 * Drops captions that say nothing about their picture: placeholders and page furniture ("image not available", "logo",
 * "click to enlarge") in 35 languages, dates, captions without a letter, and left-overs of HTML or templates.
 *
 * A phrase counts only as the whole caption, without the marks and digits around it: "Photo 12:" is boilerplate,
 * "photo of a dog" is not. Phrases: boilerplate-phrases.ts.
 */
export const boilerplate = defineFilter({
  name: 'filter/boilerplate',
  version: 1,
  summary: 'Drop placeholder captions, bare dates and numbers, and left-overs of markup',
  options,
  reads: ['texts', 'caption'],
  measures: {
    markup: { type: 'bool', doc: 'the caption holds a tag, an entity or a template expression' },
    kind: {
      type: 'utf8',
      doc: 'what the caption is as a whole: empty, no-letter, date, phrase, or none of them',
    },
  },
  prepare: ({ extra }) => {
    const phrases = boilerplatePhrases()
    for (const phrase of extra) phrases.add(bare(phrase))
    return Promise.resolve(phrases)
  },
  measure: (row, _options, phrases) => {
    const text = captionOf(row).trim()
    return { markup: hasMarkup(text), kind: kindOf(text, phrases) }
  },
  rules: () => [
    { reason: 'markup', measure: 'markup', equals: false },
    { reason: 'boilerplate', measure: 'kind', equals: 'none' },
  ],
})

// <b>, </a>, <img src=x>, <!-- · &nbsp; &#160; · {{name}}, {%if%}, <%=, ${x} · [caption id=1] · [object Object]
const MARKUP =
  /<\/?[a-z][a-z0-9-]*(?:[\s/][^<>]{0,500})?>|<!--|&(?:[a-z]{2,8}|#\d{1,7}|#x[0-9a-f]{1,6});|\{\{|\{%|<%|\$\{\w|\[\/?(?:caption|gallery|img|url|b|i)\b[^[\]]{0,200}\]|\[object \w+\]|%[sd]\b(?!\S)/i

function hasMarkup(text: string): boolean {
  // Most captions hold none of these characters, and looking for one costs a tenth of the whole expression.
  return /[<&{[%]/.test(text) && MARKUP.test(text.length > MAX_MARKUP ? text.slice(0, MAX_MARKUP) : text)
}

function kindOf(text: string, phrases: ReadonlySet<string>): string {
  if (text === '') return 'empty'
  if (!/\p{L}/u.test(text)) return 'no-letter'
  if (text.length > MAX_PHRASE) return 'none'
  if (phrases.has(bare(text))) return 'phrase'
  return /\d/.test(text) && isDate(text) ? 'date' : 'none'
}

/** Lower case, single spaces, no marks or digits at the ends. */
function bare(text: string): string {
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(/^[^\p{L}\p{M}]+/u, '')
    .replace(/[^\p{L}\p{M}]+$/u, '')
    .replaceAll(/\s+/g, ' ')
}

function isDate(text: string): boolean {
  const words =
    text
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{L}\p{M}]+/gu) ?? []
  return words.length <= 8 && words.every((word) => DATE_WORDS.has(word))
}
