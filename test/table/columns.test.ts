import { describe, expect, it } from 'vitest'
import type { ColumnType } from '../../src/core/column.ts'
import { arrowBatch, arrowSchema } from '../../src/table/arrow-batch.ts'

function batch(type: ColumnType, values: unknown[], nullable = false) {
  const columns = { it: { type, nullable, doc: '' } }
  return arrowBatch(
    columns,
    arrowSchema(columns),
    values.map((it) => ({ it })),
  )
}

const text = { kind: 'alt', text: 'x', language: null, score: null, page: null }

describe('a value of another type than its column', () => {
  it.each<[ColumnType, unknown]>([
    ['utf8', 5],
    ['utf8', true],
    ['utf8', ['x']],
    ['binary', 'x'],
    ['binary', [1]],
    ['bool', 'yes'],
    ['bool', 0],
    ['int32', 1.5],
    ['int32', '5'],
    ['int32', NaN],
    ['int32', 2 ** 31],
    ['int32', -(2 ** 31) - 1],
    ['int64', 2 ** 53],
    ['int64', 1.5],
    ['int64', '5'],
    ['float64', '5'],
    ['float64', true],
    ['list<utf8>', 'abc'],
    ['list<utf8>', [1]],
    ['list<utf8>', [null]],
    ['list<utf8>', { length: 1 }],
    ['texts', text],
    ['texts', ['x']],
    ['texts', [{ ...text, text: undefined }]],
    ['texts', [{ ...text, score: 'high' }]],
    ['texts', [null]],
  ])('%s column, value %j: PL_COLUMN names the column and the value', (type, value) => {
    const bytes = new Uint8Array(1)
    const numbers = { int32: 1, int64: 1, float64: 1 }
    const good = { utf8: 'x', binary: bytes, bool: true, ...numbers, 'list<utf8>': [], texts: [] }[type]
    const said = (() => {
      try {
        batch(type, [good, value, good])
        return null
      } catch (error) {
        return error as Error
      }
    })()
    expect(said).toMatchObject({ code: 'PL_COLUMN', effect: 'abort', data: { column: 'it' } })
    expect(said!.message).toMatch(/^Expected .* in column it, got \S/)
  })

  it.each<[ColumnType, unknown]>([
    ['int32', 2 ** 31 - 1],
    ['int32', -(2 ** 31)],
    ['int64', Number.MAX_SAFE_INTEGER],
    ['int64', -5],
    ['float64', NaN],
    ['float64', -0],
    ['float64', Infinity],
    ['bool', false],
    ['utf8', ''],
    ['utf8', '\ud800'],
    ['binary', new Uint8Array(0)],
    ['binary', Buffer.from([0, 255])],
    ['list<utf8>', []],
    ['list<utf8>', ['', 'é']],
    ['texts', [text]],
  ])('%s column takes %j', (type, value) => {
    expect(batch(type, [value]).numRows).toBe(1)
  })

  it.each<ColumnType>(['utf8', 'binary', 'bool', 'int32', 'int64', 'float64', 'list<utf8>', 'texts'])(
    '%s: null only where the column says so',
    (type) => {
      expect(batch(type, [null, undefined], true).getChildAt(0)!.nullCount).toBe(2)
      for (const nothing of [null, undefined]) {
        expect(() => batch(type, [nothing])).toThrow(
          'Expected a value in column it, got none in row 0: is it nullable?',
        )
      }
    },
  )

  it('takes lists longer than a function takes arguments', () => {
    const long = Array.from({ length: 300_000 }, (_, i) => `${i}`)
    expect(batch('list<utf8>', [long]).numRows).toBe(1)
  })
})
