import { describe, expect, it } from 'vitest'
import { collect } from '../../../src/core/index.ts'
import { boilerplate } from '../../../src/filter/index.ts'
import { captionRow } from '../rows.ts'

describe('filter/boilerplate', () => {
  it.each([
    { caption: 'Image not available', verdict: 'boilerplate', value: 'phrase' },
    { caption: '  LOGO ', verdict: 'boilerplate', value: 'phrase' },
    { caption: 'Photo 12:', verdict: 'boilerplate', value: 'phrase' },
    { caption: '« Précédent', verdict: 'boilerplate', value: 'phrase' },
    { caption: 'pas d’image', verdict: 'boilerplate', value: 'phrase' },
    { caption: 'Kein  Bild\nvorhanden', verdict: 'boilerplate', value: 'phrase' },
    { caption: 'нет фото', verdict: 'boilerplate', value: 'phrase' },
    { caption: '画像準備中', verdict: 'boilerplate', value: 'phrase' },
    { caption: '暂无图片', verdict: 'boilerplate', value: 'phrase' },
    { caption: 'لا توجد صورة', verdict: 'boilerplate', value: 'phrase' },
    { caption: 'कोई फोटो नहीं', verdict: 'boilerplate', value: 'phrase' },
    { caption: 'ไม่มีรูปภาพ', verdict: 'boilerplate', value: 'phrase' },
    { caption: 'e\u0301couter'.normalize('NFD'), verdict: 'kept', value: 'none' },
    { caption: 'ga\u0308lleri', verdict: 'kept', value: 'none' },
    { caption: 'Grafik'.normalize('NFD'), verdict: 'boilerplate', value: 'phrase' },
    { caption: 'sin ti\u0301tulo', verdict: 'boilerplate', value: 'phrase' }, // decomposed letters
    { caption: '2021-03-04', verdict: 'boilerplate', value: 'no-letter' },
    { caption: '1 / 12', verdict: 'boilerplate', value: 'no-letter' },
    { caption: '...', verdict: 'boilerplate', value: 'no-letter' },
    { caption: '😀', verdict: 'boilerplate', value: 'no-letter' },
    { caption: '', verdict: 'boilerplate', value: 'empty' },
    { caption: 'March 4, 2021', verdict: 'boilerplate', value: 'date' },
    { caption: '4 мая 2019 г.', verdict: 'boilerplate', value: 'date' },
    { caption: '2021年3月4日', verdict: 'boilerplate', value: 'date' },
    { caption: '15 de agosto de 2020', verdict: 'boilerplate', value: 'date' },
    { caption: 'photo of a dog', verdict: 'kept', value: 'none' },
    { caption: 'May flowers 2019', verdict: 'kept', value: 'none' },
    { caption: 'carousel', verdict: 'kept', value: 'none' },
    { caption: 'the logo of a bakery', verdict: 'kept', value: 'none' },
  ])('$caption is $verdict ($value)', async ({ caption, verdict, value }) => {
    const { kept, rejects } = await collect(boilerplate, [captionRow(caption)])
    expect([...kept, ...rejects].map((row) => [row.reason ?? 'kept', row.boilerplate_kind])).toEqual([
      [verdict, value],
    ])
  })

  it.each([
    'R&amp;B singer',
    'Tom&#39;s cat',
    'a&nbsp;cat',
    '<b>Game 20</b>',
    'Orchid jungle<br>Hawaiian dress',
    '<a href="x">cat',
    '<!-- hidden --> a cat',
    '{{ product.title }}',
    '{% if cat %}',
    '<%= name %>',
    '${name}',
    '[caption id="1"]a cat',
    '[object Object]',
    '[vc_row full_width=1]',
    '/img>" class="aligncenter',
    'R\\u0026B singer',
  ])('%s has left-overs of markup', async (caption) => {
    const { rejects } = await collect(boilerplate, [captionRow(caption)])
    expect(rejects.map(({ reason }) => reason)).toEqual(['markup'])
  })

  it.each([
    'a < b > c',
    'Tom & Jerry',
    'R&B singer',
    'AT&T store; front',
    'I <3 you',
    '50% off',
    'cat [2019]',
    '$5 cat',
    'E=mc2, class = "A"',
    'C:\\users',
  ])('%s has none', async (caption) => {
    const { counters } = await collect(boilerplate, [captionRow(caption)])
    expect(counters).toEqual({ kept: 1 })
  })

  it('takes more phrases, whatever their case and marks', async () => {
    const rows = ['acme corp', 'ACME Corp. 2', 'Acme Corp factory'].map((caption) => captionRow(caption))
    const { counters } = await collect(boilerplate, rows, { extra: ['Acme Corp!'] })
    expect(counters).toEqual({ kept: 1, 'dropped.boilerplate': 2 })
  })
})
