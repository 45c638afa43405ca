import { z } from 'zod'
import { defineFilter } from '../../core/filter.ts'
import { captionOf } from '../../core/row.ts'
import { eachWord } from './each-word.ts'
import { fold } from './fold.ts'

/** Words of a phrase, and the most of a text's characters that it may hold (Gopher, table A1). */
const TOP = { top2: [2, 0.2], top3: [3, 0.18], top4: [4, 0.16] } as const
const DUPLICATE = {
  duplicate5: [5, 0.15],
  duplicate6: [6, 0.14],
  duplicate7: [7, 0.13],
  duplicate8: [8, 0.12],
  duplicate9: [9, 0.11],
  duplicate10: [10, 0.1],
} as const

type Measure = keyof typeof TOP | keyof typeof DUPLICATE
const MEASURES = Object.entries({ ...TOP, ...DUPLICATE }) as [Measure, readonly [number, number]][]

function docOf([measure, [length]]: (typeof MEASURES)[number]): string {
  const which =
    measure in TOP
      ? `in the most frequent repeated phrase of ${length} words`
      : `in repeated phrases of ${length} words`
  return `characters ${which}, share of those of all words, 0..1`
}

const limits = Object.fromEntries(
  MEASURES.map((entry) => [
    entry[0],
    z
      .number()
      .min(0)
      .max(1)
      .default(entry[1][1])
      .describe(`most ${docOf(entry)}`),
  ]),
) as Record<Measure, z.ZodDefault<z.ZodNumber>>

const options = z.strictObject(limits)

/**
 * Drops captions that say the same phrases again and again: Gopher's repetition rules for n-grams of words
 * (arXiv 2112.11446, table A1), whose limits the defaults are.
 *
 * A phrase that occurs once repeats nothing and counts 0, whatever its share: the rules are for documents, captions are
 * short. Of equally frequent ones the longest counts; a character in several phrases counts once. Words are compared
 * without case.
 */
export const repeatedPhrases = defineFilter({
  name: 'filter/repeated-phrases',
  version: 1,
  summary: 'Drop captions that repeat phrases of two to ten words',
  options,
  reads: ['texts', 'caption'],
  measures: Object.fromEntries(
    MEASURES.map((entry) => [entry[0], { type: 'float64' as const, doc: docOf(entry) }]),
  ),
  measuredBy: [],
  measure: (row) => phraseShares(fold(captionOf(row))),
  rules: (given) =>
    MEASURES.map(([measure]) => ({ reason: 'repeated-phrases', measure, atMost: given[measure] })),
})

function phraseShares(text: string): Record<Measure, number> {
  const shares = Object.fromEntries(MEASURES.map(([measure]) => [measure, 0])) as Record<Measure, number>
  const numbers = new Map<string, number>()
  const words: number[] = []
  const lengths: number[] = []
  eachWord(text, (start, end) => {
    const word = text.slice(start, end)
    let number = numbers.get(word)
    if (number === undefined) numbers.set(word, (number = numbers.size))
    words.push(number)
    lengths.push(end - start)
  })
  // Where no word comes twice, no phrase does.
  if (numbers.size === words.length) return shares
  const all = lengths.reduce((sum, length) => sum + length, 0)

  let phrases = words
  for (let length = 2; length <= 10 && phrases.length > 1; length++) {
    phrases = lengthen(phrases, words, length)
    const counts = new Map<number, number>()
    for (const phrase of phrases) counts.set(phrase, (counts.get(phrase) ?? 0) + 1)
    // Longer phrases repeat only where shorter ones do.
    if (counts.size === phrases.length) break
    if (length <= 4)
      shares[`top${length}` as Measure] = Math.min(1, topLength(phrases, counts, lengths, length) / all)
    else shares[`duplicate${length}` as Measure] = duplicateLength(phrases, counts, lengths, length) / all
  }
  return shares
}

/** Numbers of the phrases of `length` words, from those one word shorter; equal phrases have one number. */
function lengthen(shorter: readonly number[], words: readonly number[], length: number): number[] {
  const numbers = new Map<number, number>()
  const longer: number[] = []
  for (let i = 0; i + length <= words.length; i++) {
    const key = shorter[i]! * words.length + words[i + length - 1]!
    let number = numbers.get(key)
    if (number === undefined) numbers.set(key, (number = numbers.size))
    longer.push(number)
  }
  return longer
}

/** Characters in all places of the most frequent phrase; of equally frequent ones, in the longest. */
function topLength(
  phrases: readonly number[],
  counts: ReadonlyMap<number, number>,
  lengths: readonly number[],
  length: number,
): number {
  let mostOften = 2
  let longest = 0
  for (const [i, phrase] of phrases.entries()) {
    const count = counts.get(phrase)!
    if (count < mostOften) continue
    let characters = 0
    for (let j = i; j < i + length; j++) characters += lengths[j]!
    longest = count > mostOften ? characters : Math.max(longest, characters)
    mostOften = count
  }
  return mostOften * longest
}

/** Characters in any place of a phrase that occurs twice or more, each once. */
function duplicateLength(
  phrases: readonly number[],
  counts: ReadonlyMap<number, number>,
  lengths: readonly number[],
  length: number,
): number {
  let characters = 0
  let covered = 0
  for (const [i, phrase] of phrases.entries()) {
    if (counts.get(phrase)! < 2) continue
    for (let j = Math.max(i, covered); j < i + length; j++) characters += lengths[j]!
    covered = i + length
  }
  return characters
}
