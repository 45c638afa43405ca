import { z } from 'zod'
import { defineFilter } from '../../core/filter.ts'
import { captionOf } from '../../core/row.ts'
import { characterKinds, OTHER, SPACE, UNSPACED_LETTER } from './character-kind.ts'

/** The segmenter gets a text in pieces of this length, UTF-16 units: it takes ever longer for each word of a long one. */
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

function countWords(text: string): number {
  const kinds = characterKinds()
  let count = 0
  let start = 0
  let isWord = false
  let isUnspaced = false
  let parted: Parted | null = null
  for (let i = 0; i <= text.length; i++) {
    const kind = i < text.length ? kinds[text.charCodeAt(i)]! : SPACE
    if (kind === SPACE) {
      if (isUnspaced) count += (parted ??= part(text)).count(start, i)
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

interface Parted {
  /** Words between two places of the text, both at white space or an end. */
  count(start: number, end: number): number
}

let segmenter: Intl.Segmenter | null = null

function part(text: string): Parted {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'word' })
  const kinds = characterKinds()
  let base = -1
  let segments: Intl.Segments
  return {
    count(start, end) {
      let count = 0
      for (let i = start; i < end;) {
        // Asking only where a word may begin takes half the time of walking through all segments.
        if (kinds[text.charCodeAt(i)] === OTHER) {
          i++
          continue
        }
        const at = i % SEGMENT_LENGTH
        if (i - at !== base) {
          base = i - at
          segments = segmenter!.segment(text.slice(base, base + SEGMENT_LENGTH))
        }
        const found = segments.containing(at)!
        if (found.isWordLike) count++
        i = base + found.index + found.segment.length
      }
      return count
    },
  }
}
