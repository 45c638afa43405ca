import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { hash128 } from '../../src/core/hash.ts'

const run = promisify(execFile)

export interface Venv {
  /** Its interpreter. */
  python: string
  /** Why it cannot be used and how to get it, for the name of a skipped test; null where it is there or may be made. */
  missing: string | null
  /** Makes it unless it is there. For `beforeAll`, with minutes of time. */
  make(): Promise<void>
}

/**
 * A Python environment of pinned packages, kept in the user's cache and made only under `PAIRLOOM_TEST_INSTALL=1`:
 * then a failure to make it fails the tests, else what is not there skips them by name.
 *
 * packages: `name==version`, with everything they need: nothing else is installed, and the closure is checked.
 * sources: the same of those that PyPI has no wheel of; a `setuptools` among the packages builds them.
 */
export function venv(name: string, packages: readonly string[], sources: readonly string[] = []): Venv {
  const python3 = spawnSync('python3', ['-c', 'import sys; print(sys.version)'], { encoding: 'utf8' })
  const key = hash128(JSON.stringify([...packages, ...sources, python3.stdout])).slice(0, 12)
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const home = join(cache, 'pairloom', `venv-${name}-${key}`)
  const isThere = existsSync(home)
  const mayMake = process.env.PAIRLOOM_TEST_INSTALL === '1'
  return {
    python: join(home, 'bin', 'python'),
    missing:
      isThere || mayMake
        ? null
        : `needs Python with ${[...packages, ...sources].join(' ')}; PAIRLOOM_TEST_INSTALL=1 npm test installs them in ${cache}/pairloom`,
    async make() {
      if (existsSync(home)) return
      await mkdir(dirname(home), { recursive: true })
      // Made aside and renamed, so that test files that need the same one, or an interrupted run, never meet half of it.
      const aside = await mkdtemp(`${home}.`)
      try {
        await run('python3', ['-m', 'venv', aside])
        const pip = (...args: string[]) =>
          run(join(aside, 'bin', 'python'), ['-m', 'pip', '--disable-pip-version-check', ...args])
        const install = ['install', '--quiet', '--no-deps']
        await pip(...install, '--only-binary', ':all:', ...packages)
        if (sources.length > 0) await pip(...install, '--no-build-isolation', '--use-pep517', ...sources)
        await pip('check')
        await rename(aside, home)
      } catch (error) {
        await rm(aside, { recursive: true, force: true })
        if (!existsSync(home)) throw error
      }
    },
  }
}
