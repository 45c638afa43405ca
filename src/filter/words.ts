import { z } from 'zod'
import { defineFilter } from '../core/filter.ts'
import { captionOf } from '../core/row.ts'
import { characterKinds, OTHER, SPACE, UNSPACED_LETTER } from './character-kind.ts'

/** White space never parts a longer run; longer texts of unspaced scripts are cut here for the segmenter. */
const SEGMENT_LENGTH = 1000

const options = z.strictObject({
  min: z.int().min(0).default(3).describe('fewest words in the caption'),
  max: z.int().min(1).default(256).describe('most words in the caption'),
})

/**
 * Drops captions with too few or too many words.
 *
 * A word is a run between white space that holds a letter or a digit. Runs in scripts written without spaces (Han,
 * kana, Thai, Lao, Khmer, Burmese, Tibetan) are parted by the word dictionary of ICU (`Intl.Segmenter`).
 * Defaults are COYO-700M's; DataComp's basic filter also wants 3.
 */
export const words = defineFilter({
  name: 'filter/words',
  version: 1,
  summary: 'Drop captions with too few or too many words',
  options,
  check: ({ min, max }) => (min > max ? [`min is ${min}, more than max, which is ${max}`] : []),
  reads: ['texts', 'caption'],
  measures: { count: { type: 'int32', doc: 'words in the caption' } },
  measure: (row) => ({ count: countWords(captionOf(row)) }),
  rules: ({ min, max }) => [
    { reason: 'too-few-words', measure: 'count', atLeast: min },
    { reason: 'too-many-words', measure: 'count', atMost: max },
  ],
})

export function countWords(text: string): number {
  const kinds = characterKinds()
  let count = 0
  let start = 0
  let isWord = false
  let isUnspaced = false
  for (let i = 0; i <= text.length; i++) {
    const kind = i < text.length ? kinds[text.charCodeAt(i)]! : SPACE
    if (kind === SPACE) {
      if (isUnspaced) count += segment(text, start, i)
      else if (isWord) count++
      isWord = isUnspaced = false
      start = i + 1
    } else if (kind !== OTHER) {
      isWord = true
      if (kind === UNSPACED_LETTER) isUnspaced = true
    }
  }
  return count
}

let segmenter: Intl.Segmenter | null = null

function segment(text: string, start: number, end: number): number {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'word' })
  let count = 0
  for (let i = start; i < end; i += SEGMENT_LENGTH) {
    const piece = text.slice(i, Math.min(i + SEGMENT_LENGTH, end))
    for (const part of segmenter.segment(piece)) if (part.isWordLike) count++
  }
  return count
}
