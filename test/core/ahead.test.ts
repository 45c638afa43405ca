import { describe, expect, it } from 'vitest'
import { ahead } from '../../src/core/ahead.ts'

describe('ahead', () => {
  it('gives results in the order of the items, so many of them worked on at once', async () => {
    let [open, most] = [0, 0]
    const work = async (n: number) => {
      most = Math.max(most, ++open)
      for (let turns = 10 - n; turns > 0; turns--) await Promise.resolve()
      open--
      return n
    }
    const found = []
    for await (const n of ahead([1, 2, 3, 4, 5], 3, work)) found.push(n)
    expect([found, most]).toEqual([[1, 2, 3, 4, 5], 3])
  })

  it.each(['leaves', 'fails'])(
    'ends what is in flight, and waits for it, where its reader %s',
    async (how) => {
      const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
      let ended = 0
      const work = async (n: number) => {
        if (n > 1) await stopped
        ended++
      }
      const read = async () => {
        for await (const _ of ahead([1, 2, 3, 4], 3, work, stop)) {
          if (how === 'leaves') return
          throw new Error('full')
        }
      }
      if (how === 'fails') await expect(read()).rejects.toThrow('full')
      else await read()
      expect(ended).toBe(3)
    },
  )
})
