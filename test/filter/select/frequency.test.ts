import { describe, expect, it } from 'vitest'
import { hash128, seededRandom, type Row, type Text } from '../../../src/core/index.ts'
import { frequency } from '../../../src/filter/index.ts'
import { linkRow, runGlobal, verdictsOf } from '../global-stage.ts'

const text = (words: string): Text => ({ kind: 'alt', text: words, language: null, score: null, page: null })

describe('filter/frequency', () => {
  it('drops captions of more images than the limit, letter for letter', async () => {
    const rows = [
      ...['a', 'b', 'c'].map((name) => linkRow(name, 'a cat')),
      ...['d', 'e'].map((name) => linkRow(name, 'a dog')),
      linkRow('f', 'A dog'),
      linkRow('g', 'a dog '),
      // The same image twice is one image.
      linkRow('d', 'a dog', { uid: hash128('again') }),
    ]
    const result = await runGlobal(frequency, rows, { captionImages: 2 })
    expect(verdictsOf(result)).toEqual({
      ...{ a: 'caption-shared 3', b: 'caption-shared 3', c: 'caption-shared 3' },
      ...{ d: 'kept', e: 'kept', f: 'kept', g: 'kept' },
    })
    expect(result.kept).toHaveLength(5)
    expect(result.rejects[0]).toMatchObject({ rule: 'filter/frequency', limit: '<= 2 images' })
  })

  it('drops images with more texts than the limit, over their rows and lists', async () => {
    const many = linkRow('many', '', { texts: ['1', '2', '2', '3'].map(text) })
    const few = linkRow('few', '', { texts: ['1', '2', '2'].map(text) })
    const split = ['1', '2', '3'].map((words) => linkRow('split', words, { uid: hash128(words) }))
    const bare = linkRow('bare', '', { texts: [], caption: 0 })
    const result = await runGlobal(frequency, [many, few, ...split, bare], { imageTexts: 2 })
    expect(verdictsOf(result)).toEqual({
      ...{ few: 'kept', bare: 'kept', many: 'image-shared 3', split: 'image-shared 3' },
    })
    expect(result.rejects).toHaveLength(4)
  })

  it('draws rows of a site by the seed, of those that the other limits leave', async () => {
    const rows = Array.from({ length: 30 }, (_, i) =>
      linkRow(`r${i}`, i < 10 ? 'the same' : `${i}`, { site: i % 2 ? 'a.test' : 'b.test' }),
    )
    rows.push(linkRow('alone', 'alone', { site: 'c.test' }))
    const run = (seed: string) =>
      runGlobal(frequency, rows, { captionImages: 9, siteRows: 4 }, { seed }).then((r) => ({
        names: r.kept.map((row) => row.url as string).sort(),
        reasons: r.rejects.map((row) => `${row.reason} ${row.value}`),
      }))
    const [one, two] = await Promise.all([run('1'), run('2')])
    expect(one.names).toHaveLength(4 + 4 + 1)
    expect(one.reasons.toSorted()).toEqual([
      ...Array.from({ length: 10 }, () => 'caption-shared 10'),
      ...Array.from({ length: 12 }, () => 'site-full 10'),
    ])
    expect(two.names).not.toEqual(one.names)
    expect(await run('1')).toEqual(one)
  })

  it.each([4, 5, 6])('keeps a site of five rows whole from a limit of %d on', async (siteRows) => {
    const rows = Array.from({ length: 5 }, (_, i) => linkRow(`r${i}`, `${i}`))
    const { kept } = await runGlobal(frequency, rows, { siteRows })
    expect(kept).toHaveLength(Math.min(5, siteRows))
  })

  it('gives the same whatever the order, the files and the passes', async () => {
    const random = seededRandom('frequency')
    const rows: Row[] = Array.from({ length: 600 }, (_, i) =>
      linkRow(`r${random.below(300)}`, `text ${random.below(100)}`, {
        site: `${random.below(9)}.test`,
        uid: hash128(`${i}`),
      }),
    )
    const options = { captionImages: 7, imageTexts: 3, siteRows: 20, partitions: 3 }
    const first = await runGlobal(frequency, rows, options)
    expect(new Set(first.rejects.map((r) => r.reason)).size).toBe(3)
    const others = await Promise.all([
      runGlobal(frequency, random.shuffle(rows), options, { files: 4 }),
      runGlobal(frequency, rows, options, { files: 2, memoryBytes: 1024 * 600 }),
    ])
    for (const other of others) expect(other).toEqual(first)
  })

  it('refuses to be told nothing', () => {
    expect(frequency.check!({})).toHaveLength(1)
    expect(frequency.check!({ siteRows: 1 })).toEqual([])
    expect(frequency.options.safeParse({ captionImages: 0 }).success).toBe(false)
  })
})
