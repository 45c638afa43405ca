import { PairloomError } from '../../core/error.ts'
import { isAlive, PLACE } from '../../store/alive.ts'
import type { RunFolder } from '../run-folder.ts'
import { attemptName } from '../sweep.ts'
import { readJson } from './tombstones.ts'

/** A process that works on a run folder. */
interface Holder {
  place: string
  pid: number
  since: string
}

const ACTIVE = 'active'
const PURGING = 'takedown/purging.json'

/**
 * Says that a run works on the folder, until what it returns is called. Runs may be several; a purge is alone.
 *
 * Each side leaves its mark before it looks for the other's, so that never both go on.
 * @throws PairloomError `PL_RUN_ACTIVE` while the folder is being purged
 */
export async function enterRun(folder: RunFolder): Promise<() => Promise<void>> {
  const mark = `${ACTIVE}/${attemptName()}.json`
  await folder.store.createOnce(mark, JSON.stringify(self()))
  const leave = () => folder.store.remove(mark)
  // Those of dead runs go.
  for await (const { path } of folder.store.list(ACTIVE)) await isHeld(folder, path)
  if (!(await isHeld(folder, PURGING))) return leave
  await leave()
  throw held(folder, PURGING, 'no purge')
}

/**
 * Takes the folder for a purge, until what it returns is called.
 *
 * @throws PairloomError `PL_RUN_ACTIVE` while a run or another purge works on it
 */
export async function enterPurge(folder: RunFolder): Promise<() => Promise<void>> {
  while (!(await folder.store.createOnce(PURGING, JSON.stringify(self())))) {
    if (await isHeld(folder, PURGING)) throw held(folder, PURGING, 'no other purge')
  }
  const leave = () => folder.store.remove(PURGING)
  for await (const { path } of folder.store.list(ACTIVE)) {
    if (!(await isHeld(folder, path))) continue
    await leave()
    throw held(folder, path, 'no run')
  }
  return leave
}

/** Whether a mark is there whose process may live; one of a dead process is removed. Of other machines one cannot know. */
async function isHeld({ store }: RunFolder, path: string): Promise<boolean> {
  let holder: Holder
  try {
    holder = await readJson<Holder>(store, path)
  } catch (error) {
    if ((error as PairloomError).code === 'PL_NOT_FOUND') return false
    throw error
  }
  if (holder.place !== PLACE || isAlive(holder.pid)) return true
  await store.remove(path)
  return false
}

function held({ store }: RunFolder, path: string, expected: string): PairloomError {
  const message = `Expected ${expected} at work on ${store.root}, got one: wait for its end, or remove ${store.locate(path)} if its process is gone`
  return new PairloomError('PL_RUN_ACTIVE', message, { data: { path: store.locate(path) } })
}

function self(): Holder {
  return { place: PLACE, pid: process.pid, since: new Date().toISOString() }
}
