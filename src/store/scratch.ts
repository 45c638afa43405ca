import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive, PLACE } from './alive.ts'

/**
 * Makes an empty folder for what lies on disk for a while. Who makes it removes it; should the process be killed before,
 * `sweepScratch` does.
 */
export function makeScratch(): Promise<string> {
  return mkdtemp(join(tmpdir(), `pairloom-scratch-${PLACE}-${process.pid}-`))
}

/** Removes scratch folders of processes of this place that are gone. Those of other users stay: we may not. */
export async function sweepScratch(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const [, place, pid] = /^pairloom-scratch-([0-9a-f]+)-(\d+)-/.exec(name) ?? []
    if (place !== PLACE || isAlive(Number(pid))) continue
    try {
      await rm(join(tmpdir(), name), { recursive: true, force: true })
    } catch (error) {
      if (!['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
  }
}
