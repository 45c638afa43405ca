import { describe, expect, it } from 'vitest'
import { openOriginCache } from '../../src/crawl/origin-cache.ts'

const MIB = 2 ** 20

describe('openOriginCache', () => {
  it('forgets the origins used longest ago where their files are too large', async () => {
    const loads: string[] = []
    const open = openOriginCache((origin) => {
      loads.push(origin)
      return Promise.resolve({ bytes: MIB })
    })
    for (let i = 0; i < 16; i++) await open(`o${i}`)
    // Used again, it is the newest.
    await open('o0')
    await open('o16')
    expect(loads).toHaveLength(17)
    await open('o0')
    expect(loads).toHaveLength(17)
    await open('o1')
    expect(loads.slice(17)).toEqual(['o1'])
  })

  it('keeps a file that is larger than all, while it is the newest', async () => {
    let loads = 0
    const open = openOriginCache(() => Promise.resolve({ bytes: (++loads, 100 * MIB) }))
    await open('large')
    await open('large')
    expect(loads).toBe(1)
    await open('other')
    await open('large')
    expect(loads).toBe(3)
  })
})
