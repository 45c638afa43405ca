import { createHmac } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { imageId, sha256, uid } from '../../../src/index.ts'
import { enterRun } from '../../../src/pipeline/takedown/exclusive.ts'
import { purge } from '../../../src/pipeline/takedown/purge.ts'
import { takeDown } from '../../../src/pipeline/takedown/takedown.ts'
import { PLACE } from '../../../src/store/alive.ts'
import { readTar } from '../../../src/store/tar.ts'
import { readParquet } from '../../shard/harness.ts'
import { filesBelow, ownedBench, type Owned } from './owned.ts'

const bench = ownedBench()
const inFolder = (...path: string[]) => join(bench.folder, ...path)
const down = (named: object) => takeDown(bench.runFolder(), { named, reason: 'mail', dryRun: false })
const purgeAll = () => purge(bench.runFolder(), 'pairloom takedown --purge')

/** Everything below run and out, in words that can be searched: Parquet decoded too. */
async function searchable(): Promise<string> {
  const files = await filesBelow(bench.folder)
  const texts = await Promise.all(
    [...files].map(async ([path, bytes]) =>
      path.endsWith('.parquet')
        ? `${path} ${bytes.toString('latin1')} ${JSON.stringify(await readParquet(bytes))}`
        : `${path} ${bytes.toString('latin1')}`,
    ),
  )
  return texts.join('\n')
}

/** What a search may find of pictures. */
function wordsOf(pictures: readonly Owned[]): string[] {
  return pictures.flatMap(({ url, texts, sha256: hash }) => [
    url,
    imageId(url),
    hash,
    ...texts.flatMap((text) => [uid(url, text), text]),
  ])
}

/** The current data set of a sink: its files by name. */
async function current(sink: string): Promise<Map<string, Buffer>> {
  const { dataset } = JSON.parse(await readFile(inFolder('out', sink, 'current.json'), 'utf8')) as {
    dataset: string
  }
  return filesBelow(inFolder('out', sink, dataset))
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(bytes)
}

async function members(tar: Buffer): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for await (const { name, bytes } of readTar(once(tar))) found.set(name, sha256(bytes))
  return found
}

/** Every member of the current tars, by name. */
async function allMembers(): Promise<Map<string, string>> {
  const tars = [...(await current('webdataset'))].filter(([path]) => path.endsWith('.tar'))
  return new Map((await Promise.all(tars.map(([, tar]) => members(tar)))).flatMap((m) => [...m]))
}

describe('purge', () => {
  it('leaves not a word of what was taken down in run and output folder, and everything else as it was', async () => {
    const gone = [0, 1, 5, 22].map((i) => bench.web.pictures[i]!)
    const before = await allMembers()
    const untouched = await current('webdataset')
    await bench.run({}, { seed: 'another plan' })
    await bench.run()
    const words = wordsOf(gone).filter((w) => w !== gone[3]!.sha256) // Its twin at another address stays.
    const found = await searchable()
    expect(words.filter((word) => !found.includes(word))).toEqual([])

    await down({
      url: [gone[0]!.url, gone[3]!.url],
      uid: [uid(gone[1]!.url, 'its other text')],
      sha256: [gone[2]!.sha256],
    })
    const purged = await purgeAll()
    expect(purged).toMatchObject({ samples: 5, left: [] })
    expect(purged.pictures).toBe(4)
    const after = await searchable()
    expect(words.filter((word) => after.includes(word))).toEqual([])

    const members_ = await allMembers()
    const isGone = (name: string) => words.some((word) => name.startsWith(word))
    expect(members_).toEqual(new Map([...before].filter(([name]) => !isGone(name))))
    expect((await bench.run()).worked).toEqual([])
    // A shard that had none of it is the same file.
    const now = await current('webdataset')
    for (const [path, tar] of untouched) {
      if (!path.endsWith('.tar')) continue
      const had = [...(await members(tar)).keys()].some(isGone)
      expect([path, now.get(path)?.equals(tar)]).toEqual([path, !had])
    }
  })

  it('gives the shards that a run gives, with index, sizes and manifest', async () => {
    await down({ domain: ['birch.test'] })
    const saved = `${bench.folder}-saved`
    await cp(bench.folder, saved, { recursive: true, preserveTimestamps: true })
    await purgeAll()
    const purged = [await current('webdataset'), await current('parquet')]
    const names = JSON.parse(await readFile(inFolder('out/webdataset/current.json'), 'utf8')) as {
      rows: number
    }
    await rm(bench.folder, { recursive: true })
    await rename(saved, bench.folder)
    await bench.run({ workers: 2 })
    expect([await current('webdataset'), await current('parquet')]).toEqual(purged)
    expect(JSON.parse(await readFile(inFolder('out/webdataset/current.json'), 'utf8'))).toEqual(names)

    const [files] = purged as [Map<string, Buffer>]
    const manifest = JSON.parse(files.get('manifest.json')!.toString()) as Manifest
    expect(JSON.parse(files.get('sizes.json')!.toString())).toEqual(
      Object.fromEntries(manifest.shards.map((s) => [s.path, s.rows])),
    )
    let rows = 0
    for (const shard of manifest.shards) {
      const tar = files.get(shard.path)!
      expect(sha256(tar)).toBe(shard.sha256)
      expect(sha256(files.get(shard.index.path)!)).toBe(shard.index.sha256)
      for (const row of await readParquet(files.get(shard.index.path)!)) {
        const [at, length] = [row.tar_json_offset as number, row.tar_json_length as number]
        expect(JSON.parse(tar.toString('utf8', at, at + length))).toMatchObject({ uid: row.uid })
        rows++
      }
    }
    expect(rows).toBe(manifest.rows)
    expect(names.rows).toBe(rows)
  })

  it('keeps digests as evidence, and removes no more when there is nothing', async () => {
    expect(await purgeAll()).toMatchObject({ samples: 0, evidence: null })
    const [picture] = bench.web.pictures
    await down({ url: [picture!.url] })
    const { evidence } = await purgeAll()
    const file = JSON.parse(await readFile(evidence!, 'utf8')) as {
      key: string
      finishedAt: string
      removed: { uid: string; sha256: string | null }[]
    }
    const hmac = (text: string) =>
      createHmac('sha256', Buffer.from(file.key, 'hex')).update(text).digest('hex')
    expect(file.removed).toContainEqual({
      uid: hmac(`uid\0${uid(picture!.url, picture!.texts[0]!)}`),
      image: hmac(`image\0${imageId(picture!.url)}`),
      sha256: hmac(`sha256\0${picture!.sha256}`),
    })
    expect(Date.parse(file.finishedAt)).not.toBeNaN()
    expect(await purgeAll()).toMatchObject({ samples: 0, evidence: null })
  })

  it('blanks pictures where they lie, so that all others are read from where they were', async () => {
    const tars = async () =>
      [...(await filesBelow(inFolder('run', 'images')))].filter(([path]) => path.endsWith('.tar'))
    const before = new Map(
      (await Promise.all((await tars()).map(([, tar]) => members(tar)))).flatMap((m) => [...m]),
    )
    const shards = await allMembers()
    await down({ domain: ['birch.test'] })
    await purgeAll()
    const left = await allMembers()
    const expected = [...shards]
      .flatMap(([name, hash]) => (/\.(?:png|jpg)$/.test(name) && left.has(name) ? [hash] : []))
      .sort()
    const isBirch = (name: string) =>
      bench.web.pictures.some((p) => p.url.includes('birch') && name.startsWith(imageId(p.url)))
    for (const [, tar] of await tars()) {
      for await (const { name, bytes } of readTar(once(tar))) {
        if (name === 'taken-down') expect(bytes.every((byte) => byte === 0)).toBe(true)
        else expect([isBirch(name), sha256(bytes)]).toEqual([false, before.get(name)])
      }
    }
    // Other shards from the same pictures: each is read at its old offset.
    await bench.run({}, { seed: 'another' })
    const pictures = [...(await allMembers())].filter(
      ([name]) => name.endsWith('.png') || name.endsWith('.jpg'),
    )
    expect(pictures.length).toBeGreaterThan(10)
    expect(pictures.map(([, hash]) => hash).sort()).toEqual(expected)
  })

  it('counts as if the samples had never been, at every stage', async () => {
    await down({ domain: ['birch.test'] })
    await purgeAll()
    const ran = await bench.run()
    const tallies = ['list', 'links', 'images', 'sizes', 'unique', 'pack', 'webdataset'].map((s) =>
      ran.tally(s),
    )
    for (const [i, tally] of tallies.entries()) {
      expect(tally.rowsIn).toBe(tally.kept + tally.dropped + tally.failed)
      if (i > 0) expect(tally.rowsIn).toBe(tallies[i - 1]!.kept)
    }
    expect(tallies[0]!.kept).toBe(12)
  })

  it('purges every output folder that holds the same data set, in whatever order they were made', async () => {
    await bench.run({ out: inFolder('other') })
    const picture = bench.web.pictures[0]!
    await down({ url: [picture.url] })
    expect(await purgeAll()).toMatchObject({ left: [], samples: 1 })
    const found = await searchable()
    expect(wordsOf([picture]).filter((word) => found.includes(word))).toEqual([])
    const [here, other] = await Promise.all(['out', 'other'].map((out) => filesBelow(inFolder(out))))
    expect([...here!.keys()].some((path) => path.endsWith('.tar'))).toBe(true)
    const data = (files: Map<string, Buffer>) => [...files].filter(([path]) => !path.includes('takedown/'))
    expect(new Map(data(other!))).toEqual(new Map(data(here!)))
    expect((await bench.run({ out: inFolder('other') })).worked).toEqual([])
  })

  it('ends although shards were moved away, and leaves them to the next run', async () => {
    const { dataset } = JSON.parse(await readFile(inFolder('out/webdataset/current.json'), 'utf8')) as {
      dataset: string
    }
    await rm(inFolder('out/webdataset', dataset, '00001.tar'))
    const picture = bench.web.pictures[0]!
    await down({ url: [picture.url] })
    expect(await purgeAll()).toMatchObject({ left: [], samples: 1 })
    const found = await searchable()
    expect(wordsOf([picture]).filter((word) => found.includes(word))).toEqual([])
    expect((await bench.run()).worked).toContain('webdataset')
    expect([...(await allMembers()).keys()].filter((name) => name.endsWith('.json'))).toHaveLength(22)
    expect((await bench.run()).worked).toEqual([])
  })

  it('waits for no run, and no run for it: whoever comes second is refused', async () => {
    await down({ domain: ['birch.test'] })
    const leave = await enterRun(bench.runFolder())
    await expect(purgeAll()).rejects.toMatchObject({ code: 'PL_RUN_ACTIVE' })
    await leave()
    const mark = { place: 'elsewhere', pid: 1, since: '' }
    await writeFile(inFolder('run/takedown/purging.json'), JSON.stringify(mark))
    await expect(bench.run()).rejects.toMatchObject({ code: 'PL_RUN_ACTIVE' })
    await expect(purgeAll()).rejects.toThrow(
      /no other purge at work on .*remove .*purging\.json if its process is gone/,
    )
    await rm(inFolder('run/takedown/purging.json'))
    expect(await purgeAll()).toMatchObject({ left: [] })
  })

  it('lets a run begin where another died with nothing written but its mark, which goes', async () => {
    await rm(inFolder('run'), { recursive: true })
    await mkdir(inFolder('run/active'), { recursive: true })
    const dead = { place: PLACE, pid: 2 ** 22 + 1, since: '' }
    await writeFile(inFolder('run/active/dead.json'), JSON.stringify(dead))
    expect((await bench.run()).worked).toContain('images')
    expect(await readdir(inFolder('run/active')).catch(() => [])).toEqual([])
  })

  it('says where it may not write, and goes on from there when it may', async () => {
    await down({ domain: ['birch.test'] })
    const { stages } = await bench.plan()
    const next = stages.find((stage) => stage.id === 'parquet')!.dataset
    await writeFile(inFolder('out', next), 'in the way')
    await expect(purgeAll()).rejects.toMatchObject({ code: 'PL_STORE_DENIED' })
    await rm(inFolder('out', next))
    expect(await purgeAll()).toMatchObject({ left: [], samples: 13 })
    expect((await bench.run()).worked).toEqual([])
  })
})

interface Manifest {
  rows: number
  shards: { path: string; rows: number; sha256: string; index: { path: string; sha256: string } }[]
}
