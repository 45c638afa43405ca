import { z } from 'zod'
import { describe, expect, it } from 'vitest'
import {
  collect,
  defineFilter,
  judge,
  limitOf,
  measureColumn,
  runtime,
  type Measured,
  type Rule,
} from '../../src/core/index.ts'

const verdict = (rule: Omit<Rule, 'measure' | 'reason'>, value: Measured | undefined) => {
  const said = judge('f', [{ reason: 'bad', measure: 'm', ...rule }], value === undefined ? {} : { m: value })
  return said === null ? 'holds' : said.reason
}

describe('a rule', () => {
  it.each<[Omit<Rule, 'measure' | 'reason'>, Measured | undefined, string]>([
    [{ atLeast: 3 }, 3, 'holds'], // limits are inclusive
    [{ atLeast: 3 }, 2.999, 'bad'],
    [{ atMost: 3 }, 3, 'holds'],
    [{ atMost: 3 }, 3.001, 'bad'],
    [{ atLeast: 1, atMost: 3 }, 2, 'holds'],
    [{ atLeast: 1, atMost: 3 }, 0, 'bad'],
    [{ atLeast: 1, atMost: 3 }, 4, 'bad'],
    [{ atLeast: 0 }, -0, 'holds'],
    [{ atMost: 3 }, Infinity, 'bad'],
    [{ atLeast: 3 }, Infinity, 'holds'],
    [{ atLeast: 3 }, NaN, 'unmeasured'],
    [{ atLeast: 3 }, null, 'unmeasured'],
    [{ atLeast: 3 }, undefined, 'unmeasured'],
    [{ atLeast: -1 }, null, 'unmeasured'], // null is not 0
    [{ noneOf: ['a'] }, null, 'unmeasured'],
    [{ atLeast: 3 }, 'many', 'bad'], // no number holds no limit
    [{ oneOf: ['en', 'de'] }, 'de', 'holds'],
    [{ oneOf: ['en', 'de'] }, 'fr', 'bad'],
    [{ oneOf: [] }, 'fr', 'bad'],
    [{ noneOf: ['en'] }, 'de', 'holds'],
    [{ noneOf: ['en'] }, 'en', 'bad'],
    [{ equals: true }, true, 'holds'],
    [{ equals: true }, false, 'bad'],
    [{ equals: 0 }, '0', 'bad'],
    [{ equals: 'a', noneOf: ['a'] }, 'a', 'bad'], // all given limits must hold
  ])('%j of %j: %s', (rule, value, result) => {
    expect(verdict(rule, value)).toBe(result)
  })

  it('says the value seen and the limit', () => {
    const rules: Rule[] = [
      { reason: 'small', measure: 'side', atLeast: 3, atMost: 9 },
      { reason: 'foreign', measure: 'language', oneOf: ['en', 'de'] },
    ]
    expect(judge('filter/f', rules, { side: 2, language: 'fr' })).toEqual({
      status: 'dropped',
      rule: 'filter/f',
      reason: 'small',
      value: '2',
      limit: '>= 3 and <= 9',
    })
    expect(judge('filter/f', rules, { side: 3, language: 'fr' })).toEqual({
      status: 'dropped',
      rule: 'filter/f',
      reason: 'foreign',
      value: 'fr',
      limit: 'one of en, de',
    })
    expect(judge('filter/f', rules, { side: 3 })).toMatchObject({
      reason: 'unmeasured',
      value: null,
      limit: 'one of en, de',
    })
    expect(limitOf({ reason: '', measure: '', equals: false, noneOf: ['x', 'y'] })).toBe(
      '= false and none of x, y',
    )
  })

  it.each([
    ['filter/image-size', 'shortSide', 'image_size_short_side'],
    ['mine/deep/words', 'count', 'words_count'],
    ['plain', 'x', 'plain_x'],
  ])('of %s, measure %s lies in column %s', (filter, measure, column) => {
    expect(measureColumn(filter, measure)).toBe(column)
  })
})

describe('filters of a group', () => {
  const seen: string[] = []
  const make = (name: string, cost: 'cheap' | 'costly') =>
    defineFilter({
      name: `test/${name}`,
      version: 1,
      summary: '',
      cost,
      options: z.strictObject({ min: z.number().default(2).describe('least') }),
      reads: ['n'],
      measures: { n: { type: 'float64', doc: '' } },
      measure: ({ n }: { n: number }) => {
        seen.push(name)
        return { n }
      },
      rules: ({ min }) => [{ reason: `low-${name}`, measure: 'n', atLeast: min }],
    })

  it('keeps measures on rows kept and dropped, and gives them to no row that was not measured', async () => {
    const { kept, rejects, counters, tally } = await collect(make('one', 'cheap'), [
      { n: 2 },
      { n: 1 },
      { n: NaN },
      {},
    ])
    expect(kept).toEqual([{ n: 2, one_n: 2 }])
    expect(rejects.map((r) => [r.one_n, r.reason, r.value, r.limit])).toEqual([
      [1, 'low-one', '1', '>= 2'],
      [NaN, 'unmeasured', null, '>= 2'],
      [null, 'unmeasured', null, '>= 2'],
    ])
    expect(counters).toEqual({ kept: 1, 'dropped.low-one': 1, 'dropped.unmeasured': 2 })
    expect(tally).toMatchObject({ rowsIn: 4, kept: 1, dropped: 3, failed: 0 })
  })

  it('takes costly measures of rows alone that no cheap rule has dropped', async () => {
    const { runFilters } = await import('../../src/core/index.ts')
    seen.length = 0
    const dropped: unknown[] = []
    const members = [make('costly', 'costly'), make('cheap', 'cheap')].map((filter) => ({
      filter,
      options: { min: 2 },
    }))
    const batches = (async function* () {
      yield await Promise.resolve([{ n: 1 }, { n: 3 }])
    })()
    const kept = []
    for await (const rows of runFilters(members, batches, {
      drop: (row, v) => dropped.push({ ...row, reason: v.reason }),
    }))
      kept.push(...rows)
    expect(kept).toEqual([{ n: 3, cheap_n: 3, costly_n: 3 }])
    expect(dropped).toEqual([{ n: 1, cheap_n: 1, costly_n: null, reason: 'low-cheap' }])
    expect(seen).toEqual(['cheap', 'cheap', 'costly'])
  })

  it('leaves the rows it gets as they were', async () => {
    const row = Object.freeze({ n: 5 })
    expect((await collect(make('one', 'cheap'), [row])).kept[0]).not.toBe(row)
    expect(row).toEqual({ n: 5 })
  })

  it('checks options with the schema', async () => {
    await expect(collect(make('one', 'cheap'), [], { mni: 3 })).rejects.toThrow('mni')
    expect(runtime(z.int()).meta()).toEqual({ effect: 'runtime' })
  })
})
