import { describe, expect, it } from 'vitest'
import { collect, type Row } from '../../../src/core/index.ts'
import { caption } from '../../../src/filter/text/caption.ts'

function row(...texts: [kind: string, text: string][]): Row {
  return {
    uid: 'a',
    texts: texts.map(([kind, text]) => ({ kind, text, language: null, score: null, page: null })),
    caption: 0,
  }
}

const FULL = row(
  ['alt', 'a cat'],
  ['heading', ' '],
  ['title', 'Tom'],
  ['title', 'Tim'],
  ['figcaption', 'a cat, 1901'],
)

describe('filter/caption', () => {
  it.each([
    { kinds: ['figcaption', 'alt'], index: 4 },
    { kinds: ['ld:caption', 'title'], index: 2 },
    { kinds: ['heading', 'alt'], index: 0 },
  ])('takes the first text of the best of $kinds that says something', async ({ kinds, index }) => {
    const { kept, tally } = await collect(caption, [FULL], { kinds })
    expect(kept).toEqual([{ ...FULL, caption: index }])
    expect(tally).toMatchObject({ rowsIn: 1, kept: 1 })
    expect(FULL.caption).toBe(0)
  })

  it('drops a row without such a text, with the kinds that it has', async () => {
    const { kept, rejects } = await collect(caption, [FULL, row()], { kinds: ['link'] })
    expect(kept).toEqual([])
    expect(rejects.map(({ reason, value, limit }) => ({ reason, value, limit }))).toEqual([
      { reason: 'no-caption', value: 'alt, heading, title, figcaption', limit: 'link' },
      { reason: 'no-caption', value: '', limit: 'link' },
    ])
  })

  it('leaves its caption to such a row where told so', async () => {
    const { kept } = await collect(caption, [FULL], { kinds: ['link'], otherwise: 'keep' })
    expect(kept).toEqual([FULL])
  })
})
