import { z } from 'zod'
import { describe, expect, it } from 'vitest'
import { optionTable, outputOptions, runtime } from '../../src/core/index.ts'
import { catalogue, catalogueMarkdown } from '../../src/pipeline/catalogue.ts'
import { builtinStages } from '../../src/pipeline/registry.ts'

describe('the option table', () => {
  const schema = z.strictObject({
    side: z.int().min(1).max(4096).default(200).describe('shortest side, px'),
    name: z.string().describe('required'),
    mode: z.enum(['a', 'b']).default('a').describe('how'),
    many: runtime(z.int().min(1).default(8)).describe('requests at once'),
    inner: runtime(z.number().max(2).describe('described inside')).default(1),
    languages: z.array(z.string()).default(['en']).describe('codes'),
    hosts: z.record(z.string(), z.int()).optional().describe('map'),
    limit: z.int().min(0).nullable().default(null).describe('null: none'),
    either: z
      .union([z.literal('auto'), z.number()])
      .default('auto')
      .describe('both'),
    flag: z.boolean().default(false).describe('flag'),
  })

  it('says type with limits, default, effect and meaning', () => {
    expect(optionTable(schema)).toEqual([
      { name: 'side', type: 'int 1..4096', default: '200', effect: 'output', doc: 'shortest side, px' },
      { name: 'name', type: 'string', default: null, effect: 'output', doc: 'required' },
      { name: 'mode', type: 'a | b', default: '"a"', effect: 'output', doc: 'how' },
      { name: 'many', type: 'int >= 1', default: '8', effect: 'runtime', doc: 'requests at once' },
      { name: 'inner', type: 'number <= 2', default: '1', effect: 'runtime', doc: 'described inside' },
      { name: 'languages', type: 'list of string', default: '["en"]', effect: 'output', doc: 'codes' },
      { name: 'hosts', type: 'map to int', default: 'none', effect: 'output', doc: 'map' },
      { name: 'limit', type: 'int >= 0 or null', default: 'null', effect: 'output', doc: 'null: none' },
      { name: 'either', type: 'auto or number', default: '"auto"', effect: 'output', doc: 'both' },
      { name: 'flag', type: 'boolean', default: 'false', effect: 'output', doc: 'flag' },
    ])
  })

  it('leaves runtime options out of what decides the output', () => {
    const options = schema.parse({ name: 'x' })
    expect(Object.keys(outputOptions(schema, options))).toEqual([
      'side',
      'name',
      'mode',
      'languages',
      'limit',
      'either',
      'flag',
    ])
  })
})

describe('the built-in stages', async () => {
  const stages = catalogue(await builtinStages())

  it('are there, each under its own name', () => {
    const names = stages.map((s) => s.name)
    expect(names).toEqual([...new Set(names)].sort())
    for (const name of [
      'crawl/site',
      'crawl/fetch',
      'filter/words',
      'shard/pack',
      'shard/webdataset',
      'shard/parquet',
    ])
      expect(names).toContain(name)
  })

  it.each(stages.map((s) => [s.name, s] as const))(
    '%s says what it does, and every option and column what it means',
    (name, stage) => {
      expect(name).toMatch(/^(crawl|filter|shard)\/[a-z][a-z0-9-]*$/)
      expect(stage.version).toBeGreaterThanOrEqual(1)
      expect(stage.summary).toMatch(/^[A-Z].*[^.]$/)
      for (const option of stage.options) {
        expect(option, option.name).toMatchObject({
          doc: expect.stringMatching(/^.{3,}[^.]$/) as string,
          type: expect.stringMatching(/./) as string,
        })
        expect(option.name).toMatch(/^[a-z][A-Za-z0-9]*$/)
        expect(option.type, `${option.name} shows a type`).not.toMatch(
          /undefined|unknown|default|optional|pipe|transform/,
        )
      }
      for (const [column, { doc, type }] of Object.entries(stage.adds)) {
        expect(column).toMatch(/^[a-z][a-z0-9_]*$/)
        expect(doc.length, column).toBeGreaterThan(2)
        expect(['utf8', 'bool', 'int32', 'int64', 'float64', 'list<utf8>', 'texts']).toContain(type)
      }
    },
  )

  it.each(stages.map((s) => [s.name, s] as const))(
    '%s stands in the catalogue with all its options',
    (name, stage) => {
      const page = catalogueMarkdown([stage], false)
      expect(page).toContain(`## ${name}`)
      for (const option of stage.options) expect(page).toContain(`| \`${option.name}\` |`)
      // A bar inside a cell would add a column.
      for (const line of page.split('\n').filter((l) => l.startsWith('| `'))) {
        expect([4, 5]).toContain(line.replaceAll('\\|', '').split('|').length - 1)
      }
    },
  )
})
