import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorsMarkdown, stagesMarkdown } from '../scripts/pages.ts'
import { collect, ERRORS, planFile, planPipeline, runPlan, type Filter } from '../src/index.ts'
import { builtinStages } from '../src/pipeline/registry.ts'
import { writeReport } from '../src/pipeline/report/index.ts'

const ROOT = join(import.meta.dirname, '..')
const run = promisify(execFile)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-docs-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('generated pages (npm run docs)', () => {
  it('docs/errors.md lists every code', async () => {
    expect(await read('docs/errors.md')).toBe(errorsMarkdown())
  })

  it('docs/stages.md describes every stage', async () => {
    expect(await read('docs/stages.md')).toBe(await stagesMarkdown())
  })
})

describe('error codes', () => {
  it('are all raised somewhere, and none is raised that the table lacks', async () => {
    const names = [
      ...(await readdir(join(ROOT, 'src'), { recursive: true })).map((f) => `src/${f}`),
      'bin/pairloom.cjs',
    ]
    const raised = new Set<string>()
    for (const name of names.filter((n) => /\.(ts|cjs)$/.test(n) && n !== 'src/core/error.ts')) {
      for (const [code] of (await read(name)).matchAll(/\bPL_[A-Z_]+\b/g)) raised.add(code)
    }
    expect([...raised].sort()).toEqual(Object.keys(ERRORS).sort())
  })
})

describe('docs/dependencies.md', () => {
  it('gives a reason for every dependency of a user, optional ones too, and for nothing else', async () => {
    const listed = tableColumn(await read('docs/dependencies.md'), 'package')
    const { dependencies, optionalDependencies } = JSON.parse(await read('package.json')) as Record<
      string,
      object
    >
    expect(listed.sort()).toEqual(Object.keys({ ...dependencies, ...optionalDependencies }).sort())
  })
})

describe('docs/architecture.md', () => {
  it('names every file that a run leaves in its folder, and none that no run leaves', async () => {
    const plan = await planPipeline(
      {
        name: 'memory',
        plugins: ['./fixtures/memory.ts'],
        stages: {
          rows: { use: 'memory/rows', rows: 100, partitions: 2 },
          clean: { filters: { length: { min: 2 } } },
          store: { use: 'memory/store' },
          slow: { use: 'memory/slow', perLink: 30 },
          order: { use: 'memory/order' },
          lines: { use: 'memory/lines' },
        },
      },
      { base: join(ROOT, 'test/pipeline'), run: join(folder, 'run'), out: join(folder, 'out') },
    )
    await runPlan(plan, { workers: 1 })
    await writeReport(plan.run)
    const entries = await readdir(join(folder, 'run'), { recursive: true, withFileTypes: true })
    const left = entries
      .filter((e) => e.isFile())
      .map((e) => join(e.parentPath, e.name).slice(join(folder, 'run').length + 1))

    const named = tableColumn(await read('docs/architecture.md'), 'file')
    const patterns = named.map((name) => ({ name, pattern: patternOf(name) }))
    expect(left.filter((path) => !patterns.some(({ pattern }) => pattern.test(path)))).toEqual([])
    expect(patterns.filter(({ pattern }) => !left.some((path) => pattern.test(path)))).toEqual([])
  })

  it('names every field of a commit entry', async () => {
    const fields = tableColumn(await read('docs/architecture.md'), 'field').flatMap((cell) =>
      cell.split('`, `'),
    )
    const source = await read('src/pipeline/run-folder.ts')
    const [, body] = /export interface Commit \{\n([^]*?)\n\}/.exec(source)!
    const declared = [...body!.matchAll(/^ {2}(\w+)\??:/gm)].map((match) => match[1])
    expect(new Set(fields)).toEqual(new Set(declared))
  })
})

describe('README.md', async () => {
  const readme = await read('README.md')
  const blocks = [...readme.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map(([, kind, text]) => ({
    kind,
    text: text!,
  }))
  const inline = [...readme.replace(/^```[^]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(
    (match) => match[1]!,
  )
  const said = [...blocks.map((b) => b.text), ...inline].join('\n')

  it('shows a pipeline that can be planned', async () => {
    const [yaml] = blocks.filter((b) => b.kind === 'yaml' && b.text.includes('stages:'))
    const file = join(folder, 'readme.yaml')
    await writeFile(file, yaml!.text)
    const plan = await planFile(file)
    expect(plan.stages.map((s) => s.use)).toContain('crawl/site')
  })

  it('shows a plug-in that works', async () => {
    const [plugin] = blocks.filter((b) => b.kind === 'ts' && b.text.includes('defineFilter'))
    const file = join(folder, 'plugin.ts')
    const pairloom = pathToFileURL(join(ROOT, 'src/index.ts')).href
    await writeFile(file, plugin!.text.replace("from 'pairloom'", `from '${pairloom}'`))
    const [filter] = Object.values((await import(file)) as Record<string, Filter>)
    const { counters } = await collect(filter!, [
      { texts: [{ text: 'A red fox in the snow' }], caption: 0 },
      { texts: [{ text: 'SALE NOW ON!' }], caption: 0 },
    ])
    expect(counters).toEqual({ kept: 1, 'dropped.shouting': 1 })
  })

  it('names only npm scripts that there are', async () => {
    const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> }
    const named = [...readme.matchAll(/\bnpm run ([\w:-]+)/g)].map((match) => match[1]!)
    expect(named).toContain('demo')
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([])
  })

  it('names only commands and options that there are', async () => {
    const help = await commandHelp()
    const named = [...readme.matchAll(/(?:npx |`)pairloom ([a-z]+)\b([^\n]*)/g)]
    expect(new Set(named.map((match) => match[1]))).toEqual(new Set(Object.keys(help)))
    for (const [line, command, rest] of named) {
      for (const [option] of rest!.replace(/#.*/, '').matchAll(/--[a-z][\w-]*/g)) {
        expect(help[command!], line).toContain(option)
      }
    }
  })

  it('names only stages that there are', async () => {
    const stages = await builtinStages()
    const named = [...said.matchAll(/\b(?:crawl|filter|shard)\/[a-z-]+\b(?!\.|\/)/g)].map(([name]) => name)
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((name) => !stages.has(name))).toEqual([])
  })
})

describe('links between pages', () => {
  it.each(['README.md', 'CONTRIBUTING.md', 'docs/architecture.md', 'docs/dependencies.md'])(
    'of %s lead to files',
    async (page) => {
      const targets = [...(await read(page)).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(
        (match) => match[1]!,
      )
      expect(targets.filter((target) => !existsSync(join(ROOT, dirname(page), target)))).toEqual([])
    },
  )
})

function read(path: string): Promise<string> {
  return readFile(join(ROOT, path), 'utf8')
}

/** Code in the first column of the tables whose first heading is given. */
function tableColumn(markdown: string, heading: string): string[] {
  const tables = markdown.split(/\n\n+/).filter((block) => new RegExp(`^\\| ${heading} +\\|`).test(block))
  const rows = tables.flatMap((table) => table.split('\n').slice(2))
  return rows.map((row) => /^\| `(.+?)` +\|/.exec(row)![1]!)
}

/** `<stage>/<fp>/commit/<number>.json` as a pattern of paths. */
function patternOf(name: string): RegExp {
  const parts: Record<string, string> = {
    stage: '[a-z0-9-]+',
    fp: '[0-9a-f]{12}',
    hh: '[0-9a-f]{2}',
    number: '\\d{8}',
    attempt: '[0-9a-z-]+',
  }
  const escaped = name.replaceAll('.', '\\.')
  return new RegExp(`^${escaped.replace(/<(\w+)>/g, (_all, part: string) => parts[part]!)}$`)
}

/** Help of every command. */
async function commandHelp(): Promise<Record<string, string>> {
  const pairloom = async (...args: string[]) =>
    (await run(process.execPath, [join(ROOT, 'bin/pairloom.cjs'), ...args])).stdout
  const commands = [...(await pairloom('--help')).matchAll(/^ {2}([a-z]+) /gm)].map((match) => match[1]!)
  const names = commands.filter((name) => name !== 'help')
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await pairloom(name, '--help')] as const)),
  )
}
