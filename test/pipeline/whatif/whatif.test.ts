import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { planPipeline, type PipelineInput } from '../../../src/index.ts'
import { whatIf, type WhatIfOptions } from '../../../src/pipeline/whatif/whatif.ts'
import { pipelineBench } from '../harness.ts'

const bench = pipelineBench()
const BASE = join(import.meta.dirname, '..')
const TEXTS = [
  'cat',
  'a cat',
  'a small cat',
  'a small cat sleeps',
  'SALE!!!!!!!!!!!! now and here',
  'two two two two words',
  'IMG_2041.JPG',
  '',
  'ein kleiner Hund schläft auf dem Sofa',
  'un petit chien dort sur le canapé',
  'кошка спит на старом диване',
  '猫がソファで眠っている写真です',
  "it's 100% cotton, isn't it?",
  'a photo of a big red double-decker bus in London',
  'x'.repeat(2000),
]

type Filters = Record<string, unknown>

const LISTED = TEXTS.map((text, i) => ({ url: `http://www.site${i % 3}.test/${i}.jpg`, text }))

function pipeline(filters: Filters, change: { seed?: string; repeat?: number } = {}): PipelineInput {
  return {
    name: 'whatif',
    seed: change.seed ?? '0',
    plugins: ['./fixtures/memory.ts', './fixtures/trouble.ts'],
    stages: {
      rows: { use: 'trouble/listed', lists: [LISTED.slice(0, 7), LISTED.slice(7)] },
      clean: { filters },
      store: { use: 'memory/store', repeat: change.repeat ?? 3 },
    },
  } as PipelineInput
}

async function planned(filters: Filters, change = {}) {
  return planPipeline(pipeline(filters, change), { base: BASE, run: join(bench.folder, 'a', 'run') })
}

async function ask(filters: Filters, options: WhatIfOptions = {}, change = {}) {
  return whatIf(bench.runFolder(), await planned(filters, change), options)
}

const TEXT = { words: { min: 2 }, repetition: { maxRun: 20 }, characters: { max: 40 } }

describe('what if', () => {
  it.each<{ before: Filters; after: Filters }>([
    { before: TEXT, after: { ...TEXT, words: { min: 4, max: 5 } } },
    {
      before: TEXT,
      after: { words: { min: 1 }, repetition: { maxRun: 3 }, characters: { min: 1, max: 2000 } },
    },
    {
      before: { any: [{ words: { min: 6 } }, { characters: { min: 25 } }], capitalization: {} },
      after: {
        any: [{ words: { min: 4 } }, { characters: { min: 30 } }],
        capitalization: { beginsUpper: true },
      },
    },
    {
      before: { not: { words: { min: 3 } }, all: [{ words: { min: 0 } }, { 'character-shares': {} }] },
      after: {
        not: { words: { min: 4 } },
        all: [{ words: { min: 0 } }, { 'character-shares': { maxUpper: 0.2 } }],
      },
    },
    {
      before: { language: { keep: ['en'] } },
      after: { language: { keep: ['en', 'de', 'ja'], minConfidence: 0.7 } },
    },
  ])('$before -> $after is told as a run has it', async ({ before, after }) => {
    expect((await bench.run(pipeline(before), { workers: 1 })).error).toBeNull()
    const found = await ask(after)
    const ran = await bench.run(pipeline(after), { workers: 1 }, 'b')
    const { kept, dropped, reasons } = ran.tally('clean')
    expect(found.unknown.rows).toBe(0)
    expect(found.after.kept).toEqual({ rows: kept, low: kept, high: kept })
    expect(found.after.dropped.rows).toBe(dropped)
    const told = found.reasons.filter((r) => r.after.rows > 0)
    expect(Object.fromEntries(told.map((r) => [`dropped.${r.reason}`, r.after.rows]))).toEqual(reasons)
  })

  it('calls unknown what a costly filter has not seen, and guesses none of it', async () => {
    const before = { words: { min: 4 }, language: { keep: ['en'] } }
    expect((await bench.run(pipeline(before), { workers: 1 })).error).toBeNull()
    const short = TEXTS.filter((text) => /^a (small )?cat$/.test(text)).length
    const found = await ask({ words: { min: 2 }, language: { keep: ['en'] } })
    expect(found.unknown.rows).toBeGreaterThanOrEqual(short)
    expect(found.newlyKept.rows).toBe(0)
    const { kept, dropped } = found.after
    expect(kept.rows + dropped.rows + found.unknown.rows).toBe(TEXTS.length)
    const unknownBy = found.fairness.map((f) => f.groups.reduce((sum, g) => sum + g.unknown, 0))
    expect(unknownBy).toEqual(found.fairness.map(() => found.unknown.rows))
    expect(found.fairness.map((f) => f.by)).toEqual(['language', 'script', 'domain'])
    const scripts = found.fairness[1]!.groups.map((g) => g.value)
    expect(scripts).toEqual(expect.arrayContaining(['Latin', 'Cyrillic', 'Han', null]))
  })

  it('refuses what only a run can tell, and says why', async () => {
    expect((await bench.run(pipeline(TEXT), { workers: 1 })).error).toBeNull()
    const says = async (answer: Promise<unknown>, message: RegExp) => {
      const error: unknown = await answer.then(
        () => null,
        (thrown: unknown) => thrown,
      )
      expect(error).toMatchObject({ code: 'PL_USAGE', message: expect.stringMatching(message) as string })
    }
    await says(
      ask({ ...TEXT, words: { min: 2, unit: 'tokens' } }),
      /got clean.words.unit "tokens" where it was "words": it changes what is measured; run again/,
    )
    await says(ask(TEXT), /Expected a limit that differs from the run, got none/)
    await says(ask(TEXT, {}, { seed: '1' }), /the seed of the run, 0, got 1/)
    await says(ask(TEXT, {}, { repeat: 4 }), /got store.repeat 4 where it was 3/)
    await says(ask({ words: { min: 2 } }), /the filters of the run in clean, .*got filter\/words/)

    const sampled = await ask({ ...TEXT, words: { min: 4 } }, { sample: 0.5 })
    expect(sampled.sample!.rows).toBeLessThan(TEXTS.length)
    const { rows, low, high } = sampled.after.kept
    expect(low).toBeLessThan(high)
    expect(rows).toBeGreaterThanOrEqual(low)
    expect(rows).toBeLessThanOrEqual(high)

    const { dataset } = (await planned(TEXT)).stages[1]!
    await bench.runFolder().removeCommit(dataset, 0)
    await says(
      ask({ ...TEXT, words: { min: 4 } }),
      /stage clean of the run to be done, got 1 of 2 partitions/,
    )
  })
})
