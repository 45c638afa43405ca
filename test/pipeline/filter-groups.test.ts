import { describe, expect, it } from 'vitest'
import { planPipeline, type PairloomError } from '../../src/index.ts'
import { pipelineBench } from './harness.ts'

const bench = pipelineBench()

const pipeline = (filters: Record<string, unknown>) => ({
  name: 'groups',
  plugins: ['./fixtures/memory.ts'],
  stages: { rows: { use: 'memory/rows', rows: 100, partitions: 2 }, clean: { filters } },
})

const faultsOf = (filters: Record<string, unknown>) =>
  planPipeline(pipeline(filters), { base: import.meta.dirname }).then(
    () => [],
    (error: PairloomError) =>
      error.message
        .split('\n')
        .slice(1)
        .map((line) => line.trim()),
  )

describe('any, all and not in a group of filters', () => {
  it('decide as they say, in worker processes', async () => {
    const { error, tally } = await bench.run(
      pipeline({
        any: [{ length: { min: 21 } }, { not: { length: { min: 2 } } }],
      }),
    )
    expect(error).toBeNull()
    // Of 0 to 99, one in ten is called x; "a picture of thing 7" has 20 characters, "a picture of thing 17" 21.
    expect(tally('clean')).toMatchObject({
      kept: 91,
      dropped: 9,
      reasons: { 'dropped.filter/any.no-alternative': 9 },
    })
  })

  it('enter the fingerprint', async () => {
    const prints = await Promise.all(
      [
        { any: [{ length: { min: 3 } }, { words: {} }] },
        { all: [{ length: { min: 3 } }, { words: {} }] },
        { any: [{ length: { min: 3 }, words: {} }] },
        { length: { min: 3 }, words: {} },
      ].map(async (filters) => {
        const plan = await planPipeline(pipeline(filters), { base: import.meta.dirname })
        return plan.stages.at(-1)!.fingerprint
      }),
    )
    expect(new Set(prints).size).toBe(4)
  })

  it.each([
    [{ any: {} }, 'stages.clean.filters.any: expected a list of maps of filters in any:, got {}'],
    [{ any: [] }, 'stages.clean.filters.any: expected a list of maps of filters in any:, got []'],
    [{ any: ['words'] }, 'stages.clean.filters.any.0: expected a map of filters, got "words"'],
    [{ not: {} }, 'stages.clean.filters.not: expected a map of filters, got {}'],
    [{ any: [{ word: {} }] }, 'stages.clean.filters.any.0.word: no filter is called "word"'],
    [{ all: [{ not: { words: { min: -1 } } }] }, 'stages.clean.filters.all.0.not.words.min'],
    [{ any: [{ threshold: { columns: { clip: { min: 1 } } } }] }, 'filter/threshold reads clip, which rows'],
    [{ threshold: { columns: { url: { min: 1 } } } }, 'needs numbers, got column url of type utf8'],
  ])('%j is refused with its place', async (filters, fault) => {
    const faults = await faultsOf(filters)
    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain(fault)
  })
})
