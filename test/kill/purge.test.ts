import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom, sha256, uid } from '../../src/index.ts'
import type { Commit } from '../../src/pipeline/run-folder.ts'
import { takeDown } from '../../src/pipeline/takedown/takedown.ts'
import { pairloom } from '../cut.ts'
import { filesBelow, ownedBench } from '../pipeline/takedown/owned.ts'
import type { KillOrder, StoreStep } from './preload.ts'

const EVENTS = 12
const PRELOAD = `--import=${pathToFileURL(join(import.meta.dirname, 'preload.ts')).href}`
const random = seededRandom('kill-purge', '1')
const bench = ownedBench()

let scratch: string
let steps: StoreStep[]
let before: Map<string, string>
let after: Map<string, string>

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'pairloom-kill-purge-'))
  await bench.restore()
  const named = { domain: ['birch.test'], url: [bench.web.pictures[0]!.url] }
  await takeDown(bench.runFolder(), { named, reason: null, dryRun: false })
  await bench.save('down')
  before = await outHashes()
  const log = join(scratch, 'steps')
  const ended = await purge({ PAIRLOOM_TEST_STEPS: log })
  expect(ended.code, ended.stderr).toBe(0)
  after = await outHashes()
  const lines = (await readFile(log, 'utf8')).trim().split('\n')
  steps = lines.map((line) => JSON.parse(line) as StoreStep)
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

function purge(env: Record<string, string>) {
  const args = ['takedown', '--run', join(bench.folder, 'run'), '--purge', '--json']
  return pairloom(args, { ...env, NODE_OPTIONS: PRELOAD })
}

async function outHashes(): Promise<Map<string, string>> {
  const files = await filesBelow(join(bench.folder, 'out'))
  return new Map([...files].map(([path, bytes]) => [path, sha256(bytes)]))
}

/** One step of each kind: event and what kind of file, in a seeded order. */
function chosenSteps(): KillOrder[] {
  const kindOf = ({ event, path }: StoreStep) => {
    const stage = path.split('/')[0]!
    const file = path.slice(path.lastIndexOf('/') + 1).replace(/\d+/, 'n')
    return `${event} ${/[0-9a-f]{12}/.test(stage) ? 'out' : stage} ${file}`
  }
  const kinds = Map.groupBy(steps, kindOf)
  return random
    .shuffle([...kinds.keys()].sort())
    .slice(0, EVENTS)
    .map((kind, i) => ({
      ...random.pick(kinds.get(kind)!),
      target: 'self',
      marker: join(scratch, `marker-${i}`),
    }))
}

/** What `current.json` names is the data set of before or of after, whole; every part is what its commit says. */
async function expectSound(): Promise<void> {
  const now = await outHashes()
  for (const sink of ['webdataset', 'parquet']) {
    const path = join(bench.folder, 'out', sink, 'current.json')
    const { dataset } = JSON.parse(await readFile(path, 'utf8')) as { dataset: string }
    const whole = [before, after].find(
      (files) => files.get(`${sink}/current.json`) === now.get(`${sink}/current.json`),
    )
    const own = (files: Map<string, string>) =>
      [...files].filter(([p]) => p.startsWith(`${sink}/${dataset}/`)).sort()
    expect(own(now).filter(([p]) => !p.includes('.tmp-'))).toEqual(own(whole!))
  }
  const folder = bench.runFolder()
  for (const dataset of await folder.datasets()) {
    const commits: Commit[] = [...(await folder.readCommits(dataset)).values()]
    for (const { files } of commits) {
      for (const file of Object.values(files))
        expect(sha256(await folder.store.read(`${dataset}/${file.path}`))).toBe(file.sha256)
    }
  }
}

describe('a purge that is killed', () => {
  it('has enough kinds of steps to be killed at', () => {
    expect(new Set(orders().map((s) => s.event)).size).toBeGreaterThanOrEqual(5)
    expect(orders()).toHaveLength(EVENTS)
  })

  it.each(Array.from({ length: EVENTS }, (_, i) => i))(
    'leaves every shard and part before or after it, and is ended by the next, after event %i of 12',
    async (i) => {
      await bench.restore('down')
      const order = orders()[i]!
      const killed = await purge({ PAIRLOOM_TEST_KILL: JSON.stringify(order) })
      expect(existsSync(order.marker), `${JSON.stringify(order)} was never reached`).toBe(true)
      expect(killed.signal, killed.stderr).toBe('SIGKILL')
      await expectSound()

      // Some are followed by a run, which makes the same shards.
      if (i % 4 === 0) {
        await bench.run()
        expect(new Map([...(await outHashes())].filter(([p]) => after.has(p)))).toEqual(after)
      }
      const ended = await purge({})
      expect(ended.code, ended.stderr).toBe(0)
      expect(await outHashes()).toEqual(after)
      expect((await bench.run()).worked).toEqual([])
      const all = [...(await filesBelow(bench.folder))]
      expect(all.filter(([path]) => path.includes('.tmp-'))).toEqual([])
      const gone = bench.web.pictures.filter((p, n) => n === 0 || p.url.includes('birch'))
      const words = gone.flatMap((p) => p.texts.map((text) => uid(p.url, text)))
      const text = all.map(([path, bytes]) => path + bytes.toString('latin1')).join('\n')
      expect(words.filter((word) => text.includes(word))).toEqual([])
    },
  )
})

let chosen: KillOrder[] | undefined
function orders(): KillOrder[] {
  return (chosen ??= chosenSteps())
}
