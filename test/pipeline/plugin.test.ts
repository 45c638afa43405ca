import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { planPipeline } from '../../src/index.ts'
import { findPlugin, loadPlugin } from '../../src/pipeline/plugin.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-plugin-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const PAIRLOOM = join(import.meta.dirname, '../../src/index.ts')

async function write(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}

/** A source and a filter, as a user writes them. */
const module = (types: string) => `import { defineFilter, defineSource, LINK_COLUMNS, z } from '${PAIRLOOM}'
export const rows = defineSource({ name: 'mine/rows', version: 1, summary: 'rows', options: z.strictObject({}),
  columns: LINK_COLUMNS, partitions: () => [{}], async *read() { yield [] } })
export const long${types} = defineFilter({ name: 'mine/long', version: 1, summary: 'long', options: z.strictObject({}),
  reads: ['texts'], measures: { n: { type: 'int32', doc: 'n' } }, measure: () => ({ n: 1 }), rules: () => [] })
`
const COMMON_JS = `
const { z } = require('${dirname(dirname(new URL(import.meta.resolve('zod')).pathname))}/zod')
exports.long = { kind: 'filter', name: 'mine/long', version: 1, summary: 'long', options: z.strictObject({}),
  reads: [], measures: {}, measure: () => ({}), rules: () => [] }
`

async function namesOf(plugin: string): Promise<string[]> {
  return (await loadPlugin(await findPlugin(plugin, folder))).map((s) => s.name).sort()
}
const packageJson = (fields: object) => JSON.stringify({ name: 'pairloom-mine', version: '1.0.0', ...fields })

describe('a plug-in', () => {
  it('is a file beside the pipeline, in JavaScript or TypeScript', async () => {
    await write({ 'stages.mjs': module(''), 'deep/stages.ts': module(': unknown') })
    expect(await namesOf('./stages.mjs')).toEqual(['mine/long', 'mine/rows'])
    expect(await namesOf('./deep/stages.ts')).toEqual(['mine/long', 'mine/rows'])
    expect(await namesOf(join(folder, 'stages.mjs'))).toEqual(['mine/long', 'mine/rows'])
  })

  it.each([
    ['main', { main: 'lib.cjs' }, 'lib.cjs', COMMON_JS, ['mine/long']],
    ['exports', { type: 'module', exports: './lib.js' }, 'lib.js', module(''), ['mine/long', 'mine/rows']],
    [
      'exports for import alone',
      { type: 'module', exports: { import: './lib.js' } },
      'lib.js',
      module(''),
      ['mine/long', 'mine/rows'],
    ],
    [
      'exports with conditions',
      { exports: { '.': { types: './lib.d.ts', import: { node: './lib.mjs' } } } },
      'lib.mjs',
      module(''),
      ['mine/long', 'mine/rows'],
    ],
  ])('is a package in node_modules, found by its %s', async (_what, fields, file, text, names) => {
    await write({
      'node_modules/pairloom-mine/package.json': packageJson(fields),
      [`node_modules/pairloom-mine/${file}`]: text,
    })
    expect(await namesOf('pairloom-mine')).toEqual(names)
  })

  it('is found in the node_modules above, and under a scope', async () => {
    await write({
      'node_modules/@me/mine/package.json': packageJson({ type: 'module', exports: { import: './lib.js' } }),
      'node_modules/@me/mine/lib.js': module(''),
    })
    const below = join(folder, 'a/b')
    expect((await findPlugin('@me/mine', below)).path).toBe(join(folder, 'node_modules/@me/mine/lib.js'))
  })

  it('says why TypeScript in node_modules does not load', async () => {
    await write({
      'node_modules/pairloom-mine/package.json': packageJson({ type: 'module', exports: './lib.ts' }),
      'node_modules/pairloom-mine/lib.ts': module(': unknown'),
    })
    // In a process of its own: here vitest would load the file, not Node.
    const cli = join(import.meta.dirname, '../../bin/pairloom.cjs')
    const ended = spawnSync(process.execPath, [cli, 'stages', '--plugin', 'pairloom-mine'], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(ended.status).toBe(2)
    expect(ended.stderr).toMatch(
      /^PL_PLUGIN: Expected to load plug-in pairloom-mine, got .*a package must ship JavaScript\n$/,
    )
  })

  it('may give a stage under two names', async () => {
    await write({
      'twice.mjs': `${module('')}export default long\n`,
      'single.cjs': `${COMMON_JS}module.exports = exports.long`,
    })
    expect(await namesOf('./twice.mjs')).toEqual(['mine/long', 'mine/rows'])
    expect(await namesOf('./single.cjs')).toEqual(['mine/long'])
  })

  it('may not name a column as a verdict', async () => {
    await write({
      'taken.mjs': module('').replace(
        'columns: LINK_COLUMNS',
        "columns: { ...LINK_COLUMNS, reason: { type: 'utf8', doc: '' } }",
      ),
    })
    await expect(namesOf('./taken.mjs')).rejects.toThrow(
      'Expected other column names of mine/rows, got reason',
    )
  })

  it('enters the fingerprints of its own stages with its file, and of what reads them', async () => {
    const plan = async () =>
      planPipeline(
        {
          name: 'x',
          plugins: ['./stages.mjs'],
          stages: { rows: { use: 'mine/rows' }, clean: { filters: { words: {} } } },
        },
        { base: folder },
      )
    await write({ 'stages.mjs': module('') })
    const before = await plan()
    expect((await plan()).stages.map((s) => s.fingerprint)).toEqual(before.stages.map((s) => s.fingerprint))
    await write({ 'stages.mjs': `${module('')}// changed\n` })
    const after = await plan()
    for (const [i, stage] of after.stages.entries())
      expect(stage.fingerprint).not.toBe(before.stages[i]!.fingerprint)
  })
})

describe('fingerprints', () => {
  const plan = (
    change: { seed?: number; min?: number; agent?: string; concurrency?: number; shardRows?: number } = {},
  ) =>
    planPipeline({
      name: 'x',
      seed: change.seed ?? 1,
      network: { agent: change.agent ?? 'pairloom' },
      stages: {
        pages: { use: 'crawl/site', start: ['http://x.test/'] },
        texts: { filters: { words: { min: change.min ?? 3 } } },
        links: { use: 'crawl/merge-links' },
        images: {
          use: 'crawl/fetch',
          ...(change.concurrency !== undefined && { perHost: change.concurrency }),
        },
        pack: { use: 'shard/pack', shardRows: change.shardRows ?? 10 },
        shards: { use: 'shard/webdataset' },
      },
    })
  const changed = async (change: Parameters<typeof plan>[0]) => {
    const [a, b] = [await plan(), await plan(change)]
    return a.stages.filter((s, i) => s.fingerprint !== b.stages[i]!.fingerprint).map((s) => s.id)
  }

  it.each([
    { what: 'nothing', change: {}, stages: [] },
    { what: 'a filter limit', change: { min: 4 }, stages: ['texts', 'links', 'images', 'pack', 'shards'] },
    { what: 'a runtime option', change: { concurrency: 1 }, stages: [] },
    { what: 'the seed', change: { seed: 2 }, stages: ['pack', 'shards'] },
    { what: 'a shard size', change: { shardRows: 5 }, stages: ['pack', 'shards'] },
    {
      what: 'the name in the User-Agent',
      change: { agent: 'other' },
      stages: ['pages', 'texts', 'links', 'images', 'pack', 'shards'],
    },
  ])('$what changes those of $stages', async ({ change, stages }) => {
    expect(await changed(change)).toEqual(stages)
  })

  it('are the same for a default that is written out, and for a seed as text', async () => {
    const [a, b] = [await plan({ min: 3 }), await plan({ seed: '1' as unknown as number, min: 3 })]
    expect(a.stages.map((s) => s.fingerprint)).toEqual(b.stages.map((s) => s.fingerprint))
  })
})
