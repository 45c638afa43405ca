import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/core/index.ts'
import { openSql } from '../../src/table/sql.ts'
import { currentFiles, cutArguments, pairloom, startPairloom } from '../cut.ts'
import { startWeb, type DemoWeb } from '../servers/web.ts'
import type { KillOrder, StoreStep } from './preload.ts'
import { orphans, processesWith } from './processes.ts'

const isLinux = process.platform === 'linux'
const EVENTS = 20
const TIMES = 5
const PRELOAD = `--import=${pathToFileURL(join(import.meta.dirname, 'preload.ts')).href}`
const random = seededRandom('kill', '2')

let web: DemoWeb
let folder: string
let whole: Record<string, string>
let steps: StoreStep[]
let wholeMs: number

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-kill-'))
  web = await startWeb({ cacheDir: join(folder, 'web') })
  const log = join(folder, 'steps')
  const started = performance.now()
  const ended = await run('whole', { PAIRLOOM_TEST_STEPS: log })
  wholeMs = performance.now() - started
  expect(ended.code, ended.stderr).toBe(0)
  whole = await currentFiles(join(folder, 'whole', 'out'))
  const lines = (await readFile(log, 'utf8')).trim().split('\n')
  steps = lines.map((line) => JSON.parse(line) as StoreStep)
})

afterAll(async () => {
  await web.close()
  await rm(folder, { recursive: true, force: true })
})

function run(name: string, env: Record<string, string> = {}) {
  return pairloom(cutArguments(web, join(folder, name), ['--workers', '2']), {
    ...env,
    NODE_OPTIONS: PRELOAD,
  })
}

/** Runs the same command until it is done, and holds the shards against those of the undisturbed run. */
async function finishAndCompare(name: string): Promise<void> {
  const again = await run(name)
  expect(again.code, again.stderr).toBe(0)
  expect(await currentFiles(join(folder, name, 'out'))).toEqual(whole)
  expect(await leftovers(join(folder, name))).toEqual([])
  await rm(join(folder, name), { recursive: true, force: true })
}

/** Temporary files, and parts that no commit names. */
async function leftovers(base: string): Promise<string[]> {
  const all = await readdir(base, { recursive: true })
  const commits = all.filter((f) => f.includes('/commit/'))
  const named = (await Promise.all(commits.map((f) => readFile(join(base, f), 'utf8')))).join('')
  return all.filter(
    (f) =>
      f.includes('.tmp-') || (/\/part-\d{8}\./.test(f) && !named.includes(f.slice(f.lastIndexOf('/') + 1))),
  )
}

/** Steps spread over every kind: event, role and what kind of file. */
function chosenSteps(): KillOrder[] {
  const kindOf = ({ role, event, path }: StoreStep) => {
    const [stage] = path.split('/')
    const file = /commit\/\d/.test(path)
      ? 'commit'
      : /part-/.test(path)
        ? path.replace(/^.*part-\d+/, 'part')
        : path.slice(path.lastIndexOf('/') + 1).replace(/\d+/, 'n')
    return `${role} ${event} ${file} ${file === 'commit' || file.startsWith('part') ? stage : ''}`
  }
  const kinds = Map.groupBy(steps, kindOf)
  const order = random.shuffle([...kinds.keys()].sort())
  return order.slice(0, EVENTS).map((kind, i) => {
    const step = random.pick(kinds.get(kind)!)
    return { ...step, target: i % 2 === 0 ? 'run' : 'self', marker: join(folder, `marker-${i}`) }
  })
}

describe.skipIf(!isLinux)('a run that is killed (processes are found in /proc, which only Linux has)', () => {
  it('has enough kinds of steps to be killed at', () => {
    expect(new Set(chosenStepsOnce().map((s) => s.event)).size).toBeGreaterThanOrEqual(5)
    expect(chosenStepsOnce()).toHaveLength(EVENTS)
  })

  it('keeps every uid once, undisturbed', async () => {
    const sql = await openSql({ memoryBytes: 2 ** 27, scratch: folder })
    const dataset = Object.keys(whole)
      .find((f) => f.startsWith('parquet/'))!
      .split('/')
      .slice(0, 2)
      .join('/')
    const shards = (await readdir(join(folder, 'whole', 'out', dataset))).filter((f) =>
      f.endsWith('.parquet'),
    )
    await sql.view(
      'shards',
      shards.map((f) => join(folder, 'whole', 'out', dataset, f)),
    )
    const [row] = (await sql.query('SELECT count(*) AS rows, count(DISTINCT uid) AS uids FROM shards').next())
      .value as Record<string, number>[]
    sql.close()
    expect(row!.uids).toBe(row!.rows)
    expect(row!.rows).toBeGreaterThan(20)
  })

  it.each(Array.from({ length: EVENTS }, (_, i) => i))(
    'goes on to equal shards after event %i of 20',
    async (i) => {
      const name = `event-${i}`
      const order = chosenStepsOnce()[i]!
      const killed = await run(name, { PAIRLOOM_TEST_KILL: JSON.stringify(order), PAIRLOOM_TEST_ID: name })
      expect(existsSync(order.marker), `${JSON.stringify(order)} was never reached`).toBe(true)
      // A worker's death alone is mended by the run itself; the run's death is not.
      const wholeRunDied = order.target === 'run' || order.role === 'run'
      expect(killed.signal, killed.stderr).toBe(wholeRunDied ? 'SIGKILL' : null)
      expect(await orphans('PAIRLOOM_TEST_ID', name)).toEqual([])
      await finishAndCompare(name)
    },
  )

  it.each(Array.from({ length: TIMES }, (_, i) => i))(
    'goes on to equal shards after time %i of 5',
    async (i) => {
      const name = `time-${i}`
      await mkdir(join(folder, name))
      const { child, ended } = startPairloom(cutArguments(web, join(folder, name), ['--workers', '2']), {
        PAIRLOOM_TEST_ID: name,
      })
      await new Promise((resolve) => setTimeout(resolve, 200 + random.next() * wholeMs * 0.8))
      const all = await processesWith('PAIRLOOM_TEST_ID', name)
      const victim =
        i % 2 === 0
          ? child.pid!
          : random.pick(all.filter((pid) => pid !== child.pid).concat(all.length > 1 ? [] : [child.pid!]))
      killIfThere(victim)
      await ended
      expect(await orphans('PAIRLOOM_TEST_ID', name)).toEqual([])
      await finishAndCompare(name)
    },
  )
})

/** On a machine that was busier while the whole run was timed, a run may end before its time has come. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

let chosen: KillOrder[] | undefined
function chosenStepsOnce(): KillOrder[] {
  return (chosen ??= chosenSteps())
}
