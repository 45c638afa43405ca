import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** Writes lists into a folder that goes with the test file. */
export function listFolder(): (text: string | Uint8Array, name?: string) => Promise<string> {
  const folder = mkdtemp(join(tmpdir(), 'pairloom-lists-'))
  afterAll(async () => rm(await folder, { recursive: true, force: true }))
  let count = 0
  return async (text, name = `list${count++}.txt`) => {
    const path = join(await folder, name)
    await writeFile(path, text)
    return path
  }
}
