import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { DemoWeb } from './servers/web.ts'

/** How `pairloom` ended. */
export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

const ROOT = resolve(import.meta.dirname, '..')

/**
 * Arguments that run pipelines/demo.yaml against a cut of the demo web.
 *
 * In haste unless told otherwise: short deadlines and no second tries, so that a run takes seconds.
 */
export function cutArguments(
  web: DemoWeb,
  folder: string,
  more: readonly string[] = [],
  change: Record<string, unknown> = {},
): string[] {
  const set = {
    'network.hosts': web.hosts,
    'pages.start': web.starts,
    'pages.delayMs': 0,
    'links.partitions': 4,
    'images.stallMs': 400,
    'images.retries': 0,
    'pack.shardRows': 10,
    ...change,
  }
  const overrides = Object.entries(set).flatMap(([path, value]) => [
    '--set',
    `${path}=${JSON.stringify(value)}`,
  ])
  return [
    'run',
    'pipelines/demo.yaml',
    '--run',
    join(folder, 'run'),
    '--out',
    join(folder, 'out'),
    ...overrides,
    ...more,
  ]
}

/** Starts the real command line in a process of its own. */
export function startPairloom(
  args: readonly string[],
  env: Record<string, string> = {},
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, ['bin/pairloom.cjs', ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout!.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr!.on('data', (chunk: Buffer) => err.push(chunk))
  const ended = new Promise<Ended>((done, fail) => {
    child.on('error', fail)
    child.on('close', (code, signal) =>
      done({ code, signal, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    )
  })
  return { child, ended }
}

export function pairloom(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return startPairloom(args, env).ended
}

/** sha256 of every file of the data sets that are current in an output folder, by path. */
export async function currentFiles(out: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {}
  for (const sink of (await readdir(out)).sort()) {
    const { dataset } = JSON.parse(await readFile(join(out, sink, 'current.json'), 'utf8')) as {
      dataset: string
    }
    for (const file of (await readdir(join(out, sink, dataset))).sort()) {
      const bytes = await readFile(join(out, sink, dataset, file))
      digests[`${sink}/${dataset}/${file}`] = createHash('sha256').update(bytes).digest('hex')
    }
  }
  return digests
}
