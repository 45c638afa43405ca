import { z } from 'zod'
import { defineStage, type Row, type Text } from '../../core/index.ts'

const options = z.strictObject({
  kinds: z
    .array(z.string().min(1))
    .min(1)
    .describe('kinds of texts that the caption is taken from, best first, such as figcaption, alt'),
  otherwise: z
    .enum(['drop', 'keep'])
    .default('drop')
    .describe('what becomes of a row that has no text of these kinds; kept, its caption stays as it is'),
})

/**
 * Chooses the caption anew among the texts that a row has: the first text, in their order, of the best kind.
 *
 * Sources keep all texts with their kinds, so this needs no page and no picture again; `uid` stays. Ends as
 * `no-caption`, the value the kinds that the row has.
 */
export const caption = defineStage({
  name: 'filter/caption',
  version: 1,
  summary: 'Choose the caption anew, by the kinds of texts that a row has',
  options,
  reads: ['texts', 'caption'],
  adds: { caption: { type: 'int32', doc: 'index into texts of the caption' } },
  async *process(batches, { options: { kinds, otherwise }, drop }) {
    for await (const rows of batches) {
      const kept: Row[] = []
      for (const row of rows) {
        const texts = (row.texts ?? []) as Text[]
        const index = bestOf(texts, kinds)
        if (index !== null) kept.push({ ...row, caption: index })
        else if (otherwise === 'keep') kept.push(row)
        else {
          const value = [...new Set(texts.map(({ kind }) => kind))].join(', ')
          const verdict = { status: 'dropped', rule: 'filter/caption', reason: 'no-caption' } as const
          drop(row, { ...verdict, value, limit: kinds.join(', ') })
        }
      }
      yield kept
    }
  },
})

function bestOf(texts: readonly Text[], kinds: readonly string[]): number | null {
  for (const kind of kinds) {
    const index = texts.findIndex((text) => text.kind === kind && text.text.trim() !== '')
    if (index >= 0) return index
  }
  return null
}
