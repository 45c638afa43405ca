import { randomBytes } from 'node:crypto'
import { isAlive, PLACE } from '../store/alive.ts'
import { sweepTemporary } from '../store/file.ts'
import type { Plan } from './plan.ts'
import { sinkFolder } from './task-sink.ts'
import { SCRATCH, type RunFolder } from './run-folder.ts'

/** Tells this process from others of its number: an earlier one of a container, one on a machine of the same name. */
const PROCESS = randomBytes(3).toString('hex')

let serial = 0

/** A new attempt's name: with host and process, so that a later run knows whose files are left over. */
export function attemptName(): string {
  return `${PLACE}-${process.pid}-${PROCESS}${(serial++).toString(36)}`
}

/**
 * Removes what stopped runs of this machine left behind: temporary files, and parts of attempts that never were
 * committed. Those of living processes and of other machines stay. Returns the number of files.
 */
export async function sweepRun(folder: RunFolder, plan: Plan): Promise<number> {
  let removed = await sweepTemporary(folder.store)
  for (const attempt of await folder.store.folders(SCRATCH)) {
    if (!isOver(attempt)) continue
    await folder.store.remove(`${SCRATCH}/${attempt}`)
    removed++
  }
  for (const stage of plan.stages) {
    if (stage.kind === 'sink') removed += await sweepTemporary(sinkFolder(plan.out, stage))
    const committed = new Set<string>()
    for (const { files } of (await folder.readCommits(stage.dataset)).values()) {
      for (const file of Object.values(files)) committed.add(`${stage.dataset}/${file.path}`)
    }
    for await (const { path } of folder.store.list(stage.dataset)) {
      const attempt = /\/part-\d{8}\.([^.]+)\./.exec(path)?.[1]
      if (attempt === undefined || committed.has(path) || !isOver(attempt)) continue
      await folder.store.remove(path)
      removed++
    }
  }
  return removed
}

function isOver(attempt: string): boolean {
  const [host, pid, own] = attempt.split('-')
  if (host !== PLACE) return false
  return Number(pid) === process.pid ? !own!.startsWith(PROCESS) : !isAlive(Number(pid))
}
