import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
export const BIN = join(ROOT, 'bin', 'pairloom.cjs')
export const MEMORY = join(ROOT, 'test/pipeline/fixtures/memory.ts')
export const TROUBLE = join(ROOT, 'test/pipeline/fixtures/trouble.ts')

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  out: string
  err: string
}

export interface Started {
  child: ChildProcess
  ended: Promise<Ended>
  /** Resolves once stderr and stdout together hold the text. */
  said(text: string | RegExp): Promise<void>
}

export interface CommandOptions {
  env?: Record<string, string>
  /** A process group of its own, so that a signal can reach all of it. */
  group?: boolean
  /** Runs this program instead, the command's words behind its own. */
  through?: string[]
}

/** The real command line, in a folder of the test's own. */
export interface Shell {
  folder: string
  write(files: Record<string, string>): Promise<void>
  start(args: readonly string[], options?: CommandOptions): Started
  pairloom(args: readonly string[], options?: CommandOptions): Promise<Ended>
  /** Every file below a folder, by path, but what a run notes of itself. */
  files(path: string): Promise<Record<string, string>>
}

export function shell(): Shell {
  const it: Shell = {
    folder: '',
    async write(files) {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(it.folder, path)), { recursive: true })
        await writeFile(join(it.folder, path), text)
      }
    },
    start(args, { env = {}, group = false, through = [] } = {}) {
      const [program, ...words] = [...through, process.execPath, BIN, ...args]
      // What vitest sets for itself is not what a user's shell has.
      // Under CI Node takes a terminal for one without colours.
      const { NO_COLOR: _n, FORCE_COLOR: _f, NODE_OPTIONS: _o, CI: _c, ...own } = process.env
      const child = spawn(program!, words, {
        cwd: it.folder,
        env: { ...own, ...env },
        detached: group,
        stdio: ['pipe', 'pipe', 'pipe'],
      })
      const heard = { out: '', err: '' }
      const waiting = new Set<() => void>()
      const hear = (stream: 'out' | 'err') => (chunk: string) => {
        heard[stream] += chunk
        for (const look of waiting) look()
      }
      child.stdout.setEncoding('utf8').on('data', hear('out'))
      child.stderr.setEncoding('utf8').on('data', hear('err'))
      const ended = new Promise<Ended>((done, fail) => {
        child.on('error', fail)
        child.on('close', (code, signal) => done({ code, signal, ...heard }))
      })
      const said = (text: string | RegExp) =>
        new Promise<void>((done, fail) => {
          const look = () => {
            const all = heard.err + heard.out
            if (typeof text === 'string' ? !all.includes(text) : !text.test(all)) return
            waiting.delete(look)
            done()
          }
          waiting.add(look)
          look()
          void ended.then(({ err }) =>
            fail(new Error(`Expected to hear ${String(text)}, got the end: ${err}`)),
          )
        })
      return { child, ended, said }
    },
    pairloom: (args, options) => it.start(args, options).ended,
    async files(path) {
      const base = join(it.folder, path)
      const all = await readdir(base, { recursive: true, withFileTypes: true })
      const paths = all.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name))
      const entries = await Promise.all(
        paths.sort().map(async (p) => [p.slice(base.length + 1), await readFile(p, 'base64')] as const),
      )
      return Object.fromEntries(entries)
    },
  }
  beforeEach(async () => {
    it.folder = await mkdtemp(join(tmpdir(), 'pairloom-cli-'))
  })
  afterEach(() => rm(it.folder, { recursive: true, force: true }))
  return it
}

/** A pipeline of the in-memory plug-ins: 100 rows in 3 partitions, 90 of them in shards. */
export function memoryYaml(change: { mode?: string; once?: string; name?: string } = {}): string {
  return [
    `name: ${change.name ?? 'memory'}`,
    `plugins: [${MEMORY}, ${TROUBLE}]`,
    'stages:',
    '  rows: { use: memory/rows, rows: 100, partitions: 3 }',
    '  clean: { filters: { length: {} } }',
    `  stage: { use: trouble/stage, mode: ${change.mode ?? 'none'}, once: ${change.once ?? 'null'} }`,
    '  order: { use: memory/order, rows: 45 }',
    '  store: { use: memory/store }',
    '  lines: { use: memory/lines }',
    '',
  ].join('\n')
}
