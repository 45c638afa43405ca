import { z } from 'zod'
import { defineFilter } from '../../core/filter.ts'
import { captionOf } from '../../core/row.ts'
import { letterCases, LOWER, UPPER } from './character-kind.ts'
import { eachWord } from './each-word.ts'

const options = z.strictObject({
  beginsUpper: z
    .boolean()
    .default(true)
    .describe('drop captions whose first letter that has a case is a small one'),
  maxUpperWords: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe(
      'most words that begin with a capital, share of those that begin with a letter that has a case, 0..1',
    ),
})

/**
 * Drops captions that are not written as a sentence is: CC3M discards those that do not begin with a capital, or with
 * too high a share of capitalised words (Sharma et al., ACL 2018, section 3.1; it does not tell its limit).
 *
 * Scripts without capitals break neither rule: a caption without cased letters begins as it should and has a share of 0.
 */
export const capitalization = defineFilter({
  name: 'filter/capitalization',
  version: 1,
  summary: 'Drop captions that begin with a small letter, or have too many capitalised words',
  options,
  reads: ['texts', 'caption'],
  measures: {
    begin: { type: 'utf8', doc: 'case of the first letter that has one: upper, lower or none' },
    upperWords: {
      type: 'float64',
      doc: 'words that begin with a capital, share of those that begin with a letter that has a case, 0..1',
    },
  },
  measuredBy: [],
  measure: (row) => measureCase(captionOf(row)),
  rules: ({ beginsUpper, maxUpperWords }) => [
    ...(beginsUpper ? [{ reason: 'begins-small', measure: 'begin', noneOf: ['lower'] }] : []),
    { reason: 'many-capitalised', measure: 'upperWords', atMost: maxUpperWords },
  ],
})

function measureCase(text: string) {
  const cases = letterCases()
  let [upper, lower, begin] = [0, 0, 'none']
  eachWord(text, (start, end) => {
    const letterCase = cases[text.charCodeAt(start)]
    if (letterCase === UPPER) upper++
    else if (letterCase === LOWER) lower++
    for (let i = start; begin === 'none' && i < end; i++) {
      const first = cases[text.charCodeAt(i)]
      if (first === UPPER) begin = 'upper'
      else if (first === LOWER) begin = 'lower'
    }
  })
  return { begin, upperWords: upper / (upper + lower || 1) }
}
