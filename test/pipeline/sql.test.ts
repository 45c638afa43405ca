import { beforeAll, describe, expect, it } from 'vitest'
import { planPipeline, type PipelineInput } from '../../src/index.ts'
import { builtinStages } from '../../src/pipeline/registry.ts'
import { missingSpark, QUICK, SPARK } from '../install/spark.ts'
import { eventsOf, pipelineBench } from './harness.ts'

const bench = pipelineBench()

/** Options of stages that have no defaults for the rows of `twins`. */
const OPTIONS: Record<string, Record<string, unknown>> = {
  'crawl/merge-links': { maxTexts: 3, partitions: 4, maxUrlsPerHost: 8 },
  'filter/frequency': { captionImages: 20, imageTexts: 2, siteRows: 40 },
  'filter/top': { by: 'score', fraction: 0.4, per: 'site' },
  'filter/where': { sql: "score > 0 AND (phash IS NOT NULL OR url LIKE '%site1%')" },
  'filter/balance': { t: 10 },
  'filter/exact-duplicates': { by: 'uid', partitions: 3 },
  'shard/pack': { from: 'exact-duplicates', shardRows: 40, shardBytes: null },
}

/** Every global stage of the catalogue, each on the same rows. */
async function pipeline(sql: PipelineInput['sql']): Promise<PipelineInput> {
  const stages: PipelineInput['stages'] = { rows: { use: 'twins/rows' } }
  for (const { name, kind } of (await builtinStages()).values())
    if (kind === 'global')
      stages[name.slice(name.indexOf('/') + 1)] = { use: name, from: 'rows', ...OPTIONS[name] }
  return { name: 'engines', plugins: ['./fixtures/twins.ts'], sql: sql ?? 'duckdb', stages }
}

describe('the sql of a pipeline', () => {
  const plan = (sql: unknown) =>
    planPipeline(
      { name: 'x', sql, plugins: ['./fixtures/twins.ts'], stages: { rows: { use: 'twins/rows' } } } as never,
      { base: import.meta.dirname },
    )
  const defaults = { engine: 'spark', master: 'local[*]', python: 'python3', submit: [], memoryMiB: null }

  it.each([
    [undefined, { engine: 'duckdb' }],
    ['duckdb', { engine: 'duckdb' }],
    [{ engine: 'duckdb' }, { engine: 'duckdb' }],
    ['spark', defaults],
    [
      { engine: 'spark', master: 'yarn', memoryMiB: 4096 },
      { ...defaults, master: 'yarn', memoryMiB: 4096 },
    ],
  ])('%j is planned as %j', async (sql, planned) => {
    expect((await plan(sql)).sql).toEqual(planned)
  })

  it.each([
    ['sprak', 'sql: expected duckdb or spark or a map, got "sprak"'],
    [{ engine: 'sprak' }, 'sql.engine: expected duckdb | spark, got "sprak" (did you mean spark?)'],
    [{ engine: 'spark', mastr: 'yarn' }, 'sql.mastr: unknown option "mastr"'],
    [{ engine: 'spark', submit: '--conf' }, 'sql.submit: expected a list, got "--conf"'],
    [{ engine: 'spark', memoryMiB: 100 }, 'sql.memoryMiB: expected a number >= 512, got 100'],
    [
      { engine: 'duckdb', master: 'yarn' },
      'sql: expected master, python, submit and memoryMiB with the engine spark',
    ],
  ])('%j is refused before the run', async (sql, says) => {
    await expect(plan(sql)).rejects.toMatchObject({
      code: 'PL_CONFIG',
      message: expect.stringContaining(says) as string,
    })
  })
})

describe('the pipeline that proves the engines equal', () => {
  it('has every global stage of the catalogue', async () => {
    const plan = await planPipeline(await pipeline('duckdb'), {
      base: import.meta.dirname,
      run: 'r',
      out: 'o',
    })
    const kinds = plan.stages.map((s) => s.kind)
    expect(kinds.slice(1).every((kind) => kind === 'global')).toBe(true)
    expect(kinds.length).toBeGreaterThanOrEqual(5)
  })
})

const missing = missingSpark()
describe.skipIf(missing !== null)(`global stages on Spark${missing === null ? '' : ` (${missing})`}`, () => {
  const spark = { engine: 'spark' as const, master: 'local[2]', python: SPARK.python, submit: QUICK }
  beforeAll(() => SPARK.make(), 600_000)

  /** sha256 of every part and of its rejects, by stage, partition and kind. */
  async function made(name: string): Promise<Record<string, string>> {
    const folder = bench.runFolder(name)
    const found: Record<string, string> = {}
    for (const dataset of await folder.datasets())
      for (const { partition, files } of (await folder.readCommits(dataset)).values())
        for (const [kind, file] of Object.entries(files))
          found[`${dataset} ${partition} ${kind}`] = file.sha256
    return found
  }

  it('give the bytes that they give on DuckDB, and are not run again for another engine', async () => {
    const onDuckDb = await bench.run(await pipeline('duckdb'), { workers: 1 }, 'duckdb')
    const onSpark = await bench.run(await pipeline(spark), { workers: 1 }, 'spark')
    expect([onDuckDb.error, onSpark.error]).toEqual([null, null])
    const expected = await made('duckdb')
    expect(Object.keys(expected).length).toBeGreaterThan(20)
    expect(await made('spark')).toEqual(expected)

    const again = await bench.run(await pipeline('duckdb'), { workers: 1 }, 'spark')
    expect(eventsOf(again, 'task')).toEqual([])
  }, 600_000)
})
