import { describe, expect, it } from 'vitest'
import {
  addCounters,
  addTally,
  columnName,
  emptyTally,
  ERRORS,
  isPairloomError,
  PairloomError,
  toPairloomError,
  type Tally,
} from '../../src/core/index.ts'

describe('counters', () => {
  const some: Tally = {
    rowsIn: 5,
    kept: 2,
    dropped: 2,
    failed: 1,
    reasons: { a: 2, b: 1 },
    counters: { bytes: 10 },
  }

  it('add up, whatever the order', () => {
    const more: Tally = {
      rowsIn: 1,
      kept: 0,
      dropped: 1,
      failed: 0,
      reasons: { a: 1, c: 1 },
      counters: { bytes: 1, requests: 2 },
    }
    const sum = {
      rowsIn: 6,
      kept: 2,
      dropped: 3,
      failed: 1,
      reasons: { a: 3, b: 1, c: 1 },
      counters: { bytes: 11, requests: 2 },
    }
    expect([some, more].reduce(addTally, emptyTally())).toEqual(sum)
    expect([more, some].reduce(addTally, emptyTally())).toEqual(sum)
  })

  it('leave what is added as it was', () => {
    const copy = structuredClone(some)
    const into = addTally(emptyTally(), some)
    addTally(into, some)
    expect(some).toEqual(copy)
    expect(addCounters({}, {})).toEqual({})
  })
})

describe('columnName', () => {
  it.each([
    [['imageSize', 'shortSide'], 'image_size_short_side'],
    [['file-name', 'isName'], 'file_name_is_name'],
    [['p90'], 'p90'],
    [['a b', 'C'], 'a_b_c'],
  ])('%j is %s', (words, name) => {
    expect(columnName(...words)).toBe(name)
  })
})

describe('PairloomError', () => {
  it('has an effect for every code, and a meaning', () => {
    for (const [code, [effect, meaning]] of Object.entries(ERRORS)) {
      expect(code).toMatch(/^PL_[A-Z_]+$/)
      expect(['drop', 'retry', 'abort']).toContain(effect)
      expect(meaning).toMatch(/^[a-z].*[a-z]$|^the SQL/i)
      expect(new PairloomError(code as keyof typeof ERRORS, '').effect).toBe(effect)
    }
  })

  it('crosses processes as JSON', () => {
    const error = new PairloomError('PL_STORE_FULL', 'no room', {
      data: { path: 'a' },
      cause: new Error('x'),
    })
    const back = JSON.parse(JSON.stringify(error)) as object
    expect(back).toEqual({ code: 'PL_STORE_FULL', message: 'no room', data: { path: 'a' } })
    expect(isPairloomError(back)).toBe(true)
    expect(toPairloomError(back)).toMatchObject({
      name: 'PairloomError',
      code: 'PL_STORE_FULL',
      effect: 'abort',
      data: { path: 'a' },
    })
    expect(toPairloomError(error)).toBe(error)
  })

  it.each([
    [new TypeError('odd'), 'odd'],
    ['text', 'text'],
    [null, 'null'],
    [undefined, 'undefined'],
    [Object.assign(new Error('disk'), { code: 'ENOSPC' }), 'disk'],
    [{ code: 'toString', message: 'x' }, '[object Object]'],
  ])('takes any thrown value: %j', (thrown, message) => {
    expect(toPairloomError(thrown)).toMatchObject({ code: 'PL_STAGE', message, cause: thrown })
    expect(toPairloomError(thrown, 'PL_TABLE').code).toBe('PL_TABLE')
  })
})
