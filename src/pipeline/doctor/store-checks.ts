import { randomBytes } from 'node:crypto'
import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname } from 'node:path'
import { toPairloomError } from '../../core/error.ts'
import { fileStore } from '../../store/file.ts'
import type { Store } from '../../store/store.ts'
import type { CostEstimate } from '../cost/estimate.ts'
import type { Plan } from '../plan.ts'
import { claimRunFolder } from '../run-folder.ts'
import { checked, mib, type Check } from './check.ts'

const PROBE_BYTES = 16 * 2 ** 20
const PROBE_COMMITS = 10
/** Slower, and writing shards takes longer than making them. */
const SLOW_BYTES_PER_SECOND = 20 * 2 ** 20
/** A run makes a few commits a partition: slower ones are felt with small partitions. */
const SLOW_COMMIT_MS = 200

/**
 * Whether run and out folders can be written, keep what the commits rest on (a name is made once, by hard link), have
 * room for what is estimated, and how fast they are. Writes 16 MiB into a folder of its own in each, and removes it.
 */
export async function storeChecks(plan: Plan, estimate: CostEstimate | null): Promise<Check[]> {
  const checks: Check[] = []
  const sinks = new Set(plan.stages.filter((s) => s.kind === 'sink').map((s) => s.id))
  const bytesOf = (isSink: boolean) =>
    (estimate?.stages ?? [])
      .filter((s) => sinks.has(s.stage) === isSink)
      .reduce((sum, s) => sum + s.bytesOut, 0)
  const known = estimate !== null && estimate.unknown.length === 0
  for (const [name, folder, isSink] of [
    ['run', plan.run, false],
    ...(sinks.size > 0 ? [['out', plan.out, true] as const] : []),
  ] as const) {
    const place = await nearest(folder)
    checks.push(await semantics(`${name} folder`, folder, place, isSink ? null : plan))
    checks.push(await room(`${name} disk`, place, known ? bytesOf(isSink) : null))
  }
  checks.push(await room('scratch disk', tmpdir(), null))
  return checks
}

async function semantics(name: string, folder: string, place: string, plan: Plan | null): Promise<Check> {
  try {
    if (plan) await claimRunFolder(plan)
    const probe = `.pairloom-doctor-${randomBytes(6).toString('hex')}`
    const store = fileStore(place).at(probe)
    try {
      return await probed(name, folder, store)
    } finally {
      await fileStore(place).remove(probe)
    }
  } catch (error) {
    const { code, message } = toPairloomError(error)
    return checked(name, `${folder}: ${code} ${message}`, [
      'fail',
      'give another folder, or the right to write there; it must be on a file system with hard links and fsync of folders',
    ])
  }
}

async function probed(name: string, folder: string, store: Store): Promise<Check> {
  const began = performance.now()
  const once: boolean[] = []
  for (let i = 0; i < PROBE_COMMITS; i++) once.push(await store.createOnce(`commit-${i}`, String(i)))
  const commitMs = (performance.now() - began) / PROBE_COMMITS
  const twice = await store.createOnce('commit-0', 'another')
  const kept = (await store.read('commit-0')).toString()
  const isOnce = once.every(Boolean) && !twice && kept === '0'
  const wrote = performance.now()
  const writer = await store.writer('bytes')
  // Zeros would cost nothing on a disk that packs.
  const chunk = randomBytes(2 ** 20)
  for (let at = 0; at < PROBE_BYTES; at += chunk.length) await writer.write(chunk)
  await writer.close()
  const bytesPerSecond = PROBE_BYTES / ((performance.now() - wrote) / 1000)
  return checked(
    name,
    `${folder}: commits of ${commitMs.toFixed(1)} ms, ${mib(bytesPerSecond)}/s written and synced`,
    !isOnce && [
      'fail',
      'a name could be made twice: commits would be lost; use a file system with hard links, such as ext4, xfs or NFS 4',
    ],
    commitMs > SLOW_COMMIT_MS && ['warn', 'commits are slow: prefer a local disk, or larger partitions'],
    bytesPerSecond < SLOW_BYTES_PER_SECOND && ['warn', 'writing is slow: prefer a local disk'],
  )
}

async function room(name: string, place: string, needed: number | null): Promise<Check> {
  const { bavail, bsize, ffree, files } = await statfs(place)
  const free = bavail * bsize
  const inodes = files > 0 ? `, ${ffree} files` : ''
  const wants = needed === null ? '' : `; about ${mib(needed)} are to come`
  return checked(
    name,
    `${mib(free)} free${inodes}${wants}`,
    needed !== null && free < needed && ['fail', 'free some, or give a folder on a larger disk'],
    needed !== null && free < 2 * needed && ['warn', 'an estimate may be off by two: free some'],
    free < 2 ** 30 && ['warn', 'less than 1 GiB is left'],
    files > 0 && ffree < 10_000 && ['warn', 'few more files fit (inodes)'],
  )
}

/** The folder, or the nearest one above that is there. */
async function nearest(folder: string): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    try {
      await statfs(at)
      return at
    } catch (error) {
      const isMissing = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
      if (!isMissing || at === dirname(at)) throw error
    }
  }
}
