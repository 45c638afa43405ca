import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'

/** Installed where none is found: the last line of Node that was current before 24. */
const VERSION = '22.20.0'
/** The package that holds the binary alone. */
const PACKAGE = `node-${process.platform}-${process.arch}`

export interface OldNode {
  /** Its path. */
  node: string
  /** Why there is none, for the name of a skipped test; null where it is there or may be installed. */
  missing: string | null
  /** Installs it unless it is there. */
  make(): Promise<void>
}

/** A Node older than 24: one on the PATH or of the system, else one that `PAIRLOOM_TEST_INSTALL=1` allows to install. */
export function oldNode(): OldNode {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/bin', '/usr/bin']
  const known = folders
    .filter((folder) => !folder.includes('node_modules'))
    .map((folder) => join(folder, 'node'))
    .find((path) => existsSync(path) && major(path) < 24)
  if (known !== undefined) return { node: known, missing: null, make: () => Promise.resolve() }

  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const home = join(cache, 'pairloom', `node-${VERSION}`)
  const mayMake = process.env.PAIRLOOM_TEST_INSTALL === '1'
  return {
    node: join(home, 'node_modules', PACKAGE, 'bin', 'node'),
    missing:
      existsSync(home) || mayMake
        ? null
        : `needs a Node older than 24; PAIRLOOM_TEST_INSTALL=1 npm test installs one in ${cache}/pairloom`,
    async make() {
      if (existsSync(home)) return
      await mkdir(dirname(home), { recursive: true })
      const aside = await mkdtemp(`${home}.`)
      try {
        const flags = ['--prefix', aside, '--no-save', '--loglevel=error']
        await promisify(execFile)('npm', ['install', ...flags, `${PACKAGE}@${VERSION}`])
        await rename(aside, home)
      } catch (error) {
        await rm(aside, { recursive: true, force: true })
        if (!existsSync(home)) throw error
      }
    },
  }
}

function major(node: string): number {
  const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' })
  return Number(/^v(\d+)\./.exec(stdout ?? '')?.[1] ?? Infinity)
}
