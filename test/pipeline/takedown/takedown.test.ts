import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { imageId, uid, type PairloomError } from '../../../src/index.ts'
import { explain } from '../../../src/pipeline/explain.ts'
import { writeReport } from '../../../src/pipeline/report/index.ts'
import { namedInList } from '../../../src/pipeline/takedown/subjects.ts'
import { takeDown } from '../../../src/pipeline/takedown/takedown.ts'
import { readParquet } from '../../shard/harness.ts'
import { filesBelow, ownedBench, type Owned } from './owned.ts'

const bench = ownedBench()
const inFolder = (...path: string[]) => join(bench.folder, ...path)
const down = (named: object, more: object = {}) =>
  takeDown(bench.runFolder(), { named, reason: null, dryRun: false, ...more })

/** The uids in the shards that are current. */
async function shardUids(): Promise<string[]> {
  const index = await uidsIn('webdataset')
  expect(index).toEqual(await uidsIn('parquet'))
  return index
}

/** Every file of the output folder but the takedowns beside the shards. */
async function shardBytes() {
  return [...(await filesBelow(inFolder('out')))].filter(([path]) => !path.includes('/takedown/'))
}

async function uidsIn(sink: string): Promise<string[]> {
  const files = await filesBelow(inFolder('out', sink))
  const { dataset } = JSON.parse(files.get('current.json')!.toString()) as { dataset: string }
  const tables = [...files].filter(([path]) => path.startsWith(dataset) && path.endsWith('.parquet'))
  const rows = await Promise.all(tables.map(([, bytes]) => readParquet(bytes)))
  return rows
    .flat()
    .map((r) => r.uid as string)
    .sort()
}

/** Whether a uid is that of one of these pictures, under any of its texts. */
const isOf = (pictures: readonly Owned[]) => (id: string) =>
  pictures.some((p) => p.texts.some((text) => uid(p.url, text) === id))

describe('takedown', () => {
  it('takes domains with their sub-domains, URLs with all texts and hashes out of the next shards, asking nobody', async () => {
    const before = await shardUids()
    expect(before).toHaveLength(23)
    bench.web.asked()
    const [first, , third] = bench.web.pictures
    const done = await down({ url: [first!.url], domain: ['birch.test'], sha256: [third!.sha256] })
    expect(done).toMatchObject({ isNew: true, tombstones: 3, samples: 13 })
    const gone = bench.web.pictures.filter((p) => p === first || p.url.includes('birch.test'))
    expect(done.datasets.map((d) => d.dataset.split('/')[0])).toEqual(
      expect.arrayContaining(['list', 'links', 'images', 'sizes', 'unique', 'pack']),
    )
    const meant = before.filter(isOf(gone))
    const shards = done.shards.filter((s) => s.path.includes('/webdataset/'))
    expect(shards.reduce((sum, s) => sum + s.samples!, 0)).toBe(meant.length)

    const ran = await bench.run()
    expect(await shardUids()).toEqual(before.filter((id) => !isOf(gone)(id)))
    expect(bench.web.asked()).toEqual({})
    expect(ran.tally('webdataset').reasons).toEqual({ 'dropped.takedown.taken-down': meant.length })
    // Nothing above the sinks was made again.
    expect(ran.worked.sort()).toEqual(['parquet', 'webdataset'])
    expect((await bench.run()).worked).toEqual([])
  })

  it('never asks for what was taken down before the crawl, nor follows a redirect to it', async () => {
    const target = bench.web.pictures[4]!
    const list = [
      { url: bench.web.pictures[3]!.url, text: 'stays' },
      { url: bench.web.pictures[5]!.url, text: 'of a domain' },
      { url: target.url, text: 'by its URL' },
      { url: `http://www.cedar.example/to?${encodeURIComponent(target.url)}`, text: 'leads to it' },
      { url: 'http://www.cedar.example/copy?7', text: 'by its bytes' },
    ]
    await down({
      domain: ['BIRCH.test.'],
      url: [`${target.url}#part`],
      sha256: [bench.web.pictures[7]!.sha256],
    })
    bench.web.asked()
    const ran = await bench.run({ refresh: true }, {}, list)
    expect(
      Object.keys(bench.web.asked())
        .filter((url) => !/\/(?:robots\.txt|ai\.txt|\.well-known\/.*)$/.test(url))
        .sort(),
    ).toEqual([list[0]!.url, list[3]!.url, list[4]!.url].sort())
    expect(ran.tally('images')).toMatchObject({
      kept: 1,
      reasons: { 'dropped.crawl/fetch.taken-down': 2 },
    })
    // What a row names itself goes right behind the source.
    expect(ran.tally('list').reasons).toEqual({ 'dropped.takedown.taken-down': 2 })
  })

  it('leaves the fingerprints of a plan alone that has nothing of what was named', async () => {
    const before = await shardBytes()
    expect(await down({ domain: ['nowhere.example'] })).toMatchObject({
      samples: 0,
      datasets: [],
      shards: [],
    })
    expect((await bench.run()).worked).toEqual([])
    expect(await shardBytes()).toEqual(before)
  })

  it('follows a uid to the row it was merged into, and says where the same bytes are under another address', async () => {
    const two = bench.web.pictures[1]!
    const ids = two.texts.map((text) => uid(two.url, text)).sort()
    const merged = await down({ uid: [ids[1]!.toUpperCase()] })
    expect(merged).toMatchObject({ samples: 1, sameBytes: { rows: 0, sha256: [] } })
    const twin = await down({ url: [bench.web.pictures[22]!.url] })
    expect(twin.sameBytes).toEqual({ rows: 1, sha256: [bench.web.pictures[22]!.sha256] })
    await bench.run()
    expect((await shardUids()).filter((id) => ids.includes(id))).toEqual([])
  })

  it('is written once, whoever asks again and at the same time', async () => {
    const again = await Promise.all([1, 2, 3].map(() => down({ domain: ['alder.test'] })))
    expect(again.map((a) => a.isNew).sort()).toEqual([false, false, true])
    await down({ domain: ['alder.test'] }, { reason: 'another' })
    await Promise.all([down({ domain: ['birch.test'] }), down({ domain: ['cedar.example'] })])
    const files = [...(await filesBelow(inFolder('run', 'takedown'))).keys()].sort()
    expect(files.filter((f) => f.endsWith('.tombstone.json'))).toHaveLength(3)
    expect(files.filter((f) => f.endsWith('.found.json'))).toHaveLength(3)
    expect(files).toHaveLength(7)
    const beside = await filesBelow(inFolder('out', 'webdataset', 'takedown'))
    expect(beside.size).toBe(3)
    await bench.run()
    expect(await shardUids().catch(() => [])).toEqual([])
  })

  it('writes no name, no address and no hash of what it is about', async () => {
    const [picture] = bench.web.pictures
    const id = uid(picture!.url, picture!.texts[0]!)
    await down({ url: [picture!.url], uid: [id], sha256: [picture!.sha256], domain: ['alder.test'] })
    for (const folder of ['run/takedown', 'out/webdataset/takedown']) {
      const text = [...(await filesBelow(inFolder(folder))).values()].join('\n')
      for (const word of ['alder', id, picture!.sha256, imageId(picture!.url)])
        expect(text).not.toContain(word)
    }
  })

  it('changes nothing when dry', async () => {
    const before = await filesBelow(bench.folder)
    const said = await down({ domain: ['alder.test'] }, { dryRun: true })
    expect(said).toMatchObject({ name: null, isNew: false, samples: 6 })
    expect(await filesBelow(bench.folder)).toEqual(before)
  })

  it('shows nothing of it in the report, and explain says so', async () => {
    const picture = bench.web.pictures[0]!
    const id = uid(picture.url, picture.texts[0]!)
    const report = await writeReport(inFolder('run'), { samples: 50 })
    expect(await readFile(report, 'utf8')).toContain(picture.texts[0])
    await down({ url: [picture.url] }, { reason: 'asked by mail' })
    expect(await readFile(report, 'utf8')).not.toMatch(new RegExp(`${id}|${picture.url}|${picture.texts[0]}`))
    await bench.run()
    const after = await readFile(await writeReport(inFolder('run'), { samples: 50 }), 'utf8')
    expect(after).not.toMatch(new RegExp(`${id}|${picture.url}|${picture.texts[0]}`))
    expect(after).toContain('taken-down')
    const [told] = await explain(bench.runFolder(), id)
    expect(told!.fate).toMatch(/^taken down on \d{4}-\d{2}-\d{2}: asked by mail/)
    expect(told!.caption).toBe('')
    expect(told!.steps.length).toBeGreaterThan(0)
    expect(told!.steps.filter(({ value, limit }) => value !== null || limit !== null)).toEqual([])
  })

  it('keeps the reason to the run folder: beside the shards lie digests alone', async () => {
    await down({ url: [bench.web.pictures[0]!.url] }, { reason: 'mail of Ann Owner' })
    const files = await filesBelow(bench.folder)
    const saying = [...files].filter(([, bytes]) => bytes.includes('Ann Owner')).map(([path]) => path)
    expect(saying.length).toBeGreaterThan(0)
    expect(saying.filter((path) => !path.startsWith('run/'))).toEqual([])
  })

  it.each([
    [{}, 'Expected --domain, --url, --uid, --sha256 or --file, got none of them'],
    [{ domain: ['http://alder.test/'] }, '--domain: expected a host name without scheme, port and path'],
    [{ domain: ['*.alder.test'] }, '--domain: expected a host name'],
    [{ domain: [''] }, '--domain: expected a host name'],
    [{ domain: ['co.uk'] }, 'got the public suffix co.uk'],
    [{ url: ['ftp://alder.test/1.png'] }, '--url: expected the http or https URL of a picture'],
    [{ url: ['/1.png'] }, '--url: expected the http or https URL'],
    [{ uid: ['no such uid'] }, '--uid: expected 32 hex digits, or a uid that the run has, got "no such uid"'],
    [{ sha256: ['ab'] }, '--sha256: expected 64 hex digits, got "ab"'],
  ])('refuses %j', async (named, message) => {
    const before = await filesBelow(bench.folder)
    const error = (await down(named).catch((e: unknown) => e)) as PairloomError
    expect(error).toMatchObject({ code: 'PL_USAGE' })
    expect(error.message).toContain(message)
    expect(await filesBelow(bench.folder)).toEqual(before)
  })

  it('takes a uid that a list brought, whatever its form', async () => {
    const url = bench.web.pictures[0]!.url
    const list = [
      { uid: 'set/1.a', url, text: 'a picture' },
      { uid: 'b', url: bench.web.pictures[3]!.url, text: 'other' },
    ]
    await bench.run({}, {}, list)
    expect(await down({ uid: ['set/1.a'] })).toMatchObject({ samples: 1 })
  })

  it('reads lists, and says of every line what is wrong', () => {
    expect(namedInList('# asked by mail\ndomain a.test\n\n  url   http://b.test/1 \n', 'list')).toMatchObject(
      {
        domain: ['a.test'],
        url: ['http://b.test/1'],
      },
    )
    expect(() => namedInList('host a.test\nuid\nuid a b\n', 'list')).toThrow(
      /list:1: expected domain, url, uid or sha256 and one value, got "host a.test"\n {2}list:2: .*\n {2}list:3: /,
    )
  })
})
