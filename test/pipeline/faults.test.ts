import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { planFile, planPipeline } from '../../src/index.ts'
import type { PairloomError } from '../../src/core/error.ts'
import { parseOverride } from '../../src/pipeline/override.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-faults-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const MEMORY = join(import.meta.dirname, 'fixtures', 'memory.ts')
const ZOD = import.meta.resolve('zod')

async function write(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}

/** The faults of a file as they are printed, without the first line. */
async function faultsOf(text: string, set: string[] = []): Promise<string[]> {
  await write({ 'p.yaml': text })
  const overrides = set.map((s) => parseOverride(s)!)
  const said = await planFile(join(folder, 'p.yaml'), { overrides }).then(
    () => null,
    (error: unknown) => error as PairloomError,
  )
  if (said === null) return []
  expect(said).toMatchObject({ name: 'PairloomError', code: 'PL_CONFIG' })
  const [head, ...lines] = said.message.split('\n')
  const faults = said.data.faults as unknown[]
  expect(faults).toHaveLength(lines.length)
  expect(head).toBe(
    `${join(folder, 'p.yaml')} has ${lines.length === 1 ? 'one fault' : `${lines.length} faults`}; nothing was started:`,
  )
  return lines.map((line) => line.replace(`  ${folder}/`, '').replace(/^ {2}/, ''))
}

/** The faults of stages after a source of rows, two lines down. */
async function stageFaults(stages: string, set: string[] = []): Promise<string[]> {
  const faults = await faultsOf(
    `name: x\nplugins: [${MEMORY}]\nstages:\n  rows: { use: memory/rows }\n${stages}`,
    set,
  )
  return faults.map((f) => f.replace(/^p\.yaml:\d+:\d+ stages\./, ''))
}

describe('a pipeline file with faults', () => {
  it('refuses passwords in what a source reads, and does not repeat them', async () => {
    const file = [
      'name: x',
      'network: { contact: a@example.org }',
      'stages:',
      '  list: { use: crawl/list, path: ["https://user:secret@example.org/list.csv", "s3://bucket/list"] }',
    ]
    const url =
      '.path.0: expected a path on disk, not a URL: download what it names first, got "https://…@example.org/list.csv"'
    expect(await faultsOf(file.join('\n'))).toEqual([
      `p.yaml:4:35 stages.list${url}`,
      'p.yaml:4:79 stages.list.path.1: expected a path on disk, not a URL: download what it names first, got "s3://bucket/list"',
    ])
    file[3] = '  pages: { use: crawl/warc, files: "https://user:secret@example.org/a.warc.gz" }'
    expect(await faultsOf(file.join('\n'))).toEqual([
      'p.yaml:4:36 stages.pages.files: expected a URL without user and password, got "https://…@example.org/a.warc.gz"',
    ])
  })

  it('refuses a network section that no request could go out with', async () => {
    const file = [
      'name: x',
      'network:',
      '  contact: mailto:jürgen@example.org',
      '  hosts: { a.test: foo, b.test: "127.0.0.1:99999", c.test: "[::1]:80" }',
      '  allow: [10.0.0.0/33, nonsense, 10.0.0.0/8/8, 10.0.0.0/8, "fd00::/8"]',
      'stages: { pages: { use: crawl/site, start: [http://a.test/] } }',
    ].join('\n')
    const contact =
      'expected printable ASCII (percent-encode the rest of a URL, write host names in punycode), got'
    const range = 'expected an address or a range such as 10.1.0.0/16, got'
    expect(await faultsOf(file)).toEqual([
      `p.yaml:3:12 network.contact: ${contact} "mailto:jürgen@example.org"`,
      'p.yaml:4:20 network.hosts.a.test: expected an address or address:port, got "foo"',
      'p.yaml:4:33 network.hosts.b.test: expected an address or address:port, got "127.0.0.1:99999"',
      `p.yaml:5:11 network.allow.0: ${range} "10.0.0.0/33"`,
      `p.yaml:5:24 network.allow.1: ${range} "nonsense"`,
      `p.yaml:5:34 network.allow.2: ${range} "10.0.0.0/8/8"`,
    ])
    const control = file.replace('mailto:jürgen@example.org', '"http://a.test/\\r\\nX-Evil: 1"')
    expect((await faultsOf(control))[0]).toBe(
      `p.yaml:3:12 network.contact: ${contact} "http://a.test/\\r\\nX-Evil: 1"`,
    )
  })

  it('refuses a wrong expression and a wrong list of a filter, each with the place of its fault', async () => {
    const source = 'name: x\nstages:\n  pages: { use: crawl/site, start: [http://a.test/] }\n'
    const expression = `${source}  clean:\n    filters:\n      matches: { patterns: [cat, "dog("] }\n`
    expect(await faultsOf(expression)).toEqual([
      'p.yaml:6:34 stages.clean.filters.matches.patterns.1: expected an expression of RE2 (missing closing ): `dog(`), got "dog("',
    ])
    await write({ 'words.txt': 'heck\n***\n' })
    const list = join(folder, 'words.txt')
    expect(await faultsOf(`${source}  clean: { use: filter/flagged-words, lists: [${list}] }\n`)).toEqual([
      `p.yaml:4:10 stages.clean: Expected a word or phrase with a letter or digit at ${list}:2, got "***"`,
    ])
    const missing = `${source}  clean: { use: filter/rare-words, list: ${join(folder, 'none.txt')} }\n`
    expect((await faultsOf(missing))[0]).toMatch(/^p\.yaml:4:10 stages\.clean: Expected to read .*none\.txt/)
  })

  it('tells all of them at once, each with its line, its column, what came and what was near', async () => {
    await write({
      'throws.mjs': 'throw new Error("out of order")',
      'throws-null.mjs': 'throw null',
      'nothing.mjs': 'export const answer = 42',
      'takes.mjs': `import { z } from '${ZOD}'
        export const words = { kind: 'filter', name: 'filter/words', version: 1, summary: '', options: z.strictObject({}),
          reads: [], measures: {}, measure: () => ({}), rules: () => [] }`,
      'half.mjs': `export const half = { kind: 'row', name: 'half/stage', version: 1 }`,
    })
    const file = [
      'name: Bad Name', // 1
      'sead: 3',
      'seed: [1]',
      'memoryMiB: 12',
      'network: { agnet: x, contact: 5, hosts: { a.test: 7 } }', // 5
      'plugins:',
      `  - ${MEMORY}`,
      '  - ./nothing-there.ts',
      '  - no-such-package',
      '  - ./throws.mjs', // 10
      '  - ./throws-null.mjs',
      '  - ./nothing.mjs',
      '  - ./takes.mjs',
      '  - ./half.mjs',
      '  - 7', // 15
      'stages:',
      '  rows: { use: memory/rows, rows: many, partitoins: 3 }',
      '  pages: { use: crawl/sitee }',
      '  more: { use: crawl/site, start: http://x.test/, maxPages: 0, delayMs: 1.5, from: rows }',
      '  nostart: { use: crawl/site }', // 20
      '  Bad Id: { use: crawl/merge-links, from: rows }',
      '  clean:',
      '    from: rows',
      '    filters:',
      '      lenght: { min: 3 }', // 25
      '      length: { min: three, mxa: 4 }',
      '      words: { min: 9, max: 3 }',
      '      image-size: {}',
      '      language: 5',
      '  links: { use: crawl/merge-links, partitions: 1.5, from: rwos }', // 30
      '  fetch: { use: crawl/fetch, from: links, resize: shortset }',
      '  twice:',
      '    use: memory/store',
      '    from: rows',
      '    from: clean', // 35
      '  lines: { use: memory/lines, from: rows }',
      '  after: { use: memory/store }',
      '  empty:',
      '  word: hello',
      '  both: { use: memory/order, filters: { length: {} }, from: rows }', // 40
      '  nofrom: { use: memory/order, from: }',
      '',
    ].join('\n')
    expect(await faultsOf(file)).toEqual([
      'p.yaml:1:7 name: expected lower-case letters, digits and dashes, got "Bad Name"',
      'p.yaml:2:1 sead: unknown option "sead" (did you mean seed?)',
      'p.yaml:3:7 seed: expected text or a number, got [1]',
      'p.yaml:4:12 memoryMiB: expected a whole number >= 128, got 12',
      'p.yaml:5:12 network.agnet: unknown option "agnet" (did you mean agent?)',
      'p.yaml:5:31 network.contact: expected text, got 5',
      'p.yaml:5:51 network.hosts.a.test: expected text, got 7',
      `p.yaml:8:5 plugins.1: expected a plug-in file at ${folder}/nothing-there.ts, got ENOENT`,
      `p.yaml:9:5 plugins.2: expected to find package no-such-package from ${folder}, got none`,
      'p.yaml:10:5 plugins.3: expected to load plug-in ./throws.mjs, got out of order',
      'p.yaml:11:5 plugins.4: expected to load plug-in ./throws-null.mjs, got null',
      'p.yaml:12:5 plugins.5: expected ./nothing.mjs to export a stage (defineFilter, defineStage …), got none',
      'p.yaml:13:5 plugins.6: expected a new name, got filter/words again from plug-in ./takes.mjs',
      'p.yaml:14:5 plugins.7: expected summary, options, reads, adds, process in half/stage of plug-in ./half.mjs, got none: use defineFilter, defineStage …',
      'p.yaml:15:5 plugins.8: expected text, got 7',
      'p.yaml:17:35 stages.rows.rows: expected a whole number, got "many"',
      'p.yaml:17:41 stages.rows.partitoins: unknown option "partitoins" (did you mean partitions?)',
      'p.yaml:18:17 stages.pages.use: no stage is called "crawl/sitee" (did you mean crawl/site?)',
      'p.yaml:19:35 stages.more.start: expected a list, got "http://x.test/"',
      'p.yaml:19:61 stages.more.maxPages: expected a whole number 1..10000000, got 0',
      'p.yaml:19:73 stages.more.delayMs: expected a whole number 0..3600000, got 1.5',
      'p.yaml:19:84 stages.more.from: a source reads nothing, got from: "rows"',
      'p.yaml:20:3 stages.nostart.start: expected a list, got nothing',
      'p.yaml:21:3 stages.Bad Id: expected a letter, then lower-case letters, digits and dashes, got "Bad Id"',
      'p.yaml:23:5 stages.clean: filter/image-size reads original_width, original_height, which rows does not give',
      'p.yaml:25:7 stages.clean.filters.lenght: no filter is called "lenght" (did you mean length?)',
      'p.yaml:26:22 stages.clean.filters.length.min: expected a whole number, got "three"',
      'p.yaml:26:29 stages.clean.filters.length.mxa: unknown option "mxa" (did you mean min?)',
      'p.yaml:27:14 stages.clean.filters.words: min is 9, more than max, which is 3',
      'p.yaml:29:17 stages.clean.filters.language: expected the options of language as a map, got 5',
      'p.yaml:30:48 stages.links.partitions: expected a whole number 1..4096, got 1.5',
      'p.yaml:30:59 stages.links.from: expected the id of a stage above, got "rwos" (did you mean rows?)',
      'p.yaml:31:51 stages.fetch.resize: expected none | shortest | longest | center-crop | border, got "shortset" (did you mean shortest?)',
      'p.yaml:35:5 stages.twice.from: the key "from" is given twice',
      'p.yaml:37:10 stages.after: a sink gives no rows; expected from: to name another stage, got "lines"',
      'p.yaml:38:9 stages.empty: expected a map with use: or filters:, got null',
      'p.yaml:39:9 stages.word: expected a map with use: or filters:, got "hello"',
      'p.yaml:40:16 stages.both.use: expected use: or filters:, got both',
      'p.yaml:41:38 stages.nofrom.from: expected the id of a stage above, got null',
    ])
  })

  it('starts nothing and writes nothing', async () => {
    await write({ 'plugin.mjs': 'export const nothing = 1' })
    const before = (await readdir(folder)).concat('p.yaml').sort()
    const faults = await faultsOf(
      `name: x\nrun: ${folder}/run\nout: ${folder}/out\nplugins: [./plugin.mjs]\nstages: { a: { use: b } }`,
    )
    expect(faults).toHaveLength(1)
    expect((await readdir(folder)).sort()).toEqual(before)
  })

  it.each([
    { what: 'empty', text: '', says: 'p.yaml:1:1 pipeline: expected a map, got null' },
    { what: 'only a comment', text: '# nothing\n', says: 'p.yaml:1:1 pipeline: expected a map, got null' },
    { what: 'a word', text: 'hello', says: 'p.yaml:1:1 pipeline: expected a map, got "hello"' },
    { what: 'a list', text: '- name: x\n', says: 'p.yaml:1:1 pipeline: expected a map, got [{"name":"x"}]' },
    { what: 'without stages', text: 'name: x\n', says: 'p.yaml:1:1 stages: expected a map, got nothing' },
    {
      what: 'stages with nothing',
      text: 'name: x\nstages:\n',
      says: 'p.yaml:2:8 stages: expected a map, got null',
    },
    {
      what: 'stages empty',
      text: 'name: x\nstages: {}\n',
      says: 'p.yaml:2:9 stages: expected at least one stage, got {}',
    },
    {
      what: 'stages a list',
      text: 'name: x\nstages: [{ use: crawl/site }]\n',
      says: 'p.yaml:2:9 stages: expected a map, got [{"use":"crawl/site"}]',
    },
    {
      what: 'stages a word',
      text: 'name: x\nstages: hello\n',
      says: 'p.yaml:2:9 stages: expected a map, got "hello"',
    },
    {
      what: 'a tab',
      text: 'name: x\n\tseed: 1\n',
      says: 'p.yaml:2:1 pipeline: Tabs are not allowed as indentation',
    },
    {
      what: 'two documents',
      text: 'name: x\n---\nname: y\n',
      says: 'p.yaml:2:1 pipeline: Source contains multiple documents; please use YAML.parseAllDocuments()',
    },
    {
      what: 'aliases that explode',
      text: bomb(),
      says: 'pipeline: Excessive alias count indicates a resource exhaustion attack',
    },
    {
      what: 'above 1 MiB',
      text: `name: x\n# ${'x'.repeat(2 ** 20)}`,
      says: 'pipeline: expected a pipeline file, got one of more than 1 MiB',
    },
    {
      what: 'a source missing',
      text: 'name: x\nstages: { a: { use: crawl/merge-links } }\n',
      says: 'p.yaml:2:14 stages.a: expected a source as the first stage, got a stage that reads rows',
    },
    {
      what: 'all digits for an id',
      text: 'name: x\nstages: { 1: { use: crawl/merge-links } }\n',
      says: expect.stringContaining('stages.1: expected a letter, then lower-case letters') as string,
    },
  ])('$what: says so', async ({ text, says }) => {
    expect(await faultsOf(text)).toContainEqual(says)
  })

  it('tells every fault of the syntax', async () => {
    const faults = await faultsOf('a: [1, 2\nb: {c: 1\nd: "x\n')
    expect(faults.length).toBeGreaterThan(1)
    expect(faults.every((f) => /^p\.yaml:\d+:\d+ /.test(f))).toBe(true)
  })

  it.each([
    { file: 'nothing.yaml', got: 'ENOENT' },
    { file: '.', got: 'EISDIR' },
    { file: 'utf16.yaml', got: 'bytes that are no UTF-8 text' },
  ])('no pipeline file at $file: $got', async ({ file, got }) => {
    await writeFile(join(folder, 'utf16.yaml'), Buffer.from('\ufeffname: x', 'utf16le'))
    await expect(planFile(join(folder, file))).rejects.toMatchObject({
      code: 'PL_CONFIG',
      message: expect.stringContaining(`expected a pipeline file, got ${got}`) as string,
    })
  })

  it('takes a byte order mark for none', async () => {
    expect(
      await faultsOf(`\ufeffname: x\nplugins: [${MEMORY}]\nstages: { rows: { use: memory/rows } }\n`),
    ).toEqual([])
  })
})

describe('what follows from a fault is not told again', () => {
  it.each([
    [
      'an unknown stage',
      '  a: { use: memory/stoer }\n  b: { use: memory/order }\n  c: { use: memory/lines, from: b }',
      ['a.use: no stage is called "memory/stoer" (did you mean memory/store?)'],
    ],
    [
      'an unknown filter',
      '  a: { filters: { lenght: {} } }\n  b: { use: memory/store }',
      ['a.filters.lenght: no filter is called "lenght" (did you mean length?)'],
    ],
    [
      'a bad option',
      '  a: { use: memory/store, repeat: x }\n  b: { use: shard/parquet }',
      ['a.repeat: expected a whole number, got "x"'],
    ],
    [
      'a bad from',
      '  a: { use: memory/store, from: x }\n  b: { use: shard/parquet }',
      ['a.from: expected the id of a stage above, got "x"'],
    ],
    [
      'a stage that is no map',
      '  a: 5\n  b: { use: shard/parquet }',
      ['a: expected a map with use: or filters:, got 5'],
    ],
  ])('%s', async (_what, stages, says) => {
    expect(await stageFaults(stages)).toEqual(says)
  })

  it('but a column that is missing whatever the options is told', async () => {
    expect(await stageFaults('  a: { use: memory/order, rows: x }\n  b: { use: shard/parquet }')).toEqual([
      'a.rows: expected a whole number, got "x"',
      'b: shard/parquet reads bytes_dataset, bytes_part, bytes_offset, bytes_length, which a does not give',
    ])
  })

  it('a plug-in that does not load hides that its stages are unknown', async () => {
    const faults = await faultsOf(
      'name: x\nplugins: [./gone.mjs]\nstages:\n  a: { use: gone/rows }\n  b: { filters: { gone: {} } }\n  c: { use: shard/pakc }\n',
    )
    expect(faults).toEqual([
      `p.yaml:2:11 plugins.0: expected a plug-in file at ${folder}/gone.mjs, got ENOENT`,
      'p.yaml:6:13 stages.c.use: no stage is called "shard/pakc" (did you mean shard/pack?)',
    ])
  })
})

describe('columns between stages', () => {
  it.each([
    [
      '  a: { use: shard/parquet }',
      [
        'a: shard/parquet reads bytes_dataset, bytes_part, bytes_offset, bytes_length, which rows does not give',
      ],
    ],
    [
      '  a: { filters: { image-size: {} } }',
      ['a: filter/image-size reads original_width, original_height, which rows does not give'],
    ],
    [
      '  a: { use: memory/store }\n  b: { use: shard/parquet, from: rows }',
      [
        'b: shard/parquet reads bytes_dataset, bytes_part, bytes_offset, bytes_length, which rows does not give',
      ],
    ],
    ['  a: { use: memory/store }\n  b: { use: memory/order }\n  c: { use: memory/lines }', []],
  ])('%s', async (stages, says) => {
    expect(await stageFaults(stages)).toEqual(says)
  })

  it('two filters of a group may not give the same columns', async () => {
    await write({
      'twin.mjs': `import { z } from '${ZOD}'
        export const words = { kind: 'filter', name: 'mine/words', version: 1, summary: '', options: z.strictObject({}),
          reads: [], measures: { count: { type: 'int32', doc: '' } }, measure: () => ({ count: 1 }), rules: () => [] }`,
    })
    const text = `name: x\nplugins: [${MEMORY}, ./twin.mjs]\nstages:\n  rows: { use: memory/rows }\n`
    expect(await faultsOf(`${text}  a: { filters: { words: {}, mine/words: {} } }\n`)).toEqual([
      'p.yaml:5:30 stages.a.filters.mine/words: mine/words measures the same columns as filter/words',
    ])
    expect(await faultsOf(`${text}  a: { filters: { words: {}, filter/words: {} } }\n`)).toEqual([
      'p.yaml:5:30 stages.a.filters.filter/words: filter/words measures the same columns as filter/words',
    ])
    expect(
      await faultsOf(`${text}  a: { filters: { words: {} } }\n  b: { filters: { mine/words: {} } }\n`),
    ).toEqual([])
  })
})

describe('--set', () => {
  const stages = '  clean: { filters: { length: { min: 3 }, words: } }\n  order: { use: memory/order }'
  it.each([
    { set: 'clean.lenght.min=3', says: 'stage clean has no filter called "lenght" (did you mean length?)' },
    {
      set: 'claen.length.min=3',
      says: 'no stage and no option of the file is called "claen" (did you mean clean?)',
    },
    {
      set: 'stages.oder.rows=3',
      says: 'no stage and no option of the file is called "oder" (did you mean order?)',
    },
    { set: 'nam=3', says: 'no stage and no option of the file is called "nam" (did you mean name?)' },
    { set: 'clean.length.mni=3', says: 'unknown option "mni" (did you mean min?)' },
    { set: 'clean.length.min=three', says: 'expected a whole number, got "three"' },
    { set: 'clean.words.mxa=3', says: 'unknown option "mxa" (did you mean max?)' },
    { set: 'clean.length={min: 2, mxa: 4}', says: 'unknown option "mxa" (did you mean min?)' },
    { set: 'order.rows.x=3', says: 'expected a whole number, got {"x":3}' },
    { set: 'order.row=3', says: 'unknown option "row" (did you mean rows?)' },
    { set: 'order.from=rwos', says: 'expected the id of a stage above, got "rwos" (did you mean rows?)' },
    { set: 'order=5', says: 'expected a map with use: or filters:, got 5' },
    { set: 'name.x=3', says: 'expected an option or a map on the way to "x", got "x"' },
    { set: 'plugins.z=3', says: 'expected an option or a map on the way to "z"' },
    { set: 'network.agnet=x', says: 'unknown option "agnet" (did you mean agent?)' },
    { set: 'memoryMiB=1', says: 'expected a whole number >= 128, got 1' },
  ])('$set is told as such, not as a line of the file', async ({ set, says }) => {
    const faults = await stageFaults(stages, [set])
    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain(`--set ${set.slice(0, set.indexOf('='))}: ${says}`)
  })

  it.each([
    ['clean.length.min=7', (p: Planned) => p.stages[1]!.filters[0]!.options.min, 7],
    ['clean.words.min=7', (p: Planned) => p.stages[1]!.filters[1]!.options.min, 7], // words: is empty in the file
    ['clean.words={min: 7}', (p: Planned) => p.stages[1]!.filters[1]!.options.min, 7],
    ['clean.filters.length.min=7', (p: Planned) => p.stages[1]!.filters[0]!.options.min, 7],
    ['stages.clean.filters.length.min=7', (p: Planned) => p.stages[1]!.filters[0]!.options.min, 7],
    ['order.rows=7', (p: Planned) => p.stages[2]!.options.rows, 7],
    ['order.from=rows', (p: Planned) => p.stages[2]!.from, 'rows'],
    ['name=other', (p: Planned) => p.name, 'other'],
    ['network.allow=[127.0.0.1, 10.0.0.0/8]', (p: Planned) => p.network.allow, ['127.0.0.1', '10.0.0.0/8']],
    ['seed=a=b', (p: Planned) => p.seed, 'a=b'],
  ])('%s', async (set, get, value) => {
    await write({
      'p.yaml': `name: x\nplugins: [${MEMORY}]\nstages:\n  rows: { use: memory/rows }\n${stages}`,
    })
    const planned = await planFile(join(folder, 'p.yaml'), { overrides: [parseOverride(set)!] })
    expect(get(planned)).toEqual(value)
  })

  it('tells the faults of the file beside those of --set', async () => {
    expect(await stageFaults('  clean: { filters: { words: { mni: 1 } } }', ['clean.words.mxa=2'])).toEqual([
      'clean.filters.words.mni: unknown option "mni" (did you mean min?)',
      '--set clean.words.mxa: unknown option "mxa" (did you mean max?)',
    ])
  })

  it('leaves the file as it is', async () => {
    const text = 'name: x\nstages: {}\n'
    await faultsOf(text, ['name=y'])
    expect(await readFile(join(folder, 'p.yaml'), 'utf8')).toBe(text)
  })
})

type Planned = Awaited<ReturnType<typeof planFile>>

describe('a pipeline as a value', () => {
  it('tells its faults without lines', async () => {
    const faulty = { name: 'X', stages: { a: { use: 'nothing' } } }
    await expect(planPipeline(faulty)).rejects.toMatchObject({
      code: 'PL_CONFIG',
      message: [
        'The pipeline has 2 faults; nothing was started:',
        '  name: expected lower-case letters, digits and dashes, got "X"',
        '  stages.a.use: no stage is called "nothing"',
      ].join('\n'),
    })
  })
})

function bomb(): string {
  const names = ['a', 'b', 'c', 'd', 'e']
  const lines = names.map(
    (name, i) =>
      `${name}: &${name} [${Array(9)
        .fill(i === 0 ? 'x' : `*${names[i - 1]}`)
        .join(',')}]`,
  )
  return `${lines.join('\n')}\n`
}
