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

  const scored = {
    ...row(['alt', 'ein Hund'], ['alt', 'a dog'], ['title', 'a good dog'], ['alt', 'un chien']),
  }
  const languages = ['de', 'en', 'en', null]
  const scores = [0.9, 0.5, 0.5, NaN]
  scored.texts = (scored.texts as object[]).map((text, i) => ({
    ...text,
    language: languages[i],
    score: scores[i],
  }))

  it.each([
    [{ languages: ['en', 'de'] }, 1],
    [{ languages: ['en'], kinds: ['title', 'alt'] }, 2],
    [{ by: 'score' }, 0],
    [{ by: 'score', languages: ['en'] }, 1], // equal scores stay in their order
    [{ minScore: 0.5, languages: ['en'] }, 1],
    [{ minScore: 0.500001, languages: ['en'] }, null],
    [{ minScore: 0.9 }, 0],
    [{ kinds: ['alt'], minScore: 0.91 }, null],
  ])('chooses by %j text %j', async (options, index) => {
    const { kept, rejects } = await collect(caption, [scored], options)
    expect(kept.map((r) => r.caption)).toEqual(index === null ? [] : [index])
    expect(rejects.map((r) => r.reason)).toEqual(index === null ? ['no-caption'] : [])
  })

  it('tells what a dropped row has of what was asked for', async () => {
    const { rejects } = await collect(caption, [scored], { languages: ['fr'], minScore: 0.7 })
    expect(rejects[0]).toMatchObject({
      value: 'de 0.9, en 0.5, no language NaN',
      limit: 'fr; score >= 0.7',
    })
  })

  it('wants to be told something', () => {
    expect(caption.check!({ by: 'order', otherwise: 'drop' })).toHaveLength(1)
    expect(caption.check!({ by: 'score', otherwise: 'drop' })).toEqual([])
  })
})
