import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runOutcomes } from '../../demo/outcomes.ts'
import { openRunFolder } from '../../src/pipeline/run-folder.ts'
import { newestPlan } from '../../src/pipeline/status.ts'
import { readTable } from '../../src/table/parquet-read.ts'
import type { Row } from '../../src/core/index.ts'
import { currentFiles, cutArguments, pairloom } from '../cut.ts'
import { CONSUMERS } from '../install/consumers.ts'
import { judge, startWeb, type DemoWeb } from '../servers/web.ts'

/** Deadlines under which every trouble shows its own name: a slow body is endless before it is stalled. */
const PATIENT = { 'images.stallMs': 2000, 'images.retries': 1, 'images.backoffMs': 50 }

let web: DemoWeb
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-demo-'))
  // A seed under which the language detector is right about every troubled picture: its mistakes are not what is tested.
  web = await startWeb({ cacheDir: join(folder, 'web'), seed: 3 })
})
afterAll(async () => {
  await web.close()
  await rm(folder, { recursive: true, force: true })
})

async function run(name: string, workers: number, change: Record<string, unknown> = {}) {
  web.resetCounts()
  const ended = await pairloom(cutArguments(web, join(folder, name), ['--workers', String(workers)], change))
  expect(ended.code, ended.stderr).toBe(0)
  const asked = [...web.requests()].flatMap(([url, n]) => Array<string>(n).fill(url))
  return {
    asked,
    pictures: asked.filter((url) => !/\/(?:robots\.txt|ai\.txt|\.well-known\/tdmrep\.json)$/.test(url)),
    files: await currentFiles(join(folder, name, 'out')),
  }
}

/** Rows that a stage of the newest plan handed on. */
async function keptRows(name: string, id: string): Promise<Row[]> {
  const runFolder = openRunFolder(join(folder, name, 'run'))
  const stage = (await newestPlan(runFolder)).stages.find((s) => s.id === id)!
  const rows: Row[] = []
  for (const { files } of (await runFolder.readCommits(stage.dataset)).values()) {
    for await (const batch of readTable(runFolder.store, `${stage.dataset}/${files.parquet!.path}`))
      rows.push(...batch)
  }
  return rows
}

describe('the demo web through the whole pipeline', () => {
  let files: Record<string, string>
  let asked: string[]
  beforeAll(async () => {
    ;({ files, asked } = await run('patient', 1, PATIENT))
  })

  it('ends every planted trouble in its named status, and loses good pairs to the language filter only', async () => {
    const { planted, good, unknown } = judge(web.truth, await runOutcomes(join(folder, 'patient', 'run')))
    expect(unknown).toBe(0)
    expect(Object.keys(planted).length).toBeGreaterThan(30)
    for (const [trouble, counts] of Object.entries(planted)) {
      expect(counts, trouble).toEqual({
        planted: counts.planted,
        caught: counts.planted,
        missed: 0,
        asExpected: counts.planted,
      })
    }
    expect(Object.keys(good.lost).filter((reason) => reason !== 'wrong-language')).toEqual([])
    expect(good.kept / good.pairs).toBeGreaterThan(0.85)
  })

  it('stores CMYK, 16-bit, rotated, animated and AVIF pictures at the size a viewer sees', async () => {
    const rows = new Map((await keptRows('patient', 'images')).map((row) => [row.url, row]))
    const odd = web.truth.images.filter((i) =>
      ['cmyk-jpeg', 'png-16-bit', 'exif-orientation', 'animated-gif', 'avif'].includes(i.trouble ?? ''),
    )
    expect(odd.length).toBeGreaterThanOrEqual(5)
    for (const image of odd) {
      const row = rows.get(image.url)
      expect([row?.original_width, row?.original_height], image.trouble!).toEqual([image.width, image.height])
      expect(row?.format).toBe('jpeg')
    }
  })

  it('asks for nothing that robots.txt forbids, nor for pictures that no text is kept of', () => {
    const unwanted = web.truth.images.filter((i) => !i.isWanted || i.expected.reasons.includes('robots'))
    expect(unwanted.length).toBeGreaterThan(5)
    expect(unwanted.filter((i) => asked.includes(i.url))).toEqual([])
    expect(asked.filter((url) => url.includes('/never/'))).toEqual([])
  })

  it('gives the same bytes on 4 workers, and no host ever sees more than two requests at once', async () => {
    const four = await run('four', 4, PATIENT)
    expect(four.files).toEqual(files)
    for (const [host, { maxConcurrent }] of web.stats()) expect(maxConcurrent, host).toBeLessThanOrEqual(2)
  })

  it('fetches nothing when a threshold after the download changes', async () => {
    const changed = await run('patient', 2, { ...PATIENT, 'sizes.image-size.minSide': 100 })
    expect(changed.asked).toEqual([])
    expect(changed.files).not.toEqual(files)
  })

  it('fetches nothing again when a threshold before the download changes, and what is new once', async () => {
    const stricter = await run('patient', 2, { ...PATIENT, 'texts.words.min': 5 })
    expect(stricter.asked).toEqual([])
    const { kept, dropped } = web.truth.settings.languages
    const looser = await run('patient', 2, { ...PATIENT, 'texts.language.keep': [...kept, ...dropped] })
    expect(looser.pictures.length).toBeGreaterThan(0)
    expect(looser.pictures.filter((url) => asked.includes(url))).toEqual([])
    expect(new Set(looser.pictures).size).toBe(looser.pictures.length)
  })

  it('comes back to equal shards when the threshold comes back', async () => {
    const back = await run('patient', 2, PATIENT)
    expect(back.asked).toEqual([])
    expect(back.files).toEqual(files)
  })
})

const title = `the demo's shards, read by the real webdataset and pyarrow${CONSUMERS.missing ? ` (${CONSUMERS.missing})` : ''}`
describe.skipIf(CONSUMERS.missing)(title, () => {
  it('hold the uids and texts of the rows that were packed, and pictures that decode', async () => {
    await CONSUMERS.make()
    await run('consumed', 2)
    const packed = await keptRows('consumed', 'pack')
    const wanted = packed.map((row) => [
      row.uid,
      (row.texts as { text: string }[])[row.caption as number]!.text,
    ])
    for (const [script, sink] of [
      ['read_webdataset.py', 'webdataset'],
      ['read_parquet.py', 'parquet'],
    ] as const) {
      const dataset = Object.keys(await currentFiles(join(folder, 'consumed', 'out')))
        .find((f) => f.startsWith(sink))!
        .split('/')[1]!
      const { stdout } = await promisify(execFile)(CONSUMERS.python, [
        resolve('examples/consume', script),
        join(folder, 'consumed', 'out', sink, dataset),
      ])
      const seen = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { uid: string; text: string; width: number })
      expect(seen.map((s) => [s.uid, s.text]).sort()).toEqual(wanted.sort())
      expect(seen.every((s) => s.width > 0)).toBe(true)
    }
  }, 600_000)
})
