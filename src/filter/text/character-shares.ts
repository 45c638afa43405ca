import { z } from 'zod'
import { defineFilter } from '../../core/filter.ts'
import { captionOf } from '../../core/row.ts'
import { characterKinds, DIGIT, letterCases, MARK, PUNCTUATION, SPACE, UPPER } from './character-kind.ts'

const share = (fallback: number, doc: string) =>
  z.number().min(0).max(1).default(fallback).describe(`${doc}, share of the caption's characters, 0..1`)

const options = z.strictObject({
  minLetters: share(0.25, 'fewest letters'),
  maxDigits: share(0.5, 'most digits'),
  maxPunctuation: share(0.25, 'most punctuation'),
  maxSymbols: share(0.25, 'most signs that are neither letters, digits nor punctuation, such as emoji'),
  maxUpper: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('most capitals, share of the letters that have a case, 0..1'),
})

/**
 * Drops captions that are made of digits, punctuation, signs or capitals rather than words.
 *
 * Shares are of Unicode code points other than white space; marks count as letters. A caption without any has 0 of all.
 * .25 of letters at least and of others at most are Data-Juicer's (`alphanumeric_filter`, `special_characters_filter`;
 * it counts white space and digits in); nobody publishes one for digits: half of a caption is no sentence.
 */
export const characterShares = defineFilter({
  name: 'filter/character-shares',
  version: 1,
  summary: 'Drop captions with too few letters, or too many digits, punctuation, signs or capitals',
  options,
  reads: ['texts', 'caption'],
  measures: {
    letters: { type: 'float64', doc: 'letters and their marks, share of the characters, 0..1' },
    digits: { type: 'float64', doc: 'digits and other numerals, share of the characters, 0..1' },
    punctuation: { type: 'float64', doc: 'punctuation, share of the characters, 0..1' },
    symbols: { type: 'float64', doc: 'all other signs, share of the characters, 0..1' },
    upper: { type: 'float64', doc: 'capitals, share of the letters that have a case, 0..1' },
  },
  measuredBy: [],
  measure: (row) => sharesOf(captionOf(row)),
  rules: ({ minLetters, maxDigits, maxPunctuation, maxSymbols, maxUpper }) => [
    { reason: 'few-letters', measure: 'letters', atLeast: minLetters },
    { reason: 'many-digits', measure: 'digits', atMost: maxDigits },
    { reason: 'much-punctuation', measure: 'punctuation', atMost: maxPunctuation },
    { reason: 'many-symbols', measure: 'symbols', atMost: maxSymbols },
    { reason: 'many-capitals', measure: 'upper', atMost: maxUpper },
  ],
})

function sharesOf(text: string) {
  const kinds = characterKinds()
  const cases = letterCases()
  let [letters, digits, punctuation, symbols, upper, cased] = [0, 0, 0, 0, 0, 0]
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if ((code & 0xf800) === 0xd800) {
      const point = text.codePointAt(i)!
      if (point > 0xffff) i++
      if (/[\p{L}\p{M}]/u.test(String.fromCodePoint(point))) letters++
      else symbols++
      continue
    }
    const kind = kinds[code]!
    if (kind === SPACE) continue
    if (kind === DIGIT) digits++
    else if (kind === PUNCTUATION) punctuation++
    else if (kind > SPACE && kind <= MARK) letters++
    else symbols++
    const letterCase = cases[code]!
    if (letterCase !== 0) cased++
    if (letterCase === UPPER) upper++
  }
  const all = letters + digits + punctuation + symbols || 1
  return {
    letters: letters / all,
    digits: digits / all,
    punctuation: punctuation / all,
    symbols: symbols / all,
    upper: upper / (cased || 1),
  }
}
