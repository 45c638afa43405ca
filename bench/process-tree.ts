import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

export interface TreeCost {
  wallSeconds: number
  /** User and system time of the process and all that it started and waited for. */
  cpuSeconds: number
  /** Most proportional set size of the whole tree at once, MiB. Memory that processes share counts once. */
  peakMiB: number
  /** Of that moment, each process's share, MiB, the root first. */
  atPeak: number[]
  stdout: string
}

/**
 * Runs a command and measures its whole process tree through /proc (Linux).
 *
 * @throws Error when the command fails; its last output is in the message
 */
export async function measureTree(
  command: string,
  args: string[],
  { everyMs = 200, env = {} }: { everyMs?: number; env?: Record<string, string> } = {},
): Promise<TreeCost> {
  const cpuBefore = waitedCpuSeconds()
  const started = performance.now()
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-4000)))
  let peak = { total: 0, atPeak: [] as number[] }
  const timer = setInterval(() => {
    const atPeak = treeOf(child.pid!).map(pssMiB)
    const total = atPeak.reduce((sum, mib) => sum + mib, 0)
    if (total > peak.total) peak = { total, atPeak }
  }, everyMs)
  const code = await new Promise((resolve) => child.on('close', resolve))
  clearInterval(timer)
  if (code !== 0)
    throw new Error(
      `${command} ${args.join(' ')} ended with ${String(code)}: ${stderr}${stdout.slice(-2000)}`,
    )
  return {
    wallSeconds: (performance.now() - started) / 1000,
    cpuSeconds: waitedCpuSeconds() - cpuBefore,
    peakMiB: peak.total,
    atPeak: peak.atPeak,
    stdout,
  }
}

/** A process and its descendants, itself first. */
function treeOf(root: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(name) : null
    if (stat) parents.set(Number(name), Number(stat[1]))
  }
  const tree = [root]
  for (const parent of tree) for (const [pid, of] of parents) if (of === parent) tree.push(pid)
  return tree
}

/** Fields of /proc/PID/stat from the third on, or null where the process is gone. */
function readStat(pid: string): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return null
  }
}

function pssMiB(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

/** CPU time of children that this process has waited for, with all of theirs. */
function waitedCpuSeconds(): number {
  const fields = readStat('self')
  const ticks = Number(fields?.[13]) + Number(fields?.[14])
  return ticks / 100
}
