import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/index.ts'
import { chooseEdges } from '../../src/pipeline/report/edges.ts'

describe('chooseEdges', () => {
  it.each([
    { min: 1, max: 5, whole: true, limits: [], scale: 'linear', at: [1, 2, 3, 4, 5, 6] },
    { min: 3, max: 3, whole: true, limits: [], scale: 'linear', at: [3, 4] },
    { min: 0, max: 0, whole: false, limits: [], scale: 'linear', at: [0, 1] },
    { min: 1, max: 3, whole: true, limits: [2], scale: 'linear', at: [1, 2, 3, 4] },
    {
      min: 0,
      max: 100,
      whole: true,
      limits: [],
      scale: 'log',
      at: [0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100, 125],
    },
  ])('parts $min to $max, limits $limits', ({ min, max, whole, limits, scale, at }) => {
    expect(
      chooseEdges(
        min,
        max,
        whole,
        limits.map((limit) => ({ at: limit })),
      ),
    ).toMatchObject({ scale, at })
  })

  it('leaves out a limit far outside, and makes room for one just outside', () => {
    expect(chooseEdges(10, 300, true, [{ at: 100_001 }]).limits).toEqual([null])
    const { at, limits } = chooseEdges(1, 2.5, false, [{ at: 3 }])
    expect(at[limits[0]!]).toBe(3)
  })

  it('holds every value in rising bins, few enough to draw, with an edge at each limit', () => {
    const random = seededRandom('edges')
    for (let i = 0; i < 2000; i++) {
      const whole = random.next() < 0.5
      const number = () => {
        const value = (random.next() - (random.next() < 0.3 ? 0.5 : 0)) * 10 ** (random.below(11) - 3)
        return whole ? Math.round(value) + 0 : value
      }
      const [min, max] = [number(), number()].sort((a, b) => a - b) as [number, number]
      const limits = [number(), number()].slice(0, random.below(3)).map((at) => ({ at }))
      const edges = chooseEdges(min, max, whole, limits)
      const said = JSON.stringify({ min, max, whole, limits, edges })
      expect(edges.at[0], said).toBeLessThanOrEqual(min)
      expect(edges.at.at(-1), said).toBeGreaterThan(max)
      expect(edges.at.length, said).toBeLessThan(80)
      expect(
        edges.at.every((edge, j) => j === 0 || edge > edges.at[j - 1]!),
        said,
      ).toBe(true)
      edges.limits.forEach((edge, j) => {
        if (edge !== null) expect(edges.at[edge], said).toBe(limits[j]!.at)
        else expect(limits[j]!.at < min || limits[j]!.at > max, said).toBe(true)
      })
    }
  })
})
