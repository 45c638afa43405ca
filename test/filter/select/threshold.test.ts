import { describe, expect, it } from 'vitest'
import { collect } from '../../../src/core/index.ts'
import { threshold } from '../../../src/filter/index.ts'

const verdicts = async (values: unknown[], options: Record<string, unknown>) => {
  const rows = values.map((score, i) => ({ uid: `${i}`, score }))
  const { kept, rejects } = await collect(threshold, rows, options)
  const said = new Map(rejects.map((r) => [r.uid, r.reason]))
  expect(kept.every((row) => Object.keys(row).length === 2)).toBe(true)
  return rows.map((row) => said.get(row.uid) ?? 'kept')
}

describe('filter/threshold', () => {
  it('keeps what is at a limit, and drops what is just beyond', async () => {
    const columns = { score: { min: 0.28, max: 0.5 } }
    expect(await verdicts([0.28, 0.279999, 0.5, 0.500001, -Infinity, Infinity], { columns })).toEqual([
      'kept',
      'score-too-low',
      'kept',
      'score-too-high',
      'score-too-low',
      'score-too-high',
    ])
    expect(await verdicts([0, -1e-9], { columns: { score: { min: 0 } } })).toEqual(['kept', 'score-too-low'])
  })

  it('drops null and NaN as unmeasured, or keeps them where told so', async () => {
    const columns = { score: { min: 0 } }
    expect(await verdicts([null, NaN, -1], { columns })).toEqual([
      'unmeasured',
      'unmeasured',
      'score-too-low',
    ])
    expect(await verdicts([null, NaN, -1], { columns, missing: 'keep' })).toEqual([
      'kept',
      'kept',
      'score-too-low',
    ])
  })

  it('says the value and the limit, of the first column that breaks one', async () => {
    const rows = [{ uid: 'a', clip_score: 0.3, width: 99 }]
    const { rejects } = await collect(threshold, rows, {
      columns: { clip_score: { min: 0.28 }, width: { min: 100 } },
    })
    expect(rejects[0]).toMatchObject({
      rule: 'filter/threshold',
      reason: 'width-too-low',
      value: '99',
      limit: '>= 100',
    })
  })

  it.each([{ columns: {} }, { columns: { a: {} } }, { columns: { a: { min: 2, max: 1 } } }, {}])(
    'refuses %j',
    (options) => {
      expect(threshold.options.safeParse(options).success).toBe(false)
    },
  )
})
