import { z } from 'zod'
import { defineFilter } from '../../core/filter.ts'
import { captionOf } from '../../core/row.ts'
import { entryError, listEntries } from '../../store/list-entries.ts'
import { userLists } from '../user-list.ts'
import { fold } from './fold.ts'
import { isPhrase, phraseMatcher, type PhraseMatcher } from './phrase-matcher.ts'

const options = z.strictObject({
  // No default: which words offend is for those to say who use the data.
  lists: z
    .array(z.string().min(1))
    .min(1)
    .describe(
      'files of words or phrases, one a line, a line that begins with `# ` a comment; plain, `.gz` or `.zst`. Relative to the working directory',
    ),
  max: z.int().min(0).default(0).describe('most flagged words in the caption'),
})

/**
 * Drops captions that hold words of the user's lists, such as lists of profanity; COYO-700M used three of them.
 *
 * A word counts as a whole, however it is cased or composed: `ass` is not in `class`. In scripts without spaces it counts
 * where ICU's dictionary sees the bounds of words at both of its ends. Dropped rows are counted in reports, never shown.
 */
export const flaggedWords = defineFilter({
  name: 'filter/flagged-words',
  version: 1,
  summary: 'Drop captions that hold words of a list, such as profanity',
  options,
  identity: async ({ lists }) => (await openPhrases(lists)).sha256,
  reads: ['texts', 'caption'],
  measures: {
    count: { type: 'int32', doc: 'flagged words in the caption' },
    first: { type: 'utf8', doc: 'the first of them, folded; empty where there is none' },
  },
  measuredBy: ['lists'],
  prepare: async ({ lists }) => (await openPhrases(lists)).content,
  measure: (row, _options, matcher) => {
    let count = 0
    let first = ''
    matcher.find(fold(captionOf(row)), (phrase) => {
      if (count++ === 0) first = phrase
    })
    return { count, first }
  },
  rules: ({ max }) => [{ reason: 'flagged-word', measure: 'count', atMost: max }],
})

const openPhrases = userLists(async (paths): Promise<PhraseMatcher> => {
  const phrases: string[] = []
  for (const path of paths) {
    const before = phrases.length
    for await (const entry of listEntries(path)) {
      if (/^#(?:\s|$)/.test(entry.text)) continue
      if (!isPhrase(entry.text)) throw entryError(entry, 'a word or phrase with a letter or digit')
      phrases.push(entry.text)
    }
    if (phrases.length === before)
      throw entryError({ text: '', place: `${path}:1` }, 'a list with at least one word')
  }
  return phraseMatcher(phrases)
})
