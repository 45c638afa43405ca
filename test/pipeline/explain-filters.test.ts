import { describe, expect, it } from 'vitest'
import { language, threshold, words } from '../../src/filter/index.ts'
import { filterSteps } from '../../src/pipeline/explain-filters.ts'

const few = { filter: words, options: { min: 3, max: 9 } }
const score = { filter: threshold, options: { columns: { score: { min: 0.5 } }, missing: 'drop' } }
const english = { filter: language, options: { keep: ['en'], minConfidence: 0, agree: false } }

describe('explained filters', () => {
  it('show a combination, and each rule in it with value and limit', () => {
    const row = { words_count: 2, score: 0.7, status: 'dropped', language_label: null }
    const group = [
      { combine: 'any' as const, of: [[few], [score]] },
      { combine: 'not' as const, of: [[score]] },
    ]
    expect(
      filterSteps('clean', group, row).map((s) => `${s.verdict} ${s.rule}: ${s.value} ${s.limit}`),
    ).toEqual([
      'holds filter/any: null null',
      'breaks any 1 > filter/words: too-few-words (count): 2 >= 3',
      'holds any 1 > filter/words: too-many-words (count): 2 <= 9',
      'holds any 2 > filter/threshold: score-too-low (score): 0.7 >= 0.5',
      'breaks filter/not: null null',
      'holds not > filter/threshold: score-too-low (score): 0.7 >= 0.5',
    ])
  })

  it('do not judge by what was not measured', () => {
    const row = { words_count: 1, score: 0, status: 'dropped' }
    const either = { combine: 'any' as const, of: [[english], [score]] }
    expect(filterSteps('clean', [few, either], row)[2]).toMatchObject({ verdict: 'not measured' })
  })
})
