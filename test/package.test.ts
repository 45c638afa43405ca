import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readVersions, writeVersionsPipeline } from './versions-pipeline.ts'

const ROOT = join(import.meta.dirname, '..')
const run = promisify(execFile)

interface Manifest {
  version: string
  engines: { node: string }
  exports: Record<string, string | Record<string, string>>
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
}

let folder: string
let packed: string[]
let manifest: Manifest

/** A project that has installed the packed package: its dependencies are those of this checkout. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-package-'))
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: ROOT })
  const [pack] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[]
  packed = pack!.files.map((file) => file.path).sort()
  manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Manifest

  const modules = join(folder, 'node_modules')
  await mkdir(join(modules, 'pairloom'), { recursive: true })
  const into = ['-C', join(modules, 'pairloom'), '--strip-components=1']
  await run('tar', ['-xzf', join(folder, pack!.filename), ...into])
  for (const name of Object.keys(manifest.dependencies)) {
    if (name.includes('/')) await mkdir(join(modules, name, '..'), { recursive: true })
    await symlink(join(ROOT, 'node_modules', name), join(modules, name))
  }
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the package', () => {
  it('holds what was built from every source, the ready pipelines and the docs, and nothing else', async () => {
    const built = (await filesOf('src', '.ts')).flatMap((path) => {
      const name = path.slice(0, -'.ts'.length)
      return [`dist/${name}.js`, `dist/${name}.d.ts`]
    })
    const copied = (await filesOf('src', '.py')).map((path) => `dist/${path}`)
    const docs = (await filesOf('docs', '.md')).map((path) => `docs/${path}`)
    const top = ['CHANGELOG.md', 'LICENSE', 'NOTICE', 'README.md', 'package.json']
    const own = [
      'bin/pairloom.cjs',
      'pipelines/common-crawl.yaml',
      'pipelines/site.yaml',
      'pipelines/url-list.yaml',
    ]
    expect(packed).toEqual([...built, ...copied, ...docs, ...top, ...own].sort())
  })

  it('asks for the Node that the starter asks for', () => {
    expect(manifest.engines).toEqual({ node: '>=24' })
    expect(manifest.devDependencies.node).toMatch(/^24\./)
  })

  it('exports what src/index.ts exports, with its types, and its package.json', async () => {
    const script = `
      import * as pairloom from 'pairloom'
      import manifest from 'pairloom/package.json' with { type: 'json' }
      console.log(JSON.stringify({ names: Object.keys(pairloom), version: manifest.version }))`
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder })
    const { names } = JSON.parse(stdout) as { names: string[] }
    expect(JSON.parse(stdout)).toEqual({ names, version: manifest.version })
    expect(names.sort()).toEqual(Object.keys(await import('../src/index.ts')).sort())
    expect(packed).toEqual(expect.arrayContaining(exportedFiles(manifest)))
  })

  it('keeps its inner files to itself', async () => {
    const inner = `import('pairloom/dist/core/hash.js').catch((error) => console.log(error.code))`
    const { stdout } = await run(process.execPath, ['-e', inner], { cwd: folder })
    expect(stdout).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED\n')
  })
})

describe('pairloom, installed from the package,', () => {
  it('tells its version', async () => {
    expect(await pairloom('--version')).toBe(`${manifest.version}\n`)
  })

  it('has the same stages as the sources', async () => {
    const { stdout } = await run(process.execPath, [join(ROOT, 'bin/pairloom.cjs'), 'stages', '--json'])
    expect(await pairloom('stages', '--json')).toBe(stdout)
  })

  it('plans the ready pipeline that comes with it', async () => {
    const plan = await pairloom('plan', 'node_modules/pairloom/pipelines/site.yaml')
    expect(plan).toContain('crawl/site')
    expect(plan).toContain('shard/webdataset')
  })

  it('runs a pipeline with a JavaScript plug-in, in worker processes started from what was built', async () => {
    const pipeline = await writeVersionsPipeline(folder, 'pairloom')
    await pairloom('plan', pipeline)
    await pairloom('run', pipeline, '--workers', '2')
    const rows = await readVersions(join(folder, 'out/versions'))
    expect(rows).toHaveLength(3)
    expect(await readdir(join(folder, 'runs/versions'))).toContain('report.html')
  })

  it('says of a TypeScript plug-in inside node_modules that Node does not strip its types', async () => {
    const plugin = join(folder, 'node_modules', 'typed-plugin')
    await mkdir(plugin, { recursive: true })
    await writeFile(join(plugin, 'package.json'), '{ "name": "typed-plugin", "exports": "./index.ts" }')
    await writeFile(join(plugin, 'index.ts'), 'export const answer: number = 42\n')
    const file = join(folder, 'typed.yaml')
    await writeFile(file, 'name: typed\nplugins: [typed-plugin]\nstages: { rows: { use: versions/rows } }\n')
    const error = await pairloom('plan', file).catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 2 })
    expect((error as { stderr: string }).stderr).toContain(
      'Node does not strip types inside node_modules, so a package must ship JavaScript',
    )
  })
})

describe('package-lock.json', () => {
  it('names no registry, so that every user gets packages from their own', async () => {
    const lock = await readFile(join(ROOT, 'package-lock.json'), 'utf8')
    expect(lock).not.toMatch(/"resolved"|https?:\/\/[^"]*\.tgz/)
    expect(lock).toContain('"integrity": "sha512-')
  })

  it('holds the optional packages of every platform, without which npm ci refuses it', async () => {
    const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version?: string; optionalDependencies?: Record<string, string> }>
    }
    const wanted = Object.values(packages).flatMap((p) => Object.keys(p.optionalDependencies ?? {}))
    expect(wanted.length).toBeGreaterThan(20)
    expect(wanted.filter((name) => packages[`node_modules/${name}`]?.version === undefined)).toEqual([])
  })
})

async function pairloom(...args: string[]): Promise<string> {
  const start = 'node_modules/pairloom/bin/pairloom.cjs'
  return (await run(process.execPath, [start, ...args], { cwd: folder })).stdout
}

/** Paths relative to a folder of the checkout. */
async function filesOf(top: string, ending: string): Promise<string[]> {
  const names = await readdir(join(ROOT, top), { recursive: true })
  return names.filter((name) => name.endsWith(ending))
}

function exportedFiles({ exports }: Manifest): string[] {
  const targets = Object.values(exports).flatMap((e) => (typeof e === 'string' ? [e] : Object.values(e)))
  return targets.map((path) => path.replace('./', ''))
}
