import { z } from 'zod'
import { defineFilter } from '../../core/filter.ts'
import { captionOf } from '../../core/row.ts'
import { eachWord } from './each-word.ts'
import { fold } from './fold.ts'

const DETERMINERS = `a an the this that these those my your his her its our their whose some any no every each either
  neither another both all half several many much few little more most enough such what which`
const PREPOSITIONS = `aboard about above across after against along amid among amongst around as at atop before behind
  below beneath beside besides between beyond by despite down during except for from in inside into like near of off on
  onto opposite out outside over past per since through throughout to toward towards under underneath until up upon
  versus via with within without`
const STOP_WORDS = 'the be to of and that have with'

const DETERMINER = 1
const PREPOSITION = 2
const STOP_WORD = 4
const CLASSES = new Map<string, number>()
for (const [list, bit] of [
  [DETERMINERS, DETERMINER],
  [PREPOSITIONS, PREPOSITION],
  [STOP_WORDS, STOP_WORD],
] as const)
  for (const word of list.split(/\s+/)) CLASSES.set(word, (CLASSES.get(word) ?? 0) | bit)

const least = (fallback: number, doc: string) => z.int().min(0).default(fallback).describe(doc)

const options = z.strictObject({
  minDeterminers: least(1, 'fewest determiners (a, the, this, my, some …)'),
  minPrepositions: least(0, 'fewest prepositions (of, in, on, with …)'),
  minStopWords: least(0, 'fewest different words out of the, be, to, of, and, that, have, with'),
})

/**
 * Drops English captions without the small words that make a sentence of names and keywords.
 *
 * CC3M discards texts without a determiner or without a preposition (Sharma et al., ACL 2018, section 3.1), CC12M those
 * without a determiner (arXiv 2102.08981, section 2); both also those without a noun, which takes a tagger. Gopher wants
 * `minStopWords: 2` (2112.11446, appendix A.1.1). The classes are closed, so lists of them serve: words that are also
 * something else (that, no, up) count. For other languages every caption has none.
 */
export const functionWords = defineFilter({
  name: 'filter/function-words',
  version: 1,
  summary: 'Drop English captions without determiners, prepositions or stop words',
  options,
  reads: ['texts', 'caption'],
  measures: {
    determiners: { type: 'int32', doc: 'English determiners in the caption' },
    prepositions: { type: 'int32', doc: 'English prepositions in the caption' },
    stopWords: { type: 'int32', doc: 'different words out of the, be, to, of, and, that, have, with' },
  },
  measuredBy: [],
  measure: (row) => countClasses(fold(captionOf(row))),
  rules: ({ minDeterminers, minPrepositions, minStopWords }) => [
    { reason: 'no-determiner', measure: 'determiners', atLeast: minDeterminers },
    { reason: 'no-preposition', measure: 'prepositions', atLeast: minPrepositions },
    { reason: 'few-stop-words', measure: 'stopWords', atLeast: minStopWords },
  ],
})

function countClasses(text: string) {
  let [determiners, prepositions] = [0, 0]
  const stopWords = new Set<string>()
  eachWord(text, (start, end) => {
    const word = text.slice(start, end)
    const bits = CLASSES.get(word) ?? 0
    if (bits & DETERMINER) determiners++
    if (bits & PREPOSITION) prepositions++
    if (bits & STOP_WORD) stopWords.add(word)
  })
  return { determiners, prepositions, stopWords: stopWords.size }
}
