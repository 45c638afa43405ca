import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { hash128 } from '../core/hash.ts'

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

/**
 * Names the place in which process numbers mean something: this machine since it started, and its container.
 *
 * Two containers that share a folder may have one host name and equal process numbers.
 */
export const PLACE = hash128(
  [hostname(), read('/proc/sys/kernel/random/boot_id'), link('/proc/self/ns/pid')].join('\0'),
).slice(0, 8)

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
