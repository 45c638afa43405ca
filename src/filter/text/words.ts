import { z } from 'zod'
import { defineFilter } from '../../core/filter.ts'
import { captionOf } from '../../core/row.ts'
import { characterKinds, SPACE, UNSPACED_LETTER } from './character-kind.ts'
import { segmentsOf, type Segments } from './segment.ts'

const options = z.strictObject({
  min: z.int().min(0).default(3).describe('fewest words in the caption'),
  max: z.int().min(1).default(256).describe('most words in the caption'),
  unit: z
    .enum(['words', 'tokens'])
    .default('words')
    .describe(
      'what is counted: words, or `tokens`, all that white space parts, as Python’s `str.split` does',
    ),
})

/**
 * Drops captions with too few or too many words.
 *
 * A word is a run between white space that holds a letter or a digit. Runs in scripts written without spaces (Han,
 * kana, Thai, Lao, Khmer, Burmese, Tibetan) are parted by the word dictionary of ICU (`Intl.Segmenter`).
 * Defaults are COYO-700M's and CC12M's (arXiv 2102.08981, section 2). ALIGN (2102.05918) has 3 to 20; DataComp's basic
 * filter (2304.14108, baselines/apply_filter.py) has `min: 3` in `tokens`.
 */
export const words = defineFilter({
  name: 'filter/words',
  version: 1,
  summary: 'Drop captions with too few or too many words',
  options,
  check: ({ min, max }) => (min > max ? [`min is ${min}, more than max, which is ${max}`] : []),
  reads: ['texts', 'caption'],
  measures: { count: { type: 'int32', doc: 'words in the caption' } },
  measuredBy: ['unit'],
  measure: (row, { unit }) => ({
    count: unit === 'tokens' ? countTokens(captionOf(row)) : countWords(captionOf(row)),
  }),
  rules: ({ min, max }) => [
    { reason: 'too-few-words', measure: 'count', atLeast: min },
    { reason: 'too-many-words', measure: 'count', atMost: max },
  ],
})

function countWords(text: string): number {
  const kinds = characterKinds()
  let count = 0
  let start = 0
  let isWord = false
  let isUnspaced = false
  let segments: Segments | null = null
  for (let i = 0; i <= text.length; i++) {
    const kind = i < text.length ? kinds[text.charCodeAt(i)]! : SPACE
    if (kind === SPACE) {
      if (isUnspaced) count += countSegments(text, start, i, (segments ??= segmentsOf(text)))
      else if (isWord) count++
      isWord = isUnspaced = false
      start = i + 1
    } else if (kind > SPACE) {
      isWord = true
      if (kind === UNSPACED_LETTER) isUnspaced = true
    }
  }
  return count
}

/** Words between two places of the text, both at white space or an end. */
function countSegments(text: string, start: number, end: number, segments: Segments): number {
  const kinds = characterKinds()
  let count = 0
  for (let i = start; i < end;) {
    // Asking only where a word may begin takes half the time of walking through all segments.
    if (kinds[text.charCodeAt(i)]! <= SPACE) {
      i++
      continue
    }
    const found = segments.at(i)
    if (found.isWord) count++
    i = found.end
  }
  return count
}

function countTokens(text: string): number {
  let count = 0
  let isInside = false
  for (let i = 0; i < text.length; i++) {
    const isSpace = isPythonSpace(text.charCodeAt(i))
    if (!isSpace && !isInside) count++
    isInside = !isSpace
  }
  return count
}

/** What `str.isspace` of Python 3 calls white space: its own set, without U+FEFF and with the separators U+001C to U+001F. */
function isPythonSpace(code: number): boolean {
  if (code < 128) return code === 32 || (code >= 9 && code <= 13) || (code >= 28 && code <= 31)
  if (code < 0x1680) return code === 0x85 || code === 0xa0
  return (
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  )
}
