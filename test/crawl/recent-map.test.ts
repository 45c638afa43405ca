import { expect, it } from 'vitest'
import { openRecentMap } from '../../src/crawl/recent-map.ts'

it('forgets what was set or asked for longest ago', () => {
  const map = openRecentMap<number>(2)
  map.set('a', 1)
  map.set('b', 2)
  expect(map.get('a')).toBe(1)
  map.set('c', 3)
  expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([1, undefined, 3])
})
