import { describe, expect, it } from 'vitest'
import { collect } from '../../../src/core/index.ts'
import { capitalization } from '../../../src/filter/index.ts'
import { captionRow } from '../rows.ts'

describe('filter/capitalization', () => {
  it.each([
    { caption: 'A black cat', begin: 'upper', share: 1 / 3 },
    { caption: 'a Black Cat', begin: 'lower', share: 2 / 3 },
    { caption: '“Élan” vital', begin: 'upper', share: 1 / 2 },
    { caption: '2 Cats', begin: 'upper', share: 1 }, // numbers have no case
    { caption: '3d model', begin: 'lower', share: 0 },
    { caption: 'Москва река', begin: 'upper', share: 1 / 2 },
    { caption: '红色的汽车', begin: 'none', share: 0 },
    { caption: '', begin: 'none', share: 0 },
  ])('measures $caption', async ({ caption, begin, share }) => {
    const { kept } = await collect(capitalization, [captionRow(caption)], { beginsUpper: false })
    expect(kept[0]).toMatchObject({ capitalization_begin: begin, capitalization_upper_words: share })
  })

  it.each([
    { caption: 'A cat', verdict: 'kept' }, // half: the limit, inclusive
    { caption: 'A Cat', verdict: 'dropped.many-capitalised' },
    { caption: 'a cat', verdict: 'dropped.begins-small' },
    { caption: '猫', verdict: 'kept' },
  ])('with a limit of .5, $caption is $verdict', async ({ caption, verdict }) => {
    const { counters } = await collect(capitalization, [captionRow(caption)], { maxUpperWords: 0.5 })
    expect(counters).toEqual({ [verdict]: 1 })
  })
})
