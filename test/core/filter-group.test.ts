import { z } from 'zod'
import { describe, expect, it } from 'vitest'
import { defineFilter, runFilters, type Filter, type FilterNode, type Row } from '../../src/core/index.ts'

let looks = 0
const limits = z.strictObject({ min: z.number().default(0), unit: z.number().default(1) })
const number = (name: string, more: Partial<Filter> = {}) =>
  defineFilter({
    name: `test/${name}`,
    version: 1,
    summary: 'Compare a number',
    options: limits,
    reads: [name],
    measures: { value: { type: 'float64', doc: 'the number' } },
    measuredBy: ['unit'],
    measure(row: Row, { unit }) {
      looks++
      return { value: (row[name] as number) * unit }
    },
    rules: ({ min }) => [{ reason: 'small', measure: 'value', atLeast: min }],
    ...(more as object),
  })
const a = number('a')
const b = number('b')
const costly = number('c', { cost: 'costly' })
const member = (filter: Filter, min: number, unit = 1): FilterNode => ({ filter, options: { min, unit } })

async function run(group: FilterNode[], rows: Row[]) {
  const dropped: Row[] = []
  const kept: Row[] = []
  const input = (async function* () {
    yield await Promise.resolve(rows)
  })()
  const drop = (row: Row, verdict: object) => void dropped.push({ ...row, ...verdict })
  for await (const batch of runFilters(group, input, { drop })) kept.push(...batch)
  return { kept, dropped }
}

describe('a combination of filters', () => {
  const any: FilterNode = { combine: 'any', of: [[member(a, 5)], [member(a, 1), member(b, 3)]] }

  it.each([
    [5, 0, true],
    [4, 3, true],
    [4, 2, false],
    [0, 9, false],
    [NaN, 9, false],
  ])('any: a = %d, b = %d is kept: %j', async (x, y, isKept) => {
    const { kept, dropped } = await run([any], [{ a: x, b: y }])
    expect(kept).toHaveLength(isKept ? 1 : 0)
    const [row] = [...kept, ...dropped]
    expect(row).toMatchObject({ a_value: x, b_value: y })
  })

  it('names which failed, with value and limit', async () => {
    const { dropped } = await run([any], [{ a: 4, b: 2 }])
    expect(dropped[0]).toMatchObject({
      status: 'dropped',
      rule: 'filter/any',
      reason: 'no-alternative',
      value: 'a small 4 | b small 2',
      limit: 'any of a (value >= 5) | a (value >= 1), b (value >= 3)',
    })
  })

  it('not: drops what passes the whole group alone', async () => {
    const not: FilterNode = { combine: 'not', of: [[member(a, 1), member(b, 1)]] }
    const { kept, dropped } = await run(
      [not],
      [
        { a: 1, b: 1 },
        { a: 1, b: 0 },
        { a: 0, b: 1 },
        { a: NaN, b: 1 },
      ],
    )
    expect(kept).toHaveLength(3)
    expect(dropped).toMatchObject([{ rule: 'filter/not', reason: 'excluded', value: 'passes a, b' }])
  })

  it('all: lets several conditions of a kind stand beside each other', async () => {
    const one = (min: number): FilterNode => ({ combine: 'any', of: [[member(a, min)], [member(b, min)]] })
    const all: FilterNode = { combine: 'all', of: [[one(1)], [{ combine: 'not', of: [[one(5)]] }]] }
    const { kept, dropped } = await run(
      [all],
      [
        { a: 1, b: 0 },
        { a: 0, b: 0 },
        { a: 0, b: 5 },
      ],
    )
    expect(kept).toMatchObject([{ a: 1 }])
    expect(dropped.map((r) => r.rule)).toEqual(['filter/any', 'filter/not'])
  })

  it('measures a row once for all alternatives that measure alike', async () => {
    looks = 0
    await run([any], [{ a: 1, b: 1 }])
    expect(looks).toBe(2)
    looks = 0
    const group: FilterNode = { combine: 'any', of: [[member(a, 5, 1)], [member(a, 5, 10)]] }
    const { kept } = await run([group], [{ a: 1 }])
    expect(looks).toBe(2)
    expect(kept).toMatchObject([{ a_value: 1 }]) // 10 x 1 holds; the column is the first one's
  })

  it('takes costly measures of rows alone that nothing cheap has dropped, wherever it stands', async () => {
    looks = 0
    const either: FilterNode = { combine: 'any', of: [[member(costly, 5)], [member(a, 5)]] }
    const { kept, dropped } = await run(
      [either, member(b, 1)],
      [
        { a: 9, b: 0, c: 9 },
        { a: 9, b: 1, c: 0 },
        { a: 0, b: 1, c: 0 },
      ],
    )
    expect(looks).toBe(3 + 3 + 2)
    expect(kept).toMatchObject([{ c: 0, c_value: 0 }])
    expect(dropped).toMatchObject([
      { rule: 'test/b', c_value: null, a_value: 9 },
      { rule: 'filter/any', c_value: 0, a_value: 0 },
    ])
  })
})
