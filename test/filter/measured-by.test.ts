import { describe, expect, it } from 'vitest'
import type { Filter } from '../../src/core/filter.ts'
import { builtinStages } from '../../src/pipeline/registry.ts'

const GIVEN: Record<string, Record<string, unknown>> = {
  'filter/matches': { patterns: ['cat$'] },
}
const ROW = {
  texts: [{ kind: 'alt', text: 'A small cat', language: null, score: null, page: null }],
  caption: 0,
  original_width: 640,
  original_height: 480,
}

const filters = [...(await builtinStages()).values()].filter(
  (s): s is Filter => s.kind === 'filter' && s.measuredBy !== undefined,
)

describe('options that no measure depends on', () => {
  it('are declared by all filters of captions and pictures', () => {
    expect(filters.map((f) => f.name)).toEqual(
      expect.arrayContaining(['filter/words', 'filter/language', 'filter/image-size']),
    )
  })

  // `pairloom whatif` holds stored measures against other values of these.
  it.each(filters.filter((f) => f.options.safeParse(GIVEN[f.name] ?? {}).success))(
    'of $name are never read while it measures',
    async (filter) => {
      const read = new Set<string>()
      const options = new Proxy(filter.options.parse(GIVEN[filter.name] ?? {}), {
        get(all: Record<string, unknown>, name: string) {
          read.add(name)
          return all[name]
        },
      })
      filter.measure(ROW, options, await filter.prepare?.(options))
      expect([...read].filter((name) => !filter.measuredBy!.includes(name))).toEqual([])
    },
  )
})
