import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { imageId, NO_START, uid, type StageContext } from '../../src/core/index.ts'
import { list } from '../../src/crawl/list.ts'
import { planPipeline } from '../../src/index.ts'
import { openSql } from '../../src/table/sql.ts'
import { readSource, type SourceRead } from './source-read.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-list-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function put(name: string, bytes: string | Buffer | ArrayBuffer): Promise<string> {
  const path = join(folder, name)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, bytes instanceof ArrayBuffer ? Buffer.from(bytes) : bytes)
  return path
}

const read = (path: string | string[], options: Record<string, unknown> = {}) =>
  readSource(list, { path, ...options })

/** `caption @ url` of each row: the short form of most claims. */
const pairs = ({ rows }: SourceRead) =>
  rows.map(
    ({ url, texts }) => `${(texts as { text: string }[]).map((t) => t.text).join(' | ')} @ ${url as string}`,
  )
const reasons = ({ rejects }: SourceRead) =>
  rejects.map(({ status, reason, value }) => `${status}.${reason} ${value}`)

const A = 'http://a.test/1.jpg'
const B = 'https://b.test/2.png'
const RECORDS = [
  { URL: A, TEXT: 'one, "two"', similarity: 0.25 },
  { URL: B, TEXT: 'zwei\tça', similarity: 0.5 },
]
const PAIRS = [`one, "two" @ ${A}`, `zwei\tça @ ${B}`]

const columnData = (values: unknown[], name: string) => ({ name, data: values as string[] })
const parquet = (records: Record<string, unknown>[], rowGroupSize = 100) =>
  parquetWriteBuffer({
    columnData: Object.keys(records[0]!).map((name) =>
      columnData(
        records.map((r) => r[name]),
        name,
      ),
    ),
    rowGroupSize,
  })

describe('crawl/list: formats', () => {
  const csv = `URL,TEXT,similarity\n${A},"one, ""two""",0.25\n${B},zwei\tça,0.5\n`
  const jsonl = `${RECORDS.map((r) => JSON.stringify(r)).join('\n')}\n`
  const plain: [string, string | Buffer][] = [
    ['list.csv', csv],
    ['list.json', JSON.stringify(RECORDS, null, 2)],
    ['list.jsonl', jsonl],
    ['list.NDJSON', jsonl],
    ['list.parquet', Buffer.from(parquet(RECORDS))],
  ]
  const files = plain.flatMap(([name, bytes]): [string, () => string | Buffer][] => [
    [name, () => bytes],
    [`${name}.gz`, () => gzipSync(bytes)],
    [`${name}.zst`, () => zstdCompressSync(bytes)],
  ])
  it.each(files)('%s gives rows with their texts', async (name, make) => {
    const listed = await read(await put(name, make()), { keep: { similarity: 'float64' } })
    expect(pairs(listed)).toEqual(PAIRS)
    expect(listed.rejects).toEqual([])
    expect(listed.rows[0]).toEqual({
      uid: uid(A, 'one, "two"'),
      image_id: imageId(A),
      url: A,
      site: 'a.test',
      texts: [{ kind: 'TEXT', text: 'one, "two"', language: null, score: null, page: null }],
      caption: 0,
      merged_uids: [],
      source_hash: null,
      source_similarity: 0.25,
    })
  })

  it('txt has a URL a line, commas and all', async () => {
    const commas = 'https://c.test/a,w_100,h_200/x.jpg?q=1,2'
    const listed = await read(await put('urls.txt', `${A}\n\n  ${commas} \r\n${B}`))
    expect(listed.rows.map((r) => r.url)).toEqual([A, commas, B])
    expect(listed.rows.map((r) => r.texts)).toEqual([[], [], []])
    expect(listed.rows[0]!.uid).toBe(uid(A, ''))
  })

  it.each([
    ['CC3M', `a "red" fox\t${A}\n"quoted\t${B}\n`],
    ['CC12M', `${A}\ta "red" fox\n${B}\t"quoted\n`],
  ])('%s has no header: the column that holds URLs is found', async (_name, tsv) => {
    const listed = await read(await put('train.tsv', tsv))
    expect(pairs(listed)).toEqual([`a "red" fox @ ${A}`, `"quoted @ ${B}`])
    expect(listed.rows[0]!.texts).toMatchObject([{ kind: 'caption' }])
  })

  const pack: [string, (text: string) => string | Buffer][] = [
    ['', (text) => text],
    ['.gz', gzipSync],
    ['.zst', zstdCompressSync],
  ]
  it.each(pack)('txt and tsv are read as %s too', async (ending, packed) => {
    const urls = await read(await put(`urls.txt${ending}`, packed(`${A}\n${B}`)))
    expect(urls.rows.map((r) => r.url)).toEqual([A, B])
    const table = await read(await put(`list.tsv${ending}`, packed(`URL\tTEXT\n${A}\tone, two\n`)))
    expect(pairs(table)).toEqual([`one, two @ ${A}`])
  })

  it('a packed Parquet file that is cut, or is none, stops the run', async () => {
    const packed = gzipSync(Buffer.from(parquet(RECORDS)))
    const cut = await put('cut.parquet.gz', packed.subarray(0, -20))
    await expect(read(cut)).rejects.toMatchObject({ code: 'PL_INPUT' })
    const none = await put('no.parquet.gz', gzipSync('no Parquet'))
    await expect(read(none)).rejects.toMatchObject({ code: 'PL_INPUT' })
  })

  const codecs = ['SNAPPY', 'ZSTD', 'GZIP', 'BROTLI', 'UNCOMPRESSED']
  it.each(codecs)('Parquet packed inside by %s is read', async (codec) => {
    const sql = await openSql({ memoryBytes: 2 ** 27, scratch: folder })
    const path = join(folder, `${codec}.parquet`)
    try {
      const values = RECORDS.map(({ URL, TEXT }) => `('${URL}', '${TEXT}')`).join(', ')
      const copy = `COPY (SELECT * FROM (VALUES ${values}) AS t(url, caption)) TO '${path}' (FORMAT parquet, COMPRESSION ${codec})`
      for await (const _rows of sql.query(copy));
    } finally {
      sql.close()
    }
    expect(pairs(await read(path)).sort()).toEqual(PAIRS)
  })

  it('members packed one after another are one file', async () => {
    const half = (pack: (text: string) => Buffer) => Buffer.concat([pack(`${A}\n`), pack(`${B}\n`)])
    const files = [await put('a.txt.gz', half(gzipSync)), await put('b.txt.zst', half(zstdCompressSync))]
    expect((await read(files)).rows.map((r) => r.url)).toEqual([A, B, A, B])
  })

  it('a packed file that is cut, or goes on with something else, stops the run', async () => {
    const packed = zstdCompressSync(`${A}\n`.repeat(1000))
    const cut = await put('cut.txt.zst', packed.subarray(0, -3))
    await expect(read(cut)).rejects.toThrow(`Expected to read ${cut} to its end, got a damaged zstd frame`)
    const longer = await put('longer.txt.zst', Buffer.concat([packed, Buffer.from('more')]))
    await expect(read(longer)).rejects.toThrow('got bytes after the last zstd frame')
    const gzip = await put('cut.txt.gz', gzipSync(`${A}\n`.repeat(1000)).subarray(0, -3))
    await expect(read(gzip)).rejects.toMatchObject({ code: 'PL_INPUT' })
  })

  it('Parquet is parted by row groups, other files are one partition each', async () => {
    const records = Array.from({ length: 5000 }, (_, i) => ({ url: `http://a.test/${i}`, text: `n ${i}` }))
    records[4500]!.url = 'nothing'
    await put('big.parquet', parquet(records, 700))
    await put('small.csv', `url\n${A}\n`)
    const listed = await read(folder, { rowsPerPartition: 1000 })
    expect(listed.parts.map((p) => p.groups ?? p.name)).toEqual([[0, 2], [2, 4], [4, 6], [6, 8], 'small.csv'])
    expect(listed.rows).toHaveLength(5000)
    expect(reasons(listed)).toEqual(['dropped.bad-url big.parquet:4501: bad-url: nothing'])
  })
})

describe('crawl/list: columns', () => {
  const id = '0123456789abcdef0123456789abcdef'
  // Column names as the lists were published with them.
  it.each<[string, string, string]>([
    [
      'LAION-400M',
      'SAMPLE_ID,URL,TEXT,HEIGHT,WIDTH,LICENSE,NSFW,similarity',
      `7,${A},words,1,2,?,UNLIKELY,0.3`,
    ],
    ['LAION-2B-en', 'URL,TEXT,WIDTH,HEIGHT,similarity,hash,punsafe,pwatermark', `${A},words,1,2,0.3,-5,0,0`],
    ['Re-LAION', 'url,caption,similarity,hash,key,width,height', `${A},words,0.3,5,k,1,2`],
    ['COYO-700M', 'id,url,text,width,height,image_phash,text_length', `7,${A},words,1,2,ab,5`],
    [
      'DataComp',
      'uid,url,text,original_width,original_height,sha256',
      `${id},${A},words,1,2,${'ab'.repeat(32)}`,
    ],
    ['Conceptual-Captions-style', 'image_url,caption', `${A},words`],
    ['image-and-title', 'Image,Title', `${A},words`],
  ])('of %s are known', async (name, header, line) => {
    const listed = await read(await put(`${name}.csv`, `${header}\n${line}\n`))
    expect(pairs(listed)).toEqual([`words @ ${A}`])
    expect(listed.rows[0]!.uid).toBe(name === 'DataComp' ? id : uid(A, 'words'))
  })

  it('of DataComp: uid and sha256 are kept', async () => {
    const sha = 'AB'.repeat(32)
    const record = {
      uid: 'd'.repeat(32),
      url: A,
      text: 't',
      sha256: sha,
      face_bboxes: [[0.5, 1]],
      clip_l14_similarity_score: 0.3,
    }
    const listed = await read(await put('m.jsonl', JSON.stringify(record)), {
      keep: { face_bboxes: 'utf8', clip_l14_similarity_score: 'float64' },
    })
    expect(listed.rows).toMatchObject([
      {
        uid: 'd'.repeat(32),
        source_hash: sha.toLowerCase(),
        source_face_bboxes: '[[0.5,1]]',
        source_clip_l14_similarity_score: 0.3,
      },
    ])
  })

  it('of COYO: ids of 64 bits keep all their digits', async () => {
    const id = 2n ** 63n - 5n
    const file = await put('coyo.parquet', parquet([{ id, url: A, text: 't', width: 640 }]))
    const { rows, counters } = await read(file, { uid: 'id', keep: { id: 'int64', width: 'int64' } })
    expect(rows).toMatchObject([{ uid: String(id), source_id: null, source_width: 640 }])
    expect(counters).toEqual({ 'values.bad': 1 }) // A number of JavaScript cannot hold it: keep it as utf8.
  })

  it('are named by options, several texts with their columns as kinds', async () => {
    const csv = `pic,alt,long,key\n${A},short,"",k.1\n${B},s,l,\n`
    const listed = await read(await put('x.csv', csv), { url: 'pic', text: ['long', 'alt'], uid: 'key' })
    expect(pairs(listed)).toEqual([`short @ ${A}`, `l | s @ ${B}`])
    expect(listed.rows[1]!.texts).toMatchObject([{ kind: 'long' }, { kind: 'alt' }])
    expect(listed.rows.map((r) => r.uid)).toEqual(['k.1', uid(B, 'l')])
  })

  it('without a header are numbered', async () => {
    const listed = await read(await put('x.csv', `1,${A},one\n`), {
      text: 'column3',
      keep: { column1: 'int64' },
    })
    expect(pairs(listed)).toEqual([`one @ ${A}`])
    expect(listed.rows[0]).toMatchObject({ source_column1: 1 })
  })

  it('are kept by their type, null where they are of another', async () => {
    const csv = `url,n,f,b,l,t\n${A},7,1e-3,True,"[""a"",1]",x\n${B},7.5,abc,maybe,a,\n`
    const keep = { n: 'int64', f: 'float64', b: 'bool', l: 'list<utf8>', t: 'utf8' }
    const { rows, counters } = await read(await put('x.csv', csv), { keep })
    expect(
      rows.map(({ source_n, source_f, source_b, source_l, source_t }) => [
        source_n,
        source_f,
        source_b,
        source_l,
        source_t,
      ]),
    ).toEqual([
      [7, 0.001, true, ['a', '1'], 'x'],
      [null, null, null, null, null],
    ])
    expect(counters).toEqual({ 'values.bad': 4 })
  })
})

describe('crawl/list: what gives no row', () => {
  it('is a reject with file, line and reason', async () => {
    const csv = Buffer.concat([
      Buffer.from(
        `url,text\n${A},one\n,two\nftp://x.test/a,three\nhttp://u:p@x.test/,four\nhttp://a b/,five\n`,
      ),
      Buffer.from([0xff, 0xfe, 0x0a]),
      Buffer.from(`${B}\n${B},six,more\n"${B},seven\nhttp://x.test/${'y'.repeat(2000)},eight\n${B},nine\n`),
    ])
    const listed = await read(await put('bad.csv', csv))
    expect(pairs(listed)).toEqual([`one @ ${A}`, `nine @ ${B}`])
    expect(reasons(listed).map((r) => r.slice(0, 66))).toEqual([
      'dropped.no-url bad.csv:3',
      'dropped.bad-url bad.csv:4: not-http: ftp://x.test/a',
      'dropped.bad-url bad.csv:5: credentials: http://u:p@x.test/',
      'dropped.bad-url bad.csv:6: bad-url: http://a b/',
      'failed.bad-row bad.csv:7: not UTF-8',
      'failed.bad-row bad.csv:8: 1 fields',
      'failed.bad-row bad.csv:9: 3 fields',
      'failed.bad-row bad.csv:10: a quote that is never closed',
      `dropped.bad-url bad.csv:11: long-url: http://x.test/yyyyyyyyyyyyyyyyyyyyyyyy`.slice(0, 66),
    ])
    expect(listed.rejects[1]).toMatchObject({ uid: uid('ftp://x.test/a', 'three'), url: 'ftp://x.test/a' })
  })

  it('of JSON too', async () => {
    const jsonl = `{"url":"${A}"}\n{"url":7}\n{"url":\n[1]\n"${B}"\n{"url":"${B}","text":"\\ud800"}\n`
    const listed = await read(await put('bad.jsonl', jsonl))
    expect(pairs(listed)).toEqual([` @ ${A}`, `\uFFFD @ ${B}`])
    expect(listed.rejects.map((r) => `${r.reason} ${r.value!.slice(0, 20)}`)).toEqual([
      'no-url bad.jsonl:2',
      'bad-row bad.jsonl:3: no JSON',
      'bad-row bad.jsonl:4: no JSON',
      'bad-row bad.jsonl:5: no JSON',
    ])
  })
})

describe('crawl/list: files', () => {
  it('are found by folder, pattern and braces, each once and in order', async () => {
    for (const name of ['b/2.csv', 'b/1.csv.gz', 'a.csv', '.hidden.csv', '_SUCCESS', 'b/notes.md'])
      await put(name, name.endsWith('.gz') ? gzipSync(`url\n${A}\n`) : `url\n${A}\n`)
    const names = async (path: string | string[]) => (await read(path)).parts.map((p) => p.name)
    expect(await names(folder)).toEqual(['a.csv', 'b/1.csv.gz', 'b/2.csv'])
    expect(await names(`${folder}/*/*.csv*`)).toEqual(['b/1.csv.gz', 'b/2.csv'])
    expect(await names([`${folder}/b/{2,1}.csv`.replace('1}.csv', '2}.csv'), folder])).toHaveLength(3)
    await put('00099.txt', A)
    await put('00100.txt', B)
    expect(await names(`${folder}/{00099..00100}.txt`)).toEqual(['00099.txt', '00100.txt'])
  })

  const stages = (options: Record<string, unknown>) => ({
    name: 'x',
    stages: { links: { use: 'crawl/list', ...options } },
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['that are missing', { path: 'gone.csv' }, 'Expected a file or folder at FOLDER/gone.csv, got ENOENT'],
    [
      'that a pattern does not find',
      { path: '*.tsv' },
      'Expected files that this source reads in FOLDER/*.tsv, got none of them',
    ],
    [
      'of braces that are missing',
      { path: '{1..2}.csv' },
      'Expected a file or folder at FOLDER/2.csv, got ENOENT',
    ],
    [
      'of an unknown ending',
      { path: 'x.md' },
      'Expected a name that ends in .txt, .csv, .tsv, .json, .jsonl, .parquet, got FOLDER/x.md: name it with format:',
    ],
    [
      'without a column of URLs',
      { path: '1.csv' },
      'Expected a column of URLs in FOLDER/1.csv (url, image_url, img_url, imageurl, image), got id, link: name it with url:',
    ],
    [
      'without a column that is named',
      { path: '1.csv', url: 'link', keep: { punsafe: 'float64' } },
      'Expected a column punsafe in FOLDER/1.csv, got id, link',
    ],
    ['that are no Parquet', { path: 'x.parquet' }, 'Expected a whole Parquet file in x.parquet, got '],
    [
      'that are cut',
      { path: 'cut.csv.gz' },
      'Expected to read FOLDER/cut.csv.gz to its end, got unexpected end of file',
    ],
  ])('%s stop before anything is written', async (_what, { path, ...options }, message) => {
    await put('1.csv', `id,link\n1,${A}\n`)
    await put('x.md', A)
    await put('x.parquet', 'PAR1 and nothing else')
    await put('cut.csv.gz', gzipSync('url\n').subarray(0, 12))
    const error = planPipeline(stages({ path: join(folder, path as string), ...options }))
    await expect(error).rejects.toMatchObject({ code: 'PL_CONFIG' })
    await expect(error).rejects.toThrow(message.replaceAll('FOLDER', folder))
  })

  it('decide the fingerprint, and the options which columns there are', async () => {
    const path = await put('x.csv', `url,n\n${A},1\n`)
    const plan = async (more = {}) => (await planPipeline(stages({ path, ...more }))).stages[0]!
    const first = await plan()
    expect((await plan()).fingerprint).toBe(first.fingerprint)
    expect(Object.keys((await plan({ keep: { n: 'int64' } })).columns).slice(-2)).toEqual([
      'source_hash',
      'source_n',
    ])
    await utimes(path, 1, 1)
    expect((await plan()).fingerprint).not.toBe(first.fingerprint)
    await expect(plan({ keep: { n: 'int64', N: 'utf8' } })).rejects.toThrow(
      'keep: N would be the column source_n',
    )
  })

  it('that change after the plan are not read', async () => {
    const path = await put('x.csv', `url\n${A}\n`)
    const parsed = list.options.parse({ path })
    const [part] = await list.partitions(parsed, NO_START)
    await writeFile(path, `url\n${A}\n${B}\n`)
    const context = { options: parsed } as unknown as StageContext<Record<string, unknown>>
    const reading = list.read(part!, context)[Symbol.asyncIterator]().next()
    await expect(reading).rejects.toMatchObject({ code: 'PL_INPUT' })
  })

  it('without rows give none', async () => {
    expect(
      (await read([await put('a.csv', ''), await put('b.json', '[]'), await put('c.txt', '\n')])).rows,
    ).toEqual([])
  })
})
