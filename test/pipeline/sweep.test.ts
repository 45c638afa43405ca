import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Plan } from '../../src/pipeline/plan.ts'
import { openRunFolder, type RunFolder } from '../../src/pipeline/run-folder.ts'
import { attemptName, sweepRun } from '../../src/pipeline/sweep.ts'
import { entries } from '../store/conformance.ts'

let base: string
let folder: RunFolder
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'pairloom-sweep-'))
  folder = openRunFolder(join(base, 'run'))
})
afterEach(() => rm(base, { recursive: true, force: true }))

const dataset = 'images/0123456789ab'
const plan = () =>
  ({ out: join(base, 'out'), stages: [{ id: 'images', kind: 'row', dataset }] }) as unknown as Plan

/** Names of attempts with one field (1: process, 2: the rest) changed. */
function attemptOf(change: { host?: string; pid?: number; rest?: string } = {}): string {
  const [host, pid, rest] = attemptName().split('-')
  return [change.host ?? host, change.pid ?? pid, change.rest ?? rest].join('-')
}
const deadPid = () => spawnSync(process.execPath, ['-e', '0']).pid

async function leftAfterSweep(attempt: string): Promise<boolean> {
  const path = folder.partPath(dataset, 3, attempt, 'parquet')
  await folder.store.replace(path, 'part')
  await sweepRun(folder, plan())
  return folder.store.exists(path)
}

describe('the sweep of a run folder', () => {
  it('removes parts of attempts whose process has ended', async () => {
    expect(await leftAfterSweep(attemptOf({ pid: deadPid() }))).toBe(false)
  })

  it('keeps parts of this process, of living ones and of other machines', async () => {
    expect(await leftAfterSweep(attemptOf())).toBe(true)
    expect(await leftAfterSweep(attemptOf({ pid: process.ppid }))).toBe(true)
    expect(await leftAfterSweep(attemptOf({ host: 'ffffffff', pid: deadPid() }))).toBe(true)
  })

  it('removes parts of an earlier process of the same number, as containers have when they start again', async () => {
    expect(await leftAfterSweep(attemptOf({ rest: '0000000' }))).toBe(false)
  })

  it('removes the scratch of a cluster that dead attempts have left, and no other', async () => {
    const attempts = [attemptOf({ pid: deadPid() }), attemptOf()]
    for (const attempt of attempts) await folder.store.replace(`.scratch/${attempt}/0/part-00000`, 'rows')
    await sweepRun(folder, plan())
    expect(await folder.store.folders('.scratch')).toEqual([attempts[1]])
    expect(await folder.datasets()).toEqual([])
  })

  it('keeps committed parts, whoever made them', async () => {
    const attempt = attemptOf({ pid: deadPid() })
    const path = folder.partPath(dataset, 3, attempt, 'parquet')
    const parquet = { path: path.slice(dataset.length + 1), bytes: 4, sha256: '', rows: 0 }
    await folder.createCommit(dataset, { kind: 'done', partition: 3, attempt, files: { parquet } } as never)
    expect(await leftAfterSweep(attempt)).toBe(true)
    expect((await entries(folder.store.list(`${dataset}/commit`))).map((e) => e.path)).toEqual([
      `${dataset}/commit/00000003.json`,
    ])
  })

  it('never gives two processes the same name', () => {
    const name = () =>
      spawnSync(
        process.execPath,
        [
          '-e',
          `import(${JSON.stringify(join(import.meta.dirname, '../../src/pipeline/sweep.ts'))}).then((m) => console.log(m.attemptName()))`,
        ],
        { encoding: 'utf8' },
      )
        .stdout.trim()
        .replace(/-\d+-/, '-')
    const names = [name(), name()]
    expect(names[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{6}0$/)
    expect(names[0]).not.toBe(names[1])
  })
})
