import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  NO_NETWORK,
  NO_START,
  openGate,
  type Counters,
  type LinkRow,
  type Network,
  type Row,
  type Source,
  type SourcePart,
  type StageContext,
} from '../../src/core/index.ts'
import { ccIndex } from '../../src/crawl/cc-index.ts'
import { warc } from '../../src/crawl/warc.ts'
import { openSql } from '../../src/table/sql.ts'
import {
  INDEX_COLUMNS,
  indexRow,
  makeCorpus,
  spreadOut,
  writeIndex,
  type Corpus,
  type CorpusPage,
} from './archive-corpus.ts'
import { startArchive, type ArchiveServer, type ArchiveTroubles } from './archive-server.ts'

const TABLE = 'cc-index/table/cc-main/warc/crawl=CC-TEST'
const PARTS = [`${TABLE}/subset=warc/part-00000.parquet`, `${TABLE}/subset=warc/part-00001.parquet`]

let folder: string
let corpus: Corpus
/** All files of the archive by name. */
let archive: Record<string, Buffer>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-cc-index-'))
  corpus = makeCorpus(50)
  const half = corpus.pages.length / 2
  archive = { ...corpus.files }
  const { readFile } = await import('node:fs/promises')
  for (const [i, name] of PARTS.entries()) {
    await writeIndex(folder, name, corpus.pages.slice(i * half, (i + 1) * half).map(indexRow), 50)
    archive[name] = await readFile(join(folder, name))
  }
  const names = [
    ...PARTS,
    `${TABLE}/subset=crawldiagnostics/part-00000.parquet`,
    `${TABLE}/subset=robotstxt/part-00000.parquet`,
  ]
  archive['crawl-data/CC-TEST/cc-index-table.paths.gz'] = gzipSync(`${names.join('\n')}\n`)
  for (const [name, bytes] of Object.entries(archive)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), bytes)
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const closing: (() => Promise<unknown>)[] = []
afterEach(() => Promise.all(closing.splice(0).map((close) => close())))

interface Taken {
  rows: LinkRow[]
  counters: Counters
  parts: SourcePart[]
}

async function take(
  source: Source,
  options: Record<string, unknown>,
  network: Partial<Network> = {},
): Promise<Taken> {
  const chosen = source.options.parse(options)
  await source.identity!(chosen)
  const full = { ...NO_NETWORK, ...network }
  const taken: Taken = {
    rows: [],
    counters: {},
    parts: await source.partitions(chosen, { ...NO_START, network: full }),
  }
  const context = {
    options: chosen,
    network: full,
    gate: openGate(),
    signal: new AbortController().signal,
    count: (name: string, by = 1) => (taken.counters[name] = (taken.counters[name] ?? 0) + by),
  } as unknown as StageContext<Record<string, unknown>>
  for (const part of taken.parts) {
    // Parts travel as JSON.
    for await (const batch of source.read(JSON.parse(JSON.stringify(part)) as SourcePart, context))
      taken.rows.push(...(batch as LinkRow[]))
  }
  return taken
}

const local = (options: Record<string, unknown> = {}) =>
  take(ccIndex, { crawl: 'CC-TEST', base: folder, ...options })
const pagesOf = ({ rows }: Taken) => [...new Set(rows.map(({ texts }) => texts[0]!.page!))]
const isPage = ({ status, mime }: CorpusPage) => status === 200 && mime === 'text/html'
const wanted = (isWanted: (page: CorpusPage) => boolean) =>
  corpus.pages
    .filter((page) => isPage(page) && isWanted(page))
    .sort((a, b) => (a.file === b.file ? a.offset - b.offset : a.file < b.file ? -1 : 1))
    .map(({ url }) => url)

async function serve(
  files = archive,
  troubles: ArchiveTroubles = {},
): Promise<{ server: ArchiveServer; network: Partial<Network> }> {
  const server = await startArchive(files, troubles)
  closing.push(() => server.close())
  return { server, network: { hosts: server.hosts, allow: ['127.0.0.1'] } }
}
const REMOTE = { crawl: 'CC-TEST', base: 'http://archive.test/' }

describe('crawl/cc-index', () => {
  it('gives what crawl/warc gives for the same records', async () => {
    const expected = await take(warc, { files: Object.keys(corpus.files).map((name) => join(folder, name)) })
    const taken = await local()
    expect(taken.rows.length).toBeGreaterThan(500)
    expect(taken.rows).toEqual(expected.rows)
    expect(taken.counters).toMatchObject({ records: expected.counters['pages.ok'], 'pages.ok': 320 })
  })

  it.each<[string, Record<string, unknown>, (page: CorpusPage) => boolean]>([
    [
      'hosts',
      { hosts: ['WWW.Zoo.org.', 'hundar.is'] },
      ({ host }) => ['www.zoo.org', 'hundar.is'].includes(host),
    ],
    ['domains', { domains: ['cats.example'] }, ({ domain }) => domain === 'cats.example'],
    ['top-level domains', { tlds: ['is', 'pl'] }, ({ tld }) => tld === 'is' || tld === 'pl'],
    ['an address', { hosts: ['192.0.2.7'] }, ({ host }) => host === '192.0.2.7'],
    ['the main language', { languages: ['eng', 'isl'] }, ({ language }) => /^(eng|isl)/.test(language)],
    [
      'where',
      { where: "url_path LIKE '%7' OR regexp_matches(URL, 'is/.*2$') -- and so on" },
      ({ url }) => /7$|is\/.*2$/.test(url),
    ],
    [
      'all together',
      { tlds: ['is'], languages: ['isl'], where: 'length(url) < 28' },
      ({ tld, url }) => tld === 'is' && url.length < 28,
    ],
    [
      'the columns of the path',
      { where: "crawl = 'CC-TEST' AND subset = 'warc' AND url_host_tld = 'org'" },
      ({ tld }) => tld === 'org',
    ],
  ])('selects by %s', async (_, options, isWanted) => {
    const taken = await local(options)
    expect(pagesOf(taken)).toEqual(wanted(isWanted))
    expect(pagesOf(taken).length).toBeGreaterThan(1)
  })

  it('selects by type and status, which the pages then have to bear out', async () => {
    const { counters } = await local({ mimes: ['application/pdf'] })
    expect(counters).toMatchObject({ records: 40, 'pages.not-html': 40 })
    const parse = (options: object) => ccIndex.options.safeParse({ crawl: 'CC-TEST', ...options }).success
    expect([
      parse({ status: [404] }),
      parse({ languages: ['en'] }),
      parse({ hosts: [''] }),
      parse({ mimes: ['html'] }),
    ]).toEqual([false, false, false, false])
  })

  it('parts what it found into equal shares, whatever the files', async () => {
    const whole = await local()
    const parted = await local({ pagesPerPartition: 33 })
    expect(parted.parts.map(({ pages }) => pages)).toEqual([33, 33, 33, 33, 33, 33, 33, 33, 33, 23])
    expect(parted.rows).toEqual(whole.rows)
  })

  it('takes a fair sample of pages, the same each time', async () => {
    const all = pagesOf(await local())
    const some = pagesOf(await local({ maxPages: 100 }))
    expect(some).toHaveLength(100)
    expect(pagesOf(await local({ maxPages: 100, pagesPerPartition: 7 }))).toEqual(some)
    expect(pagesOf(await local({ maxPages: 200 }))).toEqual(expect.arrayContaining(some))
    expect(pagesOf(await local({ maxPages: 1000 }))).toEqual(all)
    const files = new Set(some.map((url) => corpus.pages.find((page) => page.url === url)!.file))
    expect(files.size).toBe(3)
  })

  it('gives each place once, however often the index has it', async () => {
    const options = { files: PARTS.map((name) => join(folder, name)), base: folder }
    const expected = (await take(ccIndex, options)).rows
    await writeIndex(
      folder,
      'twice.parquet',
      corpus.pages.flatMap((page) => [indexRow(page), indexRow(page)]),
    )
    const twice = { files: join(folder, 'twice.parquet'), base: folder }
    expect((await take(ccIndex, twice)).rows).toEqual(expected)
    expect((await take(ccIndex, { ...twice, maxPages: 1000 })).rows).toEqual(expected)
  })

  it('reads an index that another writer wrote, with its types', async () => {
    const sql = await openSql({ memoryBytes: 2 ** 28, scratch: folder })
    try {
      await sql.view(
        't',
        PARTS.map((name) => join(folder, name)),
      )
      const path = join(folder, 'duck.parquet')
      const columns = `* REPLACE (fetch_status::SMALLINT AS fetch_status), TIMESTAMP '2024-05-01 10:00:00' + to_seconds(warc_record_offset) AS fetch_time`
      const copy = `COPY (SELECT ${columns} FROM t ORDER BY url_surtkey) TO '${path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 2048)`
      for await (const _rows of sql.query(copy));
    } finally {
      sql.close()
    }
    const options = { files: join(folder, 'duck.parquet'), base: folder }
    const taken = await take(ccIndex, {
      ...options,
      tlds: ['is'],
      where: "fetch_time < TIMESTAMP '2024-05-01 13:00:00'",
    })
    expect(pagesOf(taken)).toEqual(wanted(({ tld, offset }) => tld === 'is' && offset < 3 * 3600))
  })
})

describe('crawl/cc-index: over HTTP', () => {
  it('gives the same, and reads of the index what it needs', async () => {
    const expected = await local({ domains: ['kettir.is'] })
    const { server, network } = await serve()
    const taken = await take(ccIndex, { ...REMOTE, domains: ['kettir.is'] }, network)
    expect(taken.rows).toEqual(expected.rows)
    expect(taken.counters).toMatchObject({
      'index.files': 2,
      'index.row-groups': 8,
      'index.row-groups-read': 1,
    })
    expect(server.counts.ranges[PARTS[0]!]).toContain('bytes=-131072')
  })

  it('passes over row groups that statistics exclude', async () => {
    const read = async (options: Record<string, unknown>) =>
      (await local(options)).counters['index.row-groups-read']
    expect(await read({})).toBe(8)
    expect(await read({ hosts: ['www.zoo.org'] })).toBeLessThanOrEqual(2)
    expect(await read({ hosts: ['shop.cats.example'] })).toBeLessThanOrEqual(2)
    expect(await read({ domains: ['cats.example'] })).toBeLessThanOrEqual(3)
    expect(await read({ tlds: ['pl'] })).toBeLessThanOrEqual(2)
    expect(await read({ where: "url_host_tld = 'pl'" })).toBe(8)
  })

  it('reads records that lie close in one request', async () => {
    const { server, network } = await serve()
    const { counters } = await take(ccIndex, REMOTE, network)
    for (const name of Object.keys(corpus.files)) expect(server.counts.ranges[name]).toHaveLength(1)
    expect(counters['archive.requests']).toBe(3)
    expect(counters['archive.bytes']).toBeLessThan(
      Object.values(corpus.files).reduce((sum, { length }) => sum + length, 0),
    )
  })

  it('asks no more at once than it may, and waits where the archive asks for patience', async () => {
    const far = spreadOut(corpus, isPage, 60)
    await writeIndex(folder, 'far.parquet', far.pages.map(indexRow))
    const options = { files: join(folder, 'far.parquet'), base: 'http://archive.test/', requests: 3 }
    const { server, network } = await serve(far.files, { together: 3, isBusy: (n) => n % 30 > 26 })
    const taken = await take(ccIndex, options, network)
    expect(pagesOf(taken)).toEqual(far.pages.map(({ url }) => url))
    expect(server.counts.atOnce).toBeLessThanOrEqual(3)
    expect(server.counts.requests).toBe(60 + server.counts.busy)
    expect(taken.counters['archive.paused']).toBe(server.counts.busy)
    expect(server.counts.busy).toBeGreaterThan(3)
  })
})

describe('crawl/cc-index: damage', () => {
  async function withIndex(
    name: string,
    change: (row: Row, i: number) => Row,
    files: Record<string, Buffer> = {},
  ) {
    const base = join(folder, name)
    for (const [path, bytes] of Object.entries({ ...corpus.files, ...files })) {
      await mkdir(dirname(join(base, path)), { recursive: true })
      await writeFile(join(base, path), bytes)
    }
    const pages = corpus.pages.filter(isPage)
    await writeIndex(base, 'index.parquet', pages.map(indexRow).map(change))
    return {
      pages,
      take: (options = {}) => take(ccIndex, { files: join(base, 'index.parquet'), base, ...options }),
    }
  }

  it('costs the record that it is in', async () => {
    const page = corpus.pages.find((p) => isPage(p) && p.file.endsWith('a.warc.gz'))!
    const bytes = Buffer.from(corpus.files[page.file]!)
    bytes[page.offset + 40]! ^= 0xff
    const index = await withIndex('damaged', (row) => row, { [page.file]: bytes })
    const taken = await index.take()
    expect(pagesOf(taken)).toEqual(wanted(({ url }) => url !== page.url))
    expect(taken.counters).toMatchObject({ records: index.pages.length - 1, 'records.damaged-gzip': 1 })
  })

  it('finds out places that the index has wrong, and counts them', async () => {
    const wrong = [3, 50, 97, 144, 191, 238]
    const changes: ((row: Row) => Row)[] = [
      (row) => ({ ...row, warc_record_offset: (row.warc_record_offset as number) + 5 }),
      (row) => ({ ...row, warc_record_length: (row.warc_record_length as number) - 9 }),
      (row) => ({ ...row, warc_record_offset: 2_000_000_000 }),
      (row) => ({ ...row, warc_record_offset: -7 }),
      (row) => ({ ...row, warc_record_length: 0 }),
      (row) => ({ ...row, warc_record_length: (row.warc_record_length as number) + 30 }),
    ]
    const index = await withIndex('wrong', (row, i) =>
      wrong.includes(i) ? changes[wrong.indexOf(i)]!(row) : row,
    )
    const taken = await index.take()
    // A length that is too long does no harm.
    const lost = wrong.slice(0, 5).map((i) => index.pages[i]!.url)
    expect(pagesOf(taken)).toEqual(wanted(({ url }) => !lost.includes(url)))
    const damaged = Object.entries(taken.counters).filter(([name]) => name.startsWith('records.damaged-'))
    expect(damaged.reduce((sum, [, by]) => sum + by, 0)).toBe(5)
  })

  it('takes another record than a page for what it is', async () => {
    const plain = 'crawl-data/CC-TEST/c.warc'
    const next = corpus.files[plain]!.indexOf('WARC/1.0', 1)
    const first = { warc_filename: plain, warc_record_offset: 0, warc_record_length: next }
    const index = await withIndex('request', (row, i) => (i === 10 ? { ...row, ...first } : row))
    const taken = await index.take()
    expect(pagesOf(taken)).toHaveLength(index.pages.length - 1)
    expect(taken.counters).toMatchObject({ 'records.no-page': 1 })
  })

  it('counts the records of a file that is not there, and stops where none is', async () => {
    const index = await withIndex('missing', (row) => row)
    const gone = Object.keys(corpus.files)[1]!
    await rm(join(folder, 'missing', gone))
    const taken = await index.take()
    expect(pagesOf(taken)).toEqual(wanted(({ file }) => file !== gone))
    expect(taken.counters['records.no-file']).toBe(index.pages.filter(({ file }) => file === gone).length)
    await expect(index.take({ base: join(folder, 'nowhere') })).rejects.toMatchObject({
      code: 'PL_INPUT',
      message: expect.stringContaining('is base right?'),
    })
    const { network } = await serve({ 'other.warc': Buffer.alloc(0) })
    await expect(
      take(ccIndex, { files: join(folder, 'missing/index.parquet'), base: 'http://archive.test/' }, network),
    ).rejects.toMatchObject({ code: 'PL_INPUT', message: expect.stringContaining('is base right?') })
  })
})

describe('crawl/cc-index: what it refuses', () => {
  it.each<[string, string]>([
    ['url_host_tld = ', 'Expected in where one condition, got syntax error'],
    ['url = 1) FROM t WHERE (true', 'got a statement'],
    ['true; DROP TABLE t', 'syntax error'],
    ['url IN (SELECT url FROM t)', 'got a query inside it'],
    ["url IN (FROM read_text('/etc/passwd'))", 'got a query inside it'],
    ['* IS NULL', 'got a *'],
    ['row_number() OVER () < 5', 'got a window function'],
    ['url = $1', 'got a parameter'],
    ['random() < 0.5', 'give the same each time, got random()'],
    ["fetch_status > 0 AND now() > TIMESTAMP '2020-01-01'", 'got now()'],
    ['count(*) > 3', 'got count_star()'],
    ['nothing(url)', 'got nothing()'],
    ['url_hots_name = 1', 'got url_hots_name'],
    ['url_path', 'a condition that fits the index'],
    ['url_path + 1 > 2', 'a condition that fits the index'],
  ])('where: %s', async (where, message) => {
    await expect(local({ where })).rejects.toMatchObject({
      code: 'PL_INPUT',
      message: expect.stringContaining(message),
    })
  })

  it('a condition that fails on a value says so', async () => {
    await expect(local({ where: 'url_path::INT > 3' })).rejects.toMatchObject({
      code: 'PL_INPUT',
      message: expect.stringContaining('Expected in where a condition that fits the index'),
    })
  })

  it('allows lambdas and macros', async () => {
    const where =
      "len(list_filter(string_split(url_path, '/'), x -> x = 'page')) = 1 AND nullif(url_path, '') IS NOT NULL"
    expect((await local({ where, hosts: ['hundar.is'] })).rows.length).toBeGreaterThan(10)
  })

  it('a selection that finds nothing', async () => {
    await expect(local({ hosts: ['nobody.example'] })).rejects.toMatchObject({
      code: 'PL_INPUT',
      message: expect.stringContaining('got none of them'),
    })
  })

  it('an index with other columns', async () => {
    const { warc_filename: _name, content_languages: _languages, ...columns } = INDEX_COLUMNS
    await writeIndex(folder, 'other.parquet', corpus.pages.map(indexRow), 100, columns)
    await expect(
      take(ccIndex, { files: join(folder, 'other.parquet'), base: folder, languages: ['eng'] }),
    ).rejects.toMatchObject({
      code: 'PL_INPUT',
      message: expect.stringMatching(
        /Expected columns warc_filename, content_languages in .*other\.parquet, got url_surtkey, url/,
      ),
    })
  })

  it('an old index knows types as the servers said them', async () => {
    const { content_mime_detected: _mime, ...columns } = INDEX_COLUMNS
    await writeIndex(folder, 'old.parquet', corpus.pages.map(indexRow), 100, columns)
    const old = await take(ccIndex, { files: join(folder, 'old.parquet'), base: folder })
    expect(old.rows).toEqual((await local()).rows)
  })

  it('files that are no index', async () => {
    await writeFile(join(folder, 'no.parquet'), 'no Parquet')
    await expect(take(ccIndex, { files: join(folder, 'no.parquet') })).rejects.toMatchObject({
      code: 'PL_TABLE',
    })
    const { network } = await serve({ 'no.parquet': Buffer.from('no Parquet') })
    await expect(take(ccIndex, { files: 'http://archive.test/no.parquet' }, network)).rejects.toMatchObject({
      code: 'PL_TABLE',
    })
    await expect(take(ccIndex, { files: 'http://archive.test/none.parquet' }, network)).rejects.toMatchObject(
      { code: 'PL_INPUT' },
    )
  })
})
