import { z } from 'zod'
import { defineFilter } from '../../core/filter.ts'
import { captionOf } from '../../core/row.ts'
import { characterKinds, LETTER, MARK, UNSPACED_LETTER } from './character-kind.ts'
import { boilerplatePhrases } from './boilerplate-phrases.ts'
import { DATE_WORDS } from './date-words.ts'

/** A longer caption is no date. */
const MAX_DATE = 120
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
 * "click to enlarge") in 33 languages, dates, captions without a letter, and left-overs of HTML or templates.
 *
 * A phrase counts only as the whole caption, without the marks and digits around it: "Photo 12:" is boilerplate,
 * "photo of a dog" is not. Phrases: boilerplate-phrases.ts.
 */
export const boilerplate = defineFilter({
  name: 'filter/boilerplate',
  version: 2,
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
  measuredBy: ['extra'],
  prepare: ({ extra }) => {
    const phrases = boilerplatePhrases()
    for (const phrase of extra) phrases.add(bare(phrase, Infinity))
    return Promise.resolve({ phrases, longest: Math.max(...[...phrases].map((phrase) => phrase.length)) })
  },
  measure: (row, _options, prepared) => {
    const text = captionOf(row).trim()
    return { markup: hasMarkup(text), kind: kindOf(text, prepared) }
  },
  rules: () => [
    { reason: 'markup', measure: 'markup', equals: false },
    { reason: 'boilerplate', measure: 'kind', equals: 'none' },
  ],
})

// <b>, </a>, <img src=x>, <!-- · &nbsp; &#160; · {{name}}, {%if%}, <%=, ${x} · [caption id=1] [vc_row] · [object Object] · class="x" · \u003c
const MARKUP =
  /<\/?[a-z][a-z0-9-]*(?:[\s/][^<>]{0,500})?>|<!--|&(?:[a-z]{2,8}|#\d{1,7}|#x[0-9a-f]{1,6});|\{\{|\{%|<%|\$\{\w|\[\/?(?:caption|gallery|img|url|b|i|(?:vc|et_pb)_\w+)\b[^[\]]{0,200}\]|\[object \w+\]|%[sd]\b(?!\S)|\b(?:class|style|href|src|alt|title|width|height|onclick)=["'“”]|\\u[0-9a-f]{4}/i

function hasMarkup(text: string): boolean {
  // Most captions hold none of these characters, and looking for one costs a tenth of the whole expression.
  return /[<&{[%=\\]/.test(text) && MARKUP.test(text.length > MAX_MARKUP ? text.slice(0, MAX_MARKUP) : text)
}

interface Phrases {
  phrases: ReadonlySet<string>
  /** Length of the longest, UTF-16 units. */
  longest: number
}

function kindOf(text: string, { phrases, longest }: Phrases): string {
  if (text === '') return 'empty'
  if (!/\p{L}/u.test(text)) return 'no-letter'
  if (phrases.has(bare(text, longest))) return 'phrase'
  return text.length <= MAX_DATE && /\d/.test(text) && isDate(text) ? 'date' : 'none'
}

/** Lower case, single spaces, no marks or digits at the ends; empty where it is longer than any phrase. */
function bare(text: string, longest: number): string {
  let start = 0
  let end = text.length
  while (start < end && !isWordPart(text.charCodeAt(start))) start++
  while (end > start && !isWordPart(text.charCodeAt(end - 1))) end--
  // Composed forms and single spaces may be half as long.
  if (end - start > 2 * longest) return ''
  return text.slice(start, end).normalize('NFC').toLowerCase().replaceAll(/\s+/g, ' ')
}

function isWordPart(code: number): boolean {
  const kind = characterKinds()[code]
  return kind === LETTER || kind === UNSPACED_LETTER || kind === MARK
}

function isDate(text: string): boolean {
  const words =
    text
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{L}\p{M}]+/gu) ?? []
  return words.length <= 8 && words.every((word) => DATE_WORDS.has(word))
}
