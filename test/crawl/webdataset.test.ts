import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { imageId, uid, type Text } from '../../src/core/index.ts'
import { webdataset } from '../../src/crawl/webdataset.ts'
import { tarHeader } from '../../src/store/tar.ts'
import { quarters } from '../media/pictures.ts'
import { readSource, type SourceRead } from './source-read.ts'

let folder: string
let image: Buffer
beforeAll(async () => {
  image = await quarters(40, 20).png().toBuffer()
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-tars-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const END = Buffer.alloc(1024)
function member(name: string, content: string | Buffer | object): Buffer {
  const bytes = Buffer.isBuffer(content)
    ? content
    : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content))
  return Buffer.concat([
    tarHeader(name, bytes.length),
    bytes,
    Buffer.alloc((512 - (bytes.length % 512)) % 512),
  ])
}
const tar = (members: Record<string, string | Buffer | object>) =>
  Buffer.concat([...Object.entries(members).map(([name, content]) => member(name, content)), END])

async function read(
  tars: Record<string, Buffer>,
  options: Record<string, unknown> = {},
): Promise<SourceRead> {
  for (const [name, bytes] of Object.entries(tars)) await writeFile(join(folder, name), bytes)
  return readSource(webdataset, { path: folder, ...options })
}
const found = ({ rows }: SourceRead) =>
  rows.map(({ url, texts }) => `${(texts as Text[]).map((t) => t.text).join(' | ')} @ ${url as string}`)
const reasons = ({ rejects }: SourceRead) =>
  rejects.map(({ status, reason, value }) => `${status}.${reason} ${value}`)

describe('crawl/webdataset', () => {
  it('takes no picture whose XMP reserves it, and writes down what it says of the others', async () => {
    const says = (value: string) =>
      quarters(40, 40)
        .jpeg()
        .withXmp(
          `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" plus:DataMining="${value}"/></rdf:RDF></x:xmpmeta>`,
        )
        .toBuffer()
    const members = {
      '1.jpg': await quarters(40, 40).jpeg().toBuffer(),
      '2.jpg': await says('DMI-PROHIBITED'),
      '3.jpg': await says('DMI-ALLOWED'),
    }
    const { rows, rejects, stored } = await read({ 't.tar': tar(members) })
    expect(rejects).toMatchObject([
      {
        status: 'dropped',
        rule: 'crawl/webdataset',
        reason: 'data-mining-prohibited',
        value: 'XMP plus:DataMining: DMI-PROHIBITED',
        consent: 'reserved',
        consent_rule: 'data-mining-prohibited',
      },
    ])
    expect(rows.map((row) => [row.consent, row.consent_rule, row.consent_source])).toEqual([
      ['allowed', null, null],
      ['allowed', 'data-mining-prohibited', 'XMP plus:DataMining: DMI-ALLOWED'],
    ])
    expect(stored).toHaveLength(2)
    expect((await read({ 't.tar': tar(members) }, { consent: 'basic' })).rows).toHaveLength(3)
  })

  it("reads img2dataset's and DataComp's samples: URL and uid of the JSON, the caption once", async () => {
    const url = 'https://a.test/fox.jpg'
    const own = 'c'.repeat(32)
    const listed = await read(
      {
        '00000.tar': tar({
          '000000000.jpg': image,
          '000000000.json': {
            caption: 'a fox',
            url,
            key: '000000000',
            status: 'success',
            sha256: 'x',
            similarity: 0.25,
          },
          '000000000.txt': 'a fox',
          '000000001.jpg': image,
          '000000001.json': { uid: own, url: 'ftp://no.web/', text: 'two' },
        }),
      },
      { keep: { similarity: 'float64' } },
    )
    expect(listed.rows).toMatchObject([
      {
        uid: uid(url, 'a fox'),
        image_id: imageId(url),
        url,
        site: 'a.test',
        original_width: 40,
        source_similarity: 0.25,
      },
      { uid: own, url: 'file:///00000.tar/000000001.jpg', site: 'localhost', source_similarity: null },
    ])
    expect(found(listed)).toEqual([`a fox @ ${url}`, 'two @ file:///00000.tar/000000001.jpg'])
    expect(listed.stored.map((s) => s.name)[0]).toBe(`${imageId(url)}.jpg`)
  })

  it("takes over the texts of pairloom's own shards, and which of them is the caption", async () => {
    const text = (kind: string, words: string) => ({
      kind,
      text: words,
      language: 'en',
      score: 0.5,
      page: 'http://p.test/',
    })
    const texts = [text('alt', 'one'), text('title', 'two')]
    const json = { uid: 'u', url: 'http://a.test/1.jpg', texts, caption: 'two', merged_uids: ['v'] }
    const { rows } = await read({ 'x.tar': tar({ 'u.jpg': image, 'u.txt': 'two', 'u.json': json }) })
    expect(rows).toMatchObject([{ uid: 'u', texts, caption: 1, merged_uids: ['v'] }])
  })

  it('ends keys at the first dot, as WebDataset does, or at the last', async () => {
    const members = {
      './a/img.v1.PNG': image,
      './a/img.v1.txt': 'one',
      './a/img.v2.png': image,
      './a/img.v2.txt': 'two',
      'b.c/x.jpg': image,
      'b.c/x.seg.png': image,
      'b.c/x.txt': 'three',
      'my.photo.jpg': image,
      'my.photo.txt': 'four',
      '.DS_Store': 'x',
      README: 'x',
    }
    const first = await read({ 't.tar': tar(members) })
    expect(found(first)).toEqual(['three @ file:///t.tar/b.c/x.jpg', 'four @ file:///t.tar/my.photo.jpg'])
    expect(reasons(first)).toEqual(['failed.several-images t.tar/a/img: v1.png, v2.png'])
    const last = await read({ 't.tar': tar(members) }, { keys: 'last-dot' })
    expect(found(last)).toEqual([
      'one @ file:///t.tar/a/img.v1.png',
      'two @ file:///t.tar/a/img.v2.png',
      ' @ file:///t.tar/b.c/x.jpg',
      ' @ file:///t.tar/b.c/x.seg.png',
      'four @ file:///t.tar/my.photo.jpg',
    ])
    expect(reasons(last)).toEqual(['failed.no-image t.tar/b.c/x: txt'])
  })

  it('takes a key that comes again for another sample', async () => {
    const twice = Buffer.concat([
      member('k.png', image),
      member('k.txt', 'one'),
      member('k.png', image),
      member('k.txt', 'two'),
      END,
    ])
    expect(found(await read({ 't.tar': twice }))).toEqual([
      'one @ file:///t.tar/k.png',
      'two @ file:///t.tar/k.png',
    ])
  })

  it('rejects samples that give no row, and holds none that are too large', async () => {
    const listed = await read(
      {
        't.tar': tar({
          'a.json': '[1]',
          'a.jpg': image,
          'b.txt': 'no picture',
          'c.jpg': Buffer.alloc(9_000_000),
          'd.jpg': 'no picture',
          'e.mp4': Buffer.alloc(9_000_000),
          'e.png': image,
        }),
      },
      { maxBytes: 5000 },
    )
    expect(found(listed)).toEqual([' @ file:///t.tar/e.png'])
    expect(reasons(listed)).toEqual([
      'failed.bad-json t.tar/a.jpg: its .json is no JSON object',
      'failed.no-image t.tar/b: txt',
      'dropped.too-many-bytes 9000000 bytes',
      expect.stringMatching(/^failed\.not-an-image /),
    ])
  })

  it('keeps what lies before damage, and counts the damage', async () => {
    const whole = tar({ 'a.png': image, 'a.txt': 'one', 'b.png': image, 'b.txt': 'two' })
    const flipped = Buffer.from(whole)
    flipped[whole.indexOf('b.txt')]! ^= 1
    const listed = await read({
      'cut.tar': whole.subarray(0, whole.length - 1600),
      'flipped.tar': flipped,
      'packed.tar.gz': gzipSync(whole).subarray(0, -30),
      'whole.tgz': gzipSync(whole),
    })
    const one = (name: string) => `one @ file:///${name}/a.png`
    expect(found(listed)).toEqual([
      one('cut.tar'),
      one('flipped.tar'),
      one('packed.tar.gz'),
      one('whole.tgz'),
      'two @ file:///whole.tgz/b.png',
    ])
    expect(listed.rejects.map((r) => `${r.reason} ${r.value!.split(':')[0]}`)).toEqual([
      'tar-damaged cut.tar',
      'tar-damaged flipped.tar',
      'tar-damaged packed.tar.gz',
    ])
  })

  it('reads tars by braces, one partition each', async () => {
    const one = (text: string) => tar({ 'k.png': image, 'k.txt': text })
    const path = `${folder}/{00000..00002}.tar`
    const listed = await read(
      { '00000.tar': one('a'), '00001.tar': one('b'), '00002.tar': one('c'), '00003.tar': one('d') },
      { path },
    )
    expect(found(listed)).toEqual(['a', 'b', 'c'].map((t, i) => `${t} @ file:///0000${i}.tar/k.png`))
    expect(listed.parts).toHaveLength(3)
    await expect(read({}, { path: `${folder}/{00002..00004}.tar` })).rejects.toThrow(
      `${folder}/00004.tar, got ENOENT`,
    )
  })
})
