import { z } from 'zod'
import { defineFilter } from '../../core/filter.ts'
import { captionOf } from '../../core/row.ts'
import { compileRe2 } from './re2.ts'

const pattern = z
  .string()
  .min(1)
  .superRefine((text, context) => {
    const fault = faultOf(text)
    if (fault !== null)
      context.addIssue({ code: 'custom', message: `expected an expression of RE2 (${fault})` })
  })

const options = z.strictObject({
  // No default: there is no expression that everybody wants.
  patterns: z
    .array(pattern)
    .min(1)
    .describe('regular expressions in the syntax of RE2; one matches where any part of the caption does'),
  ignoreCase: z.boolean().default(false).describe('take capitals and small letters for the same'),
  drop: z
    .enum(['matching', 'others'])
    .default('matching')
    .describe('captions that are dropped: those that match an expression, or those that match none'),
})

/**
 * Drops captions that match regular expressions of the user, or keeps those alone.
 *
 * The engine is RE2's (docs/decisions/0018): time grows with the length of the caption alone, so that no expression and no
 * page can hang a run, 11 ms for 1 MiB. It has no look-around and no back-references; `(?i)`, `\pL` and `\b` (of ASCII) it has.
 */
export const matches = defineFilter({
  name: 'filter/matches',
  version: 1,
  summary: 'Drop captions that match regular expressions, or that match none',
  options,
  reads: ['texts', 'caption'],
  measures: {
    count: { type: 'int32', doc: 'expressions that the caption matches' },
    first: { type: 'utf8', doc: 'the first of them, in their order; empty where there is none' },
  },
  measuredBy: ['patterns', 'ignoreCase'],
  prepare: ({ patterns, ignoreCase }) =>
    Promise.resolve(patterns.map((text) => ({ text, expression: compileRe2(text, ignoreCase) }))),
  measure: (row, _options, prepared) => {
    const caption = captionOf(row)
    const matching = prepared.filter(({ expression }) => expression.test(caption))
    return { count: matching.length, first: matching[0]?.text ?? '' }
  },
  rules: ({ drop }) =>
    drop === 'matching'
      ? [{ reason: 'matches', measure: 'count', atMost: 0 }]
      : [{ reason: 'matches-none', measure: 'count', atLeast: 1 }],
})

function faultOf(text: string): string | null {
  try {
    compileRe2(text, false)
    return null
  } catch (error) {
    const { message } = error as Error
    const said = message.replace(/^error parsing regexp: /, '')
    return /\(\?<?[=!]|\\[1-9]/.test(text) ? `${said}; it has no look-around, no back-reference` : said
  }
}
