import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { oldNode } from './install/old-node.ts'
import { readVersions, writeVersionsPipeline } from './versions-pipeline.ts'

const ROOT = join(import.meta.dirname, '..')
const run = promisify(execFile)
const old = oldNode()

/** The PATH of someone who did nothing but `npm ci`: without the folder of our Node, an older Node first if there is one. */
const plainPath = [
  ...(old.missing === null ? [dirname(old.node)] : []),
  ...(process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules')),
].join(delimiter)
const env = { ...process.env, PATH: plainPath, npm_config_update_notifier: 'false' }

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-node-'))
  if (old.missing === null) await old.make()
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('Node 24, as npm ci brings it,', () => {
  it('runs the tests', () => {
    expect(major(process.version)).toBeGreaterThanOrEqual(24)
  })

  it('is the node of every npm script', async () => {
    const { stdout } = await run('npm', ['run', 'env'], { cwd: ROOT, env })
    const path = /^PATH=(.*)$/m.exec(stdout)![1]!
    const { stdout: version } = await run('env', ['node', '--version'], {
      env: { ...process.env, PATH: path },
    })
    expect(major(version)).toBeGreaterThanOrEqual(24)
  })

  it('runs npx pairloom and its worker processes', async () => {
    const pipeline = await writeVersionsPipeline(folder, pathToFileURL(join(ROOT, 'src/index.ts')).href)
    const out = join(folder, 'out')
    const where = ['--run', join(folder, 'run'), '--out', out]
    const { stdout } = await run('npx', ['pairloom', 'run', pipeline, ...where, '--json'], { cwd: ROOT, env })
    expect(stdout).toContain('"event":"published"')
    const rows = await readVersions(out)
    expect(rows).toHaveLength(3)
    for (const { version } of rows) expect(major(version)).toBeGreaterThanOrEqual(24)
  })
})

describe.skipIf(old.missing !== null)(
  `an older Node${old.missing === null ? '' : ` (${old.missing})`}`,
  () => {
    it('is told what pairloom needs, and exits with 2', async () => {
      const { stdout: version } = await run(old.node, ['--version'])
      const failure = await run(old.node, [join(ROOT, 'bin/pairloom.cjs'), 'stages']).then(
        () => null,
        (error: { code: number; stdout: string; stderr: string }) => error,
      )
      expect(failure).toMatchObject({ code: 2, stdout: '' })
      expect(failure!.stderr).toBe(
        `PL_NODE_VERSION: Expected Node 24 or newer, got ${version.trim().slice(1)}. Install it, or in a checkout of ` +
          'pairloom use npx pairloom after npm ci, which brings Node 24 along.\n',
      )
    })
  },
)

function major(version: string): number {
  return Number(/^v(\d+)\./.exec(version)?.[1])
}
