import { z } from 'zod'
import { defineStage, type Row, type Text } from '../../core/index.ts'

const options = z.strictObject({
  kinds: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      'kinds of texts that the caption is taken from, best first, such as figcaption, alt; default any',
    ),
  languages: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      'languages of texts that it is taken from, best first, as sources or lists gave them; default any',
    ),
  minScore: z
    .number()
    .optional()
    .describe('least score of a text that it is taken from; a text without a score has none'),
  by: z
    .enum(['order', 'score'])
    .default('order')
    .describe('which of texts of one kind and language: the first, or the one with the highest score'),
  otherwise: z
    .enum(['drop', 'keep'])
    .default('drop')
    .describe('what becomes of a row that has no such text; kept, its caption stays as it is'),
})

/**
 * Chooses the caption anew among the texts that a row has: by kind, then language, then score or order.
 *
 * Sources keep all texts with their kinds, so this needs no page and no picture again; `uid` stays. A text without a
 * score, or with NaN, stands behind all others; equal ones stay in their order. Ends as `no-caption`, the value the kinds,
 * languages and scores that the row has, as far as they were asked for.
 */
export const caption = defineStage({
  name: 'filter/caption',
  version: 2,
  summary: 'Choose the caption anew, by kind, language and score of the texts that a row has',
  options,
  check: ({ kinds, languages, minScore, by }) =>
    kinds || languages || minScore !== undefined || by === 'score'
      ? []
      : ['expected kinds, languages, minScore or by: score, got none: the caption would be the first text'],
  reads: ['texts', 'caption'],
  adds: { caption: { type: 'int32', doc: 'index into texts of the caption' } },
  async *process(batches, { options: chosen, drop }) {
    for await (const rows of batches) {
      const kept: Row[] = []
      for (const row of rows) {
        const texts = (row.texts ?? []) as Text[]
        const index = bestOf(texts, chosen)
        if (index !== null) kept.push({ ...row, caption: index })
        else if (chosen.otherwise === 'keep') kept.push(row)
        else {
          const verdict = { status: 'dropped', rule: 'filter/caption', reason: 'no-caption' } as const
          drop(row, { ...verdict, value: seen(texts, chosen), limit: wanted(chosen) })
        }
      }
      yield kept
    }
  },
})

type Chosen = z.infer<typeof options>

function bestOf(texts: readonly Text[], { kinds, languages, minScore, by }: Chosen): number | null {
  let best: { index: number; rank: readonly number[] } | null = null
  for (const [index, { text, kind, language, score }] of texts.entries()) {
    const worth = score === null || Number.isNaN(score) ? -Infinity : score
    const byKind = kinds ? kinds.indexOf(kind) : 0
    const byLanguage = languages ? languages.indexOf(language ?? '') : 0
    if (byKind < 0 || byLanguage < 0 || text.trim() === '') continue
    if (minScore !== undefined && !(worth >= minScore)) continue
    const rank = [byKind, byLanguage, by === 'score' ? -worth : 0]
    if (best === null || isBefore(rank, best.rank)) best = { index, rank }
  }
  return best && best.index
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, i) => value !== b[i])
  return at >= 0 && a[at]! < b[at]!
}

function seen(texts: readonly Text[], { kinds, languages, minScore }: Chosen): string {
  const tell = ({ kind, language, score }: Text) =>
    [
      ...(kinds || (!languages && minScore === undefined) ? [kind] : []),
      ...(languages ? [language ?? 'no language'] : []),
      ...(minScore === undefined ? [] : [score ?? 'no score']),
    ].join(' ')
  return [...new Set(texts.map(tell))].join(', ')
}

function wanted({ kinds, languages, minScore }: Chosen): string {
  const parts = [
    kinds?.join(', '),
    languages?.join(', '),
    minScore === undefined ? undefined : `score >= ${minScore}`,
  ]
  return parts.filter((part) => part !== undefined).join('; ')
}
