import { mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { parse } from 'yaml'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { imageId, sha256, uid, type Row, type Text } from '../../src/core/index.ts'
import { planPipeline, runPlan, type PipelineInput, type RunSummary } from '../../src/index.ts'
import { openRunFolder } from '../../src/pipeline/run-folder.ts'
import { purge } from '../../src/pipeline/takedown/purge.ts'
import { takeDown } from '../../src/pipeline/takedown/takedown.ts'
import { readTar } from '../../src/store/tar.ts'
import { readParquet } from '../shard/harness.ts'
import { quarters } from '../media/pictures.ts'
import { sendBytes, sendStatus, startServer, type TestServer } from '../servers/web.ts'

let folder: string
let server: TestServer | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-sources-'))
})
afterEach(async () => {
  await server?.close()
  server = undefined
  await rm(folder, { recursive: true, force: true })
})

async function put(name: string, bytes: string | Buffer): Promise<string> {
  const path = join(folder, name)
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, bytes)
  return path
}

interface Published {
  summary: RunSummary
  /** Members of all shards in order. */
  members: { name: string; bytes: Buffer }[]
  /** The JSON of all samples, by uid. */
  samples: Record<string, Row & { texts: Text[] }>
  /** Folder of the shards. */
  shards: string
}

async function run(name: string, pipeline: PipelineInput, workers = 2): Promise<Published> {
  const out = join(folder, name, 'out')
  const summary = await runPlan(await planPipeline(pipeline, { run: join(folder, name, 'run'), out }), {
    workers,
  })
  const { dataset } = JSON.parse(await readFile(join(out, 'shards/current.json'), 'utf8')) as {
    dataset: string
  }
  const shards = join(out, 'shards', dataset)
  const members: Published['members'] = []
  for (const file of (await readdir(shards)).filter((f) => f.endsWith('.tar')).sort())
    for await (const { name: member, bytes } of readTar(createReadStream(join(shards, file))))
      members.push({ name: member, bytes: Buffer.from(bytes) })
  const samples = members
    .filter((m) => m.name.endsWith('.json'))
    .map((m) => JSON.parse(m.bytes.toString()) as Row & { uid: string; texts: Text[] })
  return { summary, members, samples: Object.fromEntries(samples.map((s) => [s.uid, s])), shards }
}

const reasonsOf = ({ summary }: Published, stage: string) =>
  summary.stages.find((s) => s.stage === stage)!.tally.reasons
const tail = { pack: { use: 'shard/pack', shardRows: 100 }, shards: { use: 'shard/webdataset' } }

describe('pipelines/url-list.yaml', () => {
  it('makes shards of a list', async () => {
    const fox = await quarters(300, 240).jpeg().toBuffer()
    server = await startServer({
      'a.test/fox.jpg': sendBytes('image/jpeg', fox),
      'a.test/copy.jpg': sendBytes('image/jpeg', fox),
      'b.test/wide.jpg': sendBytes('image/jpeg', await quarters(900, 210).jpeg().toBuffer()),
      'b.test/gone.jpg': sendStatus(404),
    })
    const own = '0123456789abcdef0123456789abcdef'
    const words = 'A red fox in the snow'
    const lines = [
      'uid,URL,TEXT,similarity',
      `${own},http://a.test/fox.jpg,${words},0.31`,
      `,http://a.test/fox.jpg,A fox that sleeps in the garden,0.4`,
      `,http://a.test/copy.jpg,The same fox at another address,0.2`,
      `,http://b.test/wide.jpg,A picture that is far too wide,0.2`,
      `,http://b.test/gone.jpg,A picture that is no longer there,0.2`,
      `,http://b.test/short.jpg,Fox,0.2`,
      `,gopher://b.test/x.jpg,A picture of another time and place,0.2`,
      'one,two',
    ]
    const path = await put('list.csv.gz', gzipSync(lines.join('\n')))
    const file = parse(await readFile('pipelines/url-list.yaml', 'utf8')) as PipelineInput
    const { list, ...stages } = file.stages
    const network = { ...file.network, hosts: server.hosts, allow: ['127.0.0.1'] }
    const first = { ...list, path, keep: { similarity: 'float64' } }
    const done = await run('list', { ...file, network, stages: { list: first, ...stages } })

    expect(reasonsOf(done, 'list')).toEqual({
      'failed.crawl/list.bad-row': 1,
      'dropped.crawl/list.bad-url': 1,
    })
    expect(reasonsOf(done, 'texts')).toEqual({ 'dropped.filter/words.too-few-words': 1 })
    expect(reasonsOf(done, 'links')).toEqual({ 'dropped.crawl/merge-links.merged': 1 })
    expect(reasonsOf(done, 'images')).toEqual({ 'failed.crawl/fetch.http-404': 1 })
    expect(reasonsOf(done, 'sizes')).toEqual({ 'dropped.filter/image-size.too-elongated': 1 })
    expect(reasonsOf(done, 'unique')).toEqual({ 'dropped.filter/exact-duplicates.duplicate': 1 })
    const [sample, ...more] = Object.values(done.samples)
    expect(more).toEqual([])
    expect(sample).toMatchObject({ sha256: sha256(fox), width: 300, height: 240, source_hash: null })
    expect(done.members.map((m) => m.name.split('.')[1])).toEqual(['jpg', 'txt', 'json'])
    expect([own, uid('http://a.test/copy.jpg', 'The same fox at another address')]).toContain(sample!.uid)
  })
})

describe('pictures at hand', () => {
  it('go from a folder into shards, and from these into others: ids, texts and kept values stay', async () => {
    for (const [i, name] of ['cats/tom.png', 'cats/kit ty.png', 'dogs/rex.png', 'dogs/broken.png'].entries())
      await put(
        `in/${name}`,
        name.includes('broken')
          ? 'no picture'
          : await quarters(64 + 2 * i, 64)
              .png()
              .toBuffer(),
      )
    await put('in/cats/tom.txt', 'Tom, a cat')
    await put('in/dogs/rex.json', JSON.stringify({ caption: 'Rex', score: 0.5 }))
    const keep = { score: 'float64' }
    const first = await run('first', {
      name: 'first',
      stages: {
        pictures: {
          use: 'crawl/folder',
          path: join(folder, 'in'),
          text: ['txt', 'json:caption', 'folder'],
          keep,
          resize: 'none',
          filesPerPartition: 2,
        },
        ...tail,
      },
    })
    expect(reasonsOf(first, 'pictures')).toEqual({ 'failed.crawl/folder.not-an-image': 1 })
    const ids = {
      tom: uid('file:///cats/tom.png', 'Tom, a cat'),
      kitty: uid('file:///cats/kit%20ty.png', 'cats'),
      rex: uid('file:///dogs/rex.png', 'Rex'),
    }
    expect(Object.keys(first.samples).sort()).toEqual(Object.values(ids).sort())
    expect(first.samples[ids.rex]).toMatchObject({
      source_score: 0.5,
      image_id: imageId('file:///dogs/rex.png'),
      width: 68,
    })

    const again: PipelineInput = {
      name: 'again',
      stages: {
        tars: {
          use: 'crawl/webdataset',
          path: `${first.shards}/{00000..00000}.tar`,
          keep: { source_score: 'float64' },
          resize: 'none',
        },
        ...tail,
      },
    }
    const second = await run('second', again)
    expect(Object.keys(second.samples).sort()).toEqual(Object.values(ids).sort())
    for (const id of Object.values(ids)) expect(second.samples[id]!.texts).toEqual(first.samples[id]!.texts)
    for (const id of Object.values(ids))
      expect(second.samples[id]!.image_id).toBe(first.samples[id]!.image_id)
    expect(second.samples[ids.tom]!.url).toBe('file:///cats/tom.png')
    expect(second.samples[ids.rex]!.source_score).toBe(0.5)

    const other = await run('other', again, 1)
    expect(other.members).toEqual(second.members)
  })

  it('are stored in several sizes in one pass, each of which a sink can pack', async () => {
    await put('in/fox.jpg', await quarters(300, 200).jpeg().toBuffer())
    await put('in/fox.txt', 'A red fox')
    const pictures = {
      use: 'crawl/folder',
      path: join(folder, 'in'),
      resize: 'longest',
      size: 128,
      sizes: { small: 64, tiny: 32 },
    }
    const pack = { use: 'shard/pack', shardRows: 100 }
    const small = { use: 'shard/webdataset', from: 'pack', picture: 'small' }
    const done = await run('sizes', {
      name: 'sizes',
      stages: { pictures, pack, shards: { use: 'shard/webdataset' }, small },
    })
    const packed = async (shards: string) => {
      for await (const { name, bytes } of readTar(createReadStream(join(shards, '00000.tar')))) {
        if (!name.endsWith('.jpg')) continue
        const { width, height } = await sharp(bytes).metadata()
        return { width, height }
      }
      return null
    }
    expect(await packed(done.shards)).toEqual({ width: 128, height: 85 })
    const { dataset } = JSON.parse(await readFile(join(folder, 'sizes/out/small/current.json'), 'utf8')) as {
      dataset: string
    }
    expect(await packed(join(folder, 'sizes/out/small', dataset))).toEqual({ width: 64, height: 43 })
    expect(Object.values(done.samples)).toMatchObject([
      { width: 128, height: 85, image_small_width: 64, image_tiny_width: 32, image_tiny_height: 21 },
    ])
  })

  it('that were taken down and purged are not written again by a source that still has them', async () => {
    for (const name of ['fox', 'hare', 'broken']) {
      const bytes =
        name === 'broken'
          ? 'no picture'
          : await quarters(60, name.length * 9)
              .jpeg()
              .toBuffer()
      await put(`in/${name}.jpg`, bytes)
      await put(`in/${name}.txt`, `Words about the ${name}`)
    }
    await put('list.csv', 'url,text\nhttp://a.test/fox.jpg,Words about the fox\nhttp://b.test/1.jpg,Others')
    const stages = {
      pictures: { use: 'crawl/folder', path: join(folder, 'in'), resize: 'none' },
      list: { use: 'crawl/list', path: join(folder, 'list.csv') },
    }
    const pipeline = (seed: string) => ({ name: 'again', seed, stages }) as PipelineInput
    const where = { run: join(folder, 'again/run'), out: join(folder, 'again/out') }
    await runPlan(await planPipeline(pipeline('a'), where), { workers: 1 })
    const uids = ['fox', 'broken'].map((name) => uid(`file:///${name}.jpg`, `Words about the ${name}`))
    const runFolder = openRunFolder(where.run)
    const named = { domain: ['a.test'], url: [], uid: uids, sha256: [] }
    await takeDown(runFolder, { named, reason: null, dryRun: false })
    await purge(runFolder, 'test')
    // A new time of change makes a new data set of each source.
    await utimes(join(folder, 'in/hare.jpg'), 1, 1)
    await utimes(join(folder, 'list.csv'), 1, 1)
    const done = await runPlan(await planPipeline(pipeline('a'), where), { workers: 1 })
    expect(done.stages.map(({ stage, tally }) => [stage, tally.kept, tally.reasons])).toEqual([
      ['pictures', 1, { 'dropped.takedown.taken-down': 2 }],
      ['list', 1, { 'dropped.takedown.taken-down': 1 }],
    ])
    for (const path of await readdir(where.run, { recursive: true })) {
      if (!/\.(parquet|tar)$/.test(path)) continue
      const bytes = await readFile(join(where.run, path))
      const text = path.endsWith('.tar') ? bytes.toString('latin1') : JSON.stringify(await readParquet(bytes))
      for (const word of [...uids, 'a.test', 'fox', imageId('file:///fox.jpg')])
        expect(text).not.toContain(word)
    }
  })
})
