import { describe, expect, it } from 'vitest'
import { collect, seededRandom, type Filter, type Row } from '../../src/core/index.ts'
import {
  boilerplate,
  capitalization,
  characters,
  characterShares,
  fileName,
  flaggedWords,
  functionWords,
  language,
  matches,
  rareWords,
  repeatedPhrases,
  repetition,
  words,
} from '../../src/filter/index.ts'
import { listFolder } from './lists.ts'
import { captionRow, HOSTILE_ROWS } from './rows.ts'

const list = listFolder()

const TEXT_FILTERS: { filter: Filter; options: Record<string, unknown> }[] = [
  { filter: words, options: {} },
  { filter: characters, options: {} },
  { filter: fileName, options: {} },
  { filter: boilerplate, options: {} },
  { filter: characterShares, options: {} },
  { filter: capitalization, options: { beginsUpper: false } },
  { filter: functionWords, options: { minDeterminers: 0 } },
  { filter: repetition, options: {} },
  { filter: repeatedPhrases, options: {} },
  { filter: matches, options: { patterns: ['^(a+)+$', 'not (available|found)'] } },
  { filter: rareWords, options: { list: await list('a 5\nblack 3\ncat 2\non\nthe\nold\ntable') } },
  { filter: flaggedWords, options: { lists: [await list('not available\ncar\n黒い\nแมว\n-1\n_x')] } },
  { filter: language, options: { keep: ['en'] } },
]

describe.each(TEXT_FILTERS.map((t) => ({ ...t, name: t.filter.name })))('$name', ({ filter, options }) => {
  it('gives every hostile caption a verdict, and no measure is missing', async () => {
    const { kept, rejects, tally } = await collect(filter, HOSTILE_ROWS, options)
    expect(tally).toMatchObject({ rowsIn: HOSTILE_ROWS.length, failed: 0 })
    expect(kept.length + rejects.length).toBe(HOSTILE_ROWS.length)
    expect(rejects.filter(({ reason }) => reason === 'unmeasured')).toEqual([])
  })

  it('judges a row the same whatever comes before it', async () => {
    const rows = CAPTIONS.map((caption, i) => captionRow(caption, `uid${i}`))
    const verdicts = (await verdictsOf(filter, rows, options)).toSorted()
    for (const seed of ['1', '2', '3']) {
      const shuffled = seededRandom(seed).shuffle(rows)
      expect((await verdictsOf(filter, shuffled, options)).toSorted()).toEqual(verdicts)
    }
  })

  it('changes nothing of the row but its own columns', async () => {
    const row = captionRow('a black cat on the old table')
    const before = structuredClone(row)
    const { kept } = await collect(filter, [row], options)
    expect(row).toEqual(before)
    expect(kept[0]).toMatchObject(before)
  })
})

async function verdictsOf(filter: Filter, rows: Row[], options: Record<string, unknown>): Promise<string[]> {
  const { kept, rejects } = await collect(filter, rows, options)
  return [...kept, ...rejects].map((row) => JSON.stringify(row))
}

const CAPTIONS = [
  'a black cat on the old table',
  'eine schwarze Katze auf dem Tisch',
  '机の上の黒い猫',
  '红色的汽车',
  'IMG_2041',
  'image not available',
  '&nbsp;',
  '',
  'don’t',
  'x'.repeat(2000),
  'cat',
  'แมวสีดำนั่งอยู่',
]
