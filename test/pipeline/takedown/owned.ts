import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import {
  definePipeline,
  planPipeline,
  runPlan,
  seededRandom,
  sha256,
  type PipelineInput,
  type Plan,
  type PlanOptions,
  type RunEvent,
  type RunOptions,
  type Tally,
} from '../../../src/index.ts'
import { openRunFolder, type RunFolder } from '../../../src/pipeline/run-folder.ts'

/** A picture of the loopback web: its URL, the texts that a list gives it, and its bytes. */
export interface Owned {
  url: string
  texts: string[]
  bytes: Buffer
  sha256: string
}

/** A web of pictures on a few hosts, and how often each was asked for. */
export interface OwnedWeb {
  pictures: Owned[]
  /** URL -> requests since the last look. */
  asked(): Record<string, number>
  /** list: instead of all pictures with their texts. */
  pipeline(
    folder: string,
    change?: Record<string, unknown>,
    list?: readonly Record<string, string>[],
  ): Promise<PipelineInput>
  close(): Promise<void>
}

const HOSTS = ['www.alder.test', 'pics.birch.test', 'cdn.birch.test', 'www.cedar.example']

/** 24 pictures on four hosts; the second has two texts, and the last of two hosts have the same bytes. */
export async function ownedWeb(): Promise<OwnedWeb> {
  const random = seededRandom('owned')
  const pictures: Owned[] = []
  for (let i = 0; i < 24; i++) {
    const raw = Buffer.from(Array.from({ length: 24 * 24 * 3 }, () => random.below(256)))
    const bytes =
      i === 23
        ? pictures[22]!.bytes
        : await sharp(raw, { raw: { width: 24, height: 24, channels: 3 } })
            .png()
            .toBuffer()
    const texts = i === 1 ? ['a picture with two texts', 'its other text'] : [`picture number ${i}`]
    pictures.push({ url: `http://${HOSTS[i % 4]}/${i}.png`, texts, bytes, sha256: sha256(bytes) })
  }
  const requests: Record<string, number> = {}
  const server = createServer((request, response) => {
    const url = `http://${request.headers.host}${request.url}`
    requests[url] = (requests[url] ?? 0) + 1
    const to = /^\/to\?(.*)/.exec(request.url!)?.[1]
    const copy = /^\/copy\?(\d+)/.exec(request.url!)?.[1]
    const found = copy === undefined ? pictures.find((p) => p.url === url) : pictures[Number(copy)]
    if (to !== undefined) response.writeHead(302, { location: decodeURIComponent(to) }).end()
    else if (found) response.writeHead(200, { 'content-type': 'image/png' }).end(found.bytes)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    pictures,
    asked() {
      const seen = { ...requests }
      for (const url of Object.keys(requests)) delete requests[url]
      return seen
    },
    async pipeline(
      folder,
      change = {},
      list = pictures.flatMap(({ url, texts }) => texts.map((text) => ({ url, text }))),
    ) {
      await mkdir(folder, { recursive: true })
      const lines = list.map((record) => JSON.stringify(record))
      const path = join(folder, `${sha256(lines.join()).slice(0, 8)}.jsonl`)
      const text = `${lines.join('\n')}\n`
      // A list that is written again is another one: its time counts.
      if ((await readFile(path, 'utf8').catch(() => '')) !== text) await writeFile(path, text)
      return definePipeline({
        name: 'owned',
        network: { hosts: Object.fromEntries(HOSTS.map((h) => [h, address])), allow: ['127.0.0.1'] },
        stages: {
          list: { use: 'crawl/list', path },
          links: { use: 'crawl/merge-links', partitions: 3 },
          images: { use: 'crawl/fetch', retries: 0 },
          sizes: { filters: { 'image-size': { minSide: 8 } } },
          unique: { use: 'filter/exact-duplicates', by: 'sha256' },
          pack: { use: 'shard/pack', shardRows: 6 },
          webdataset: { use: 'shard/webdataset' },
          parquet: { use: 'shard/parquet', from: 'pack' },
        },
        ...change,
      } as PipelineInput)
    },
    close: () => closed(server),
  }
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}

/** A run of the web's pictures, done once; each test has a copy of it in the same place, which paths in it need. */
export interface OwnedBench {
  web: OwnedWeb
  /** Holds `run` and `out`. */
  folder: string
  runFolder(): RunFolder
  /** Puts back a state that was saved, by default that of the run. */
  restore(from?: string): Promise<void>
  save(as: string): Promise<void>
  plan(
    options?: PlanOptions,
    change?: Record<string, unknown>,
    list?: readonly Record<string, string>[],
  ): Promise<Plan>
  /** Runs the pipeline again; throws what the run throws. */
  run(
    options?: RunOptions & PlanOptions,
    change?: Record<string, unknown>,
    list?: readonly Record<string, string>[],
  ): Promise<Ran>
}

export interface Ran {
  /** Stages whose tasks did something. */
  worked: string[]
  tally(stage: string): Tally
}

export function ownedBench(): OwnedBench {
  let base = ''
  const bench: OwnedBench = {
    web: undefined as never,
    folder: '',
    runFolder: () => openRunFolder(join(bench.folder, 'run')),
    async restore(from = 'saved') {
      await rm(bench.folder, { recursive: true, force: true })
      await cp(join(base, from), bench.folder, { recursive: true, preserveTimestamps: true })
      bench.web.asked()
    },
    save: (as) => cp(bench.folder, join(base, as), { recursive: true, preserveTimestamps: true }),
    async plan(options = {}, change = {}, list) {
      const input = await bench.web.pipeline(base, change, list)
      const paths = { run: join(bench.folder, 'run'), out: join(bench.folder, 'out') }
      return planPipeline(input, { ...paths, ...options })
    },
    async run(options = {}, change = {}, list) {
      const plan = await bench.plan(options, change, list)
      const worked = new Set<string>()
      const onEvent = (event: RunEvent) => {
        if (event.event === 'task') worked.add(event.stage)
      }
      const { stages } = await runPlan(plan, { workers: 1, onEvent, ...options })
      return { worked: [...worked], tally: (stage) => stages.find((s) => s.stage === stage)!.tally }
    },
  }
  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'pairloom-owned-'))
    bench.folder = join(base, 'a')
    bench.web = await ownedWeb()
    await bench.run()
    await rename(bench.folder, join(base, 'saved'))
  })
  beforeEach(() => bench.restore())
  afterAll(async () => {
    await bench.web.close()
    await rm(base, { recursive: true, force: true })
  })
  return bench
}

/** Files below a folder by path. */
export async function filesBelow(folder: string): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>()
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile()) found.set(path.slice(folder.length + 1), await readFile(path))
  }
  return found
}
