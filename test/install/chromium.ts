import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

export interface Chromium {
  /** Why it cannot be used and how to get it, for the name of a skipped test; null where it is there or may be installed. */
  missing: string | null
  /** Installs it unless it is there and gives its command. For `beforeAll`, with minutes of time. */
  make(): Promise<string>
}

/** A Chromium on the PATH; installed by apt-get under `PAIRLOOM_TEST_INSTALL=1` alone. */
export function chromium(): Chromium {
  const mayInstall = process.env.PAIRLOOM_TEST_INSTALL === '1'
  const isThere = command() !== null
  return {
    missing:
      isThere || mayInstall
        ? null
        : 'needs chromium; PAIRLOOM_TEST_INSTALL=1 npm test installs it with apt-get',
    async make() {
      const known = command()
      if (known !== null) return known
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
      await run('apt-get', ['update', '-qq'], { env })
      await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { env })
      const installed = command()
      if (installed === null) throw new Error('Expected apt-get to install chromium, got none on the PATH')
      return installed
    },
  }
}

function command(): string | null {
  return NAMES.find((name) => spawnSync(name, ['--version'], { encoding: 'utf8' }).status === 0) ?? null
}
