import { z } from 'zod'
import { defineFilter } from '../../core/filter.ts'
import { captionOf } from '../../core/row.ts'
import { eachWord, hasLetter } from './each-word.ts'
import { fold } from './fold.ts'
import { openWordCounts } from './word-counts.ts'

const options = z.strictObject({
  // No default: which words are rare depends on the language and on where they were counted.
  list: z
    .string()
    .min(1)
    .describe(
      'file of known words, one a line, with their counts or without (each then counts 1); plain, `.gz` or `.zst`. Relative to the working directory',
    ),
  minCount: z
    .int()
    .min(0)
    .default(1)
    .describe('every word of the caption must count at least so much in the list; 0 asks for nothing'),
  minKnown: z.int().min(0).default(0).describe('fewest words of the caption that are in the list'),
})

/**
 * Drops captions with a rare word: one that a list of words does not know, or counts too seldom.
 *
 * CC3M wants `minCount: 5` by the English Wikipedia (Sharma et al., ACL 2018, section 3.1), CC12M 20 (arXiv 2102.08981,
 * section 2). ALIGN's rule (2102.05918, section 3) counts in the raw data itself: that takes all rows. `minKnown: 1` with
 * `minCount: 0` keeps what names one thing of a list, as DataComp's text-based filter does with ImageNet-21k's synsets.
 *
 * Words are compared folded (NFC, without case); those without a letter are passed over. A caption without words has a
 * least count of 0. Memory: some 100 bytes a word of the list.
 */
export const rareWords = defineFilter({
  name: 'filter/rare-words',
  version: 1,
  summary: 'Drop captions with words that a list does not know, or counts too seldom',
  options,
  identity: async ({ list }) => (await openWordCounts([list])).sha256,
  reads: ['texts', 'caption'],
  measures: {
    leastCount: {
      type: 'int64',
      doc: 'count of the rarest word in the list, 0 where the list lacks it or there is no word',
    },
    rarest: { type: 'utf8', doc: 'the first word with that count, empty where there is none' },
    known: { type: 'int32', doc: 'words of the caption that are in the list' },
  },
  measuredBy: ['list'],
  prepare: async ({ list }) => (await openWordCounts([list])).content,
  measure: (row, _options, counts) => {
    const text = fold(captionOf(row))
    let leastCount = Infinity
    let rarest = ''
    let known = 0
    eachWord(text, (start, end) => {
      if (!hasLetter(text, start, end)) return
      const word = text.slice(start, end)
      const count = counts.get(word)
      if (count !== undefined) known++
      if ((count ?? 0) >= leastCount) return
      leastCount = count ?? 0
      rarest = word
    })
    return { leastCount: leastCount === Infinity ? 0 : leastCount, rarest, known }
  },
  rules: ({ minCount, minKnown }) => [
    { reason: 'rare-word', measure: 'leastCount', atLeast: minCount },
    { reason: 'few-known-words', measure: 'known', atLeast: minKnown },
  ],
})
