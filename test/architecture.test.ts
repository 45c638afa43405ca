import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

/** What each folder of src may import beside itself: lower layers only. Flow folders meet in core and in files. */
const MAY_IMPORT: Record<string, string[]> = {
  core: [],
  media: ['core'],
  store: ['core'],
  table: ['store', 'core'],
  crawl: ['media', 'table', 'store', 'core'],
  filter: ['media', 'table', 'store', 'core'],
  shard: ['media', 'table', 'store', 'core'],
  pipeline: ['crawl', 'filter', 'shard', 'media', 'table', 'store', 'core'],
  cli: ['pipeline', 'core'],
  'index.ts': ['pipeline', 'core'],
}

/** Libraries that cost a command its start-up time: they load when a stage runs, not before. */
const HEAVY = [
  /^sharp$/,
  /^@img\//,
  /^@duckdb\//,
  /^parquet-wasm$/,
  /^fasttext\.wasm\.js$/,
  /^eld$/,
  /^koffi$/,
]

describe('imports', async () => {
  const files = await sources()

  it('finds the sources', () => {
    expect(files.length).toBeGreaterThan(50)
    expect(new Set(files.map((f) => folderOf(f.path)))).toEqual(new Set(Object.keys(MAY_IMPORT)))
  })

  it.each(Object.entries(MAY_IMPORT))('of %s go down the layers only', (folder, allowed) => {
    const wrong = files
      .filter((f) => folderOf(f.path) === folder)
      .flatMap((f) => importsOf(f).map((target) => ({ from: f.path, target })))
      .filter(({ target }) => folderOf(target) !== folder && !allowed.includes(folderOf(target)))
    expect(wrong).toEqual([])
  })

  it('name the file with its ending, so that sources run unbuilt', () => {
    const wrong = files.flatMap((f) => importsOf(f)).filter((target) => !target.endsWith('.ts'))
    expect(wrong).toEqual([])
  })
})

describe('sources', async () => {
  const files = await sources()

  it.each([
    [
      'print only in cli',
      /\bconsole\.|process\.(?:stdout|stderr)\b/,
      (path: string) => !path.startsWith('cli/'),
    ],
    ['have no default export', /^export default\b/m, () => true],
    ['have no enum and no namespace', /^(?:export )?(?:const )?(?:enum|namespace) /m, () => true],
  ] as const)('%s', (_claim, pattern, inside) => {
    const wrong = files.filter((f) => inside(f.path) && pattern.test(f.code)).map((f) => f.path)
    expect(wrong).toEqual([])
  })
})

describe('start-up', () => {
  it.each(['--help', '--version', 'stages', 'stages crawl/fetch'])(
    'of pairloom %s loads no heavy library',
    async (command) => {
      const loaded = await packagesLoadedBy(command.split(' '))
      expect(loaded).toContain('commander')
      expect(loaded.filter((name) => HEAVY.some((h) => h.test(name)))).toEqual([])
    },
  )

  it('of pairloom plan asks the image library for its version, so that the check above can fail', async () => {
    expect(await packagesLoadedBy(['plan', 'pipelines/demo.yaml'])).toContain('sharp')
  })
})

interface SourceFile {
  /** Relative to src. */
  path: string
  text: string
  /** Without comments. */
  code: string
}

async function sources(): Promise<SourceFile[]> {
  const names = await readdir(join(ROOT, 'src'), { recursive: true })
  const paths = names.filter((name) => name.endsWith('.ts')).sort()
  return Promise.all(
    paths.map(async (path) => {
      const text = await readFile(join(ROOT, 'src', path), 'utf8')
      return { path, text, code: text.replace(/\/\*[^]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '') }
    }),
  )
}

/** `crawl/http.ts` -> `crawl`; a file of src itself is its own folder. */
function folderOf(path: string): string {
  return path.split('/')[0]!
}

/** Relative imports of a file, of values and types, static and dynamic, as paths in src. */
function importsOf({ path, code }: SourceFile): string[] {
  const found = code.matchAll(/(?:\bfrom|\bimport\(|\bimport)\s*'(\.{1,2}\/[^']+)'/g)
  return [...found].map((match) => normalize(join(dirname(path), match[1]!)))
}

/** Names of the packages under node_modules that a command of the CLI loads. */
async function packagesLoadedBy(args: readonly string[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pairloom-loads-'))
  try {
    const list = join(folder, 'loaded.txt')
    const hook = `data:text/javascript,${encodeURIComponent(RECORD_LOADS)}`
    await promisify(execFile)(process.execPath, ['--import', hook, join(ROOT, 'bin/pairloom.cjs'), ...args], {
      cwd: ROOT,
      env: { ...process.env, LOADED: list },
    })
    return (await readFile(list, 'utf8')).split('\n')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const RECORD_LOADS = `
import { registerHooks } from 'node:module'
import { writeFileSync } from 'node:fs'
const loaded = new Set()
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context)
    const name = /\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(found.url)?.[1]
    if (name) loaded.add(name)
    return found
  },
})
process.on('exit', () => writeFileSync(process.env.LOADED, [...loaded].join('\\n')))
`
