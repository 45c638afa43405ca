import { describe, expect, it } from 'vitest'
import { subjectsOf } from '../../../src/pipeline/takedown/subjects.ts'

describe('uids that are not of our form', () => {
  it('are looked for once, all together, and never those that are', async () => {
    const hex = 'A'.repeat(32)
    const asked: (readonly string[])[] = []
    const known = (uids: readonly string[]) => {
      asked.push(uids)
      return Promise.resolve(new Set(uids))
    }
    const subjects = await subjectsOf({ uid: [hex, ' shop-1', 'shop-2 '] }, known)
    expect(asked).toEqual([['shop-1', 'shop-2']])
    expect(subjects.map((s) => s.value)).toEqual([hex.toLowerCase(), 'shop-1', 'shop-2'])
    asked.length = 0
    await subjectsOf({ uid: [hex], domain: ['a.test'] }, known)
    expect(asked).toEqual([])
  })

  it('are refused, all of them, where the run has them not', async () => {
    const none = () => Promise.resolve(new Set<string>())
    await expect(subjectsOf({ uid: ['x', '', 'y'] }, none)).rejects.toThrow(/got "x"[^]*got ""[^]*got "y"/)
  })
})
