import { readFileSync } from 'node:fs'

/**
 * Whether a process of this machine still runs.
 *
 * One that has ended but was never waited for (a zombie, common in containers without an init) does not.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  try {
    // proc(5): the state follows the name, which is in brackets and may hold any character.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat[stat.lastIndexOf(')') + 2] !== 'Z'
  } catch {
    return true // No /proc on this system.
  }
}
