import { z } from 'zod'
import { defineFilter } from '../../core/filter.ts'
import { captionOf } from '../../core/row.ts'
import { characterKinds, SPACE } from './character-kind.ts'
import { eachWord } from './each-word.ts'
import { fold } from './fold.ts'

const options = z.strictObject({
  maxRun: z.int().min(1).default(10).describe('longest run of one character, Unicode code points'),
  maxRepeatedWords: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe('most words that the caption had before, share of its words, 0..1'),
})

/**
 * Drops captions that repeat a character (`!!!!!!!!!!!!`, `aaaaaaaaaaaa`) or their words (`shoes, red shoes, cheap shoes`).
 *
 * White space makes no run. Words are compared without case. `maxRepeatedWords` is CC12M's (arXiv 2102.08981, section 2).
 * Nobody publishes a limit for runs: of 10,000 alt texts 2 have one of more than ten.
 */
export const repetition = defineFilter({
  name: 'filter/repetition',
  version: 1,
  summary: 'Drop captions that repeat a character or their words',
  options,
  reads: ['texts', 'caption'],
  measures: {
    longestRun: { type: 'int32', doc: 'longest run of one character, Unicode code points' },
    repeatedWords: { type: 'float64', doc: 'words that the caption had before, share of its words, 0..1' },
  },
  measuredBy: [],
  measure: (row) => {
    const text = captionOf(row)
    return { longestRun: longestRun(text), repeatedWords: repeatedWords(fold(text)) }
  },
  rules: ({ maxRun, maxRepeatedWords }) => [
    { reason: 'repeated-character', measure: 'longestRun', atMost: maxRun },
    { reason: 'repeated-words', measure: 'repeatedWords', atMost: maxRepeatedWords },
  ],
})

function longestRun(text: string): number {
  const kinds = characterKinds()
  let longest = 0
  let run = 0
  let before = -1
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i)
    if ((code & 0xfc00) === 0xd800) {
      code = text.codePointAt(i)!
      if (code > 0xffff) i++
    }
    if (code < 0x10000 && kinds[code] === SPACE) {
      before = -1
      continue
    }
    run = code === before ? run + 1 : 1
    before = code
    if (run > longest) longest = run
  }
  return longest
}

function repeatedWords(text: string): number {
  const seen = new Set<string>()
  let count = 0
  eachWord(text, (start, end) => {
    seen.add(text.slice(start, end))
    count++
  })
  return count === 0 ? 0 : 1 - seen.size / count
}
