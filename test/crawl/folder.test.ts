import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { imageId, sha256, uid, type Text } from '../../src/core/index.ts'
import { folder as source } from '../../src/crawl/folder.ts'
import { quarters } from '../media/pictures.ts'
import { readSource, type SourceRead } from './source-read.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-folder-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function put(files: Record<string, string | Buffer>): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), bytes)
  }
}

const read = (options: Record<string, unknown> = {}) => readSource(source, { path: folder, ...options })
const textsOf = ({ rows }: SourceRead) =>
  rows.map((r) => (r.texts as Text[]).map(({ kind, text }) => `${kind}: ${text}`))

describe('crawl/folder', () => {
  it('stores pictures with their texts, in the order of their paths', async () => {
    const jpg = await quarters(120, 80).jpeg().toBuffer()
    const png = await quarters(60, 200).png().toBuffer()
    await put({
      'b/red fox.JPG': jpg,
      'b/red fox.txt': 'A red fox\n',
      'a/ü.png': png,
      'a/ü.json': JSON.stringify({ caption: 'a caption', uid: 'own.id', url: 'http://u.test/x.png', n: 3 }),
      'notes.txt': 'no picture',
    })
    const { rows, stored, counters, rejects } = await read({
      resize: 'shortest',
      size: 40,
      keep: { n: 'int64' },
    })
    const url = 'file:///b/red%20fox.JPG'
    const at = '1970-01-01T00:00:00.000Z'
    const unspoken = { consent: 'allowed', consent_rule: null, consent_source: null, consent_at: at }
    expect(rows).toEqual([
      {
        uid: 'own.id',
        image_id: imageId('http://u.test/x.png'),
        url: 'http://u.test/x.png',
        site: 'u.test',
        texts: [{ kind: 'caption', text: 'a caption', language: null, score: null, page: null }],
        caption: 0,
        merged_uids: [],
        source_n: 3,
        bytes_dataset: 'test',
        bytes_part: 0,
        bytes_offset: 0,
        bytes_length: stored[0]!.bytes.length,
        width: 40,
        height: 133,
        format: 'jpeg',
        sha256: sha256(png),
        original_width: 60,
        original_height: 200,
        original_format: 'png',
        is_original: false,
        is_truncated: false,
        frame: 0,
        frames: 1,
        ...unspoken,
      },
      {
        uid: uid(url, 'A red fox'),
        image_id: imageId(url),
        url,
        site: 'localhost',
        texts: [{ kind: 'txt', text: 'A red fox', language: null, score: null, page: null }],
        caption: 0,
        merged_uids: [],
        source_n: null,
        bytes_dataset: 'test',
        bytes_part: 0,
        bytes_offset: 1,
        bytes_length: stored[1]!.bytes.length,
        width: 60,
        height: 40,
        format: 'jpeg',
        sha256: sha256(jpg),
        original_width: 120,
        original_height: 80,
        original_format: 'jpeg',
        is_original: false,
        is_truncated: false,
        frame: 0,
        frames: 1,
        ...unspoken,
      },
    ])
    expect(stored.map((s) => s.name)).toEqual([
      `${imageId('http://u.test/x.png')}.jpg`,
      `${imageId(url)}.jpg`,
    ])
    expect(rejects).toEqual([])
    expect(counters).toEqual({
      'bytes.in': jpg.length + png.length,
      'bytes.out': stored[0]!.bytes.length + stored[1]!.bytes.length,
    })
  })

  it('takes texts from where it is told, each once', async () => {
    const image = await quarters(8, 8).png().toBuffer()
    const json = JSON.stringify({ caption: 'A fox', title: ['t1', ' ', 't2'], text: 'x' })
    await put({ 'red_fox/fox-01.png': image, 'red_fox/fox-01.txt': 'A fox', 'red_fox/fox-01.json': json })
    expect(textsOf(await read())).toEqual([['txt: A fox', 'text: x']])
    expect(textsOf(await read({ text: ['folder', 'name'] }))).toEqual([['folder: red fox', 'name: fox 01']])
    expect(textsOf(await read({ text: ['json:title', 'json:caption', 'txt', 'json:none'] }))).toEqual([
      ['title: t1', 'title: t2', 'caption: A fox'],
    ])
  })

  it('gives the same rows and bytes wherever the folder lies, and however many are decoded at once', async () => {
    for (let i = 0; i < 12; i++)
      await put({
        [`${i}.png`]: await quarters(8 + 200 * (i % 3), 8 + 2 * i)
          .png()
          .toBuffer(),
      })
    const first = await read({ decoders: 1 })
    const rest = ({ rows, stored }: SourceRead) => ({ rows, stored })
    expect(rest(await read({ decoders: 8 }))).toEqual(rest(first))
    expect(rest(await read({ path: `${folder}/../${folder.split('/').at(-1)}` }))).toEqual(rest(first))
    expect(first.rows.map((r) => r.url).slice(0, 3)).toEqual([
      'file:///0.png',
      'file:///1.png',
      'file:///10.png',
    ])
    expect((await read({ filesPerPartition: 5 })).parts.map((p) => (p.names as string[]).length)).toEqual([
      5, 5, 2,
    ])
  })

  it('rejects what is no usable picture, with its reason', async () => {
    const image = await quarters(40, 40).png().toBuffer()
    await put({
      'bad-json.png': image,
      'bad-json.json': '{"a":',
      'bad-text.png': image,
      'bad-text.txt': Buffer.from([0x66, 0xff]),
      'cut.png': image.subarray(0, 60),
      'drawing.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
      'empty.jpg': '',
      'good.png': image,
      'large.jpg': Buffer.alloc(5000),
      'page.jpg': '<html>not found</html>',
      'wide.png': await quarters(400, 40).png().toBuffer(),
    })
    const { rows, rejects } = await read({ maxBytes: 4000, maxPixels: 10_000 })
    expect(rows.map((r) => r.url)).toEqual(['file:///good.png'])
    expect(rejects.map(({ url, status, reason }) => `${url as string} ${status}.${reason}`)).toEqual([
      'file:///bad-json.png failed.bad-json',
      'file:///bad-text.png failed.bad-text',
      'file:///cut.png failed.image-truncated',
      'file:///drawing.svg dropped.svg-refused',
      'file:///empty.jpg failed.empty-body',
      'file:///large.jpg dropped.too-many-bytes',
      'file:///page.jpg failed.not-an-image',
      'file:///wide.png dropped.too-many-pixels',
    ])
    expect(new Set(rejects.map((r) => r.rule))).toEqual(new Set(['crawl/folder']))
  })

  it('takes no picture whose XMP reserves it, and writes down what it says of the others', async () => {
    const says = (value: string) =>
      quarters(40, 40)
        .jpeg()
        .withXmp(
          `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" plus:DataMining="${value}"/></rdf:RDF></x:xmpmeta>`,
        )
        .toBuffer()
    await put({
      '1.jpg': await quarters(40, 40).jpeg().toBuffer(),
      '2.jpg': await says('DMI-PROHIBITED'),
      '3.jpg': await says('DMI-ALLOWED'),
    })
    const { rows, rejects, stored } = await read()
    expect(rejects).toMatchObject([
      {
        status: 'dropped',
        rule: 'crawl/folder',
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
    expect((await read({ consent: 'basic' })).rows).toHaveLength(3)
  })

  it('refuses two folders that hold one name, as both would be one URL', async () => {
    await put({ 'a/x.png': 'x', 'b/x.png': 'x' })
    await expect(read({ path: [`${folder}/a`, `${folder}/b`] })).rejects.toMatchObject({ code: 'PL_INPUT' })
    expect((await read({ path: folder })).rejects).toHaveLength(2)
  })

  it('is another input when a text beside a picture changes', async () => {
    await put({ 'x.png': 'x', 'x.txt': 'one' })
    const identity = () => source.identity!(source.options.parse({ path: folder }))
    const before = await identity()
    expect(await identity()).toEqual(before)
    await put({ 'x.txt': 'three' })
    expect(await identity()).not.toEqual(before)
  })
})
