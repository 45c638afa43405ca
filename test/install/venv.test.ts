import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { missingProgram } from './program.ts'
import { venv } from './venv.ts'

describe('venv', () => {
  let cache: string
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'pairloom-cache-'))
    vi.stubEnv('XDG_CACHE_HOME', cache)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(cache, { recursive: true })
  })

  it('says what is missing and how to get it, and installs nothing unasked', () => {
    vi.stubEnv('PAIRLOOM_TEST_INSTALL', '')
    expect(venv('some', ['pyarrow==26.0.1']).missing).toMatch(
      /pyarrow==26\.0\.1.*PAIRLOOM_TEST_INSTALL=1 npm test/,
    )
    expect(readdirSync(cache)).toEqual([])
  })

  it.skipIf(missingProgram('python3'))(
    'fails and leaves nothing behind where it should install but cannot',
    async () => {
      vi.stubEnv('PAIRLOOM_TEST_INSTALL', '1')
      vi.stubEnv('PIP_NO_INDEX', '1')
      const some = venv('some', ['pyarrow==26.0.1'])
      expect(some.missing).toBeNull()
      await expect(some.make()).rejects.toThrow('pyarrow==26.0.1')
      expect(readdirSync(join(cache, 'pairloom'))).toEqual([])
    },
    120_000,
  )

  it('has another place for other packages', () => {
    const of = (...packages: string[]) => venv('some', packages).python
    expect(of('numpy==2.4.6')).toBe(of('numpy==2.4.6'))
    expect(of('numpy==2.4.6')).not.toBe(of('numpy==2.4.5'))
  })
})

describe('missingProgram', () => {
  it.each([
    { command: process.execPath, prints: /^v\d/, missing: null },
    { command: process.execPath, prints: /GNU tar/, missing: /is not the one expected/ },
    { command: 'no-such-program', prints: undefined, missing: /no no-such-program on the PATH/ },
  ])('of $command that prints $prints is $missing', ({ command, prints, missing }) => {
    const found = missingProgram(command, prints)
    if (missing) expect(found).toMatch(missing)
    else expect(found).toBeNull()
  })
})
