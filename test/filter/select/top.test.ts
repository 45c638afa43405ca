import { describe, expect, it } from 'vitest'
import { hash128, LINK_COLUMNS, seededRandom, type Columns, type Row } from '../../../src/core/index.ts'
import { top } from '../../../src/filter/index.ts'
import { linkRow, runGlobal, verdictsOf } from '../global-stage.ts'

const columns: Columns = {
  ...LINK_COLUMNS,
  score: { type: 'float64', nullable: true, doc: 'a score' },
  level: { type: 'int32', nullable: true, doc: 'a whole number' },
  language: { type: 'utf8', nullable: true, doc: 'a group' },
}
const row = (name: string, score: number | null, more: Row = {}) =>
  linkRow(name, name, { score, level: null, language: null, ...more })
const run = (rows: Row[], options: Record<string, unknown>) => runGlobal(top, rows, options, { columns })
const names = async (rows: Row[], options: Record<string, unknown>) => {
  const said = verdictsOf(await run(rows, options))
  return Object.keys(said).filter((name) => said[name] === 'kept')
}

describe('filter/top', () => {
  const ladder = [5, 1, 4, 2, 3].map((score) => row(`s${score}`, score))

  it.each([
    [{ count: 2 }, ['s4', 's5']],
    [{ count: 2, order: 'lowest' }, ['s1', 's2']],
    [{ count: 9 }, ['s1', 's2', 's3', 's4', 's5']],
    [{ fraction: 0.4 }, ['s4', 's5']], // 2 of 5
    [{ fraction: 0.400000001 }, ['s3', 's4', 's5']], // rounded up
    [{ fraction: 1 }, ['s1', 's2', 's3', 's4', 's5']],
    [{ fraction: 1e-9 }, ['s5']],
  ])('%j keeps %j', async (options, expected) => {
    expect(await names(ladder, { by: 'score', ...options })).toEqual(expected)
  })

  it('takes the smaller uid of equal numbers', async () => {
    const rows = ['a', 'b', 'c', 'd'].map((name) => row(name, 0.5))
    const [best] = rows.map((r) => r.uid as string).toSorted()
    const { kept, rejects } = await run(rows, { by: 'score', count: 1 })
    expect(kept.map((r) => r.uid)).toEqual([best])
    expect(rejects[0]).toMatchObject({
      rule: 'filter/top',
      reason: 'not-top',
      value: '0.5',
      limit: `>= 0.5, uid <= ${best} where equal`,
    })
  })

  it('counts neither null nor NaN, and drops or keeps them', async () => {
    const rows = [row('a', null), row('b', NaN), row('c', Infinity), row('d', 1), row('e', -Infinity)]
    const half = { by: 'score', fraction: 0.5 } // 2 of 3
    expect(verdictsOf(await run(rows, half))).toEqual({
      ...{ a: 'unmeasured null', b: 'unmeasured null', c: 'kept', d: 'kept', e: 'not-top -Infinity' },
    })
    expect(await names(rows, { ...half, missing: 'keep' })).toEqual(['a', 'b', 'c', 'd'])
    expect(await names([row('a', null)], half)).toEqual([])
  })

  it('has a top of each group, null one too', async () => {
    const rows = [
      ...[1, 2, 3, 4].map((level) => row(`en${level}`, null, { level, language: 'en' })),
      ...[1, 2].map((level) => row(`de${level}`, null, { level, language: 'de' })),
      ...[7, 8, 9].map((level) => row(`none${level}`, null, { level })),
    ]
    expect(await names(rows, { by: 'level', per: 'language', fraction: 0.5 })).toEqual([
      ...['de2', 'en3', 'en4', 'none8', 'none9'],
    ])
  })

  it('gives the same whatever the order, the files and the passes, and exactly as many', async () => {
    const random = seededRandom('top')
    const rows = Array.from({ length: 1000 }, (_, i) =>
      row(`r${i}`, random.below(20), { language: ['en', 'de', null][random.below(3)], uid: hash128(`${i}`) }),
    )
    const options = { by: 'score', per: 'language', count: 77, partitions: 2 }
    const first = await runGlobal(top, rows, options, { columns })
    expect(first.kept).toHaveLength(3 * 77)
    const more = { columns, files: 3, memoryBytes: 1024 * 1000 }
    expect(await runGlobal(top, random.shuffle(rows), options, more)).toEqual(first)
  })

  it('refuses options and columns that do not go together', () => {
    expect(top.check!({})).toHaveLength(1)
    expect(top.check!({ fraction: 0.1, count: 1 })).toHaveLength(1)
    expect(top.options.safeParse({ by: 'score; --', count: 1 }).success).toBe(false)
    expect(top.options.safeParse({ by: 'score', fraction: 0 }).success).toBe(false)
    expect(top.checkColumns!({ by: 'url', per: 'texts' } as never, columns)).toEqual([
      'filter/top orders by numbers, got column url of type utf8',
      'filter/top groups by texts, whole numbers or booleans, got column texts of type texts',
    ])
  })
})
