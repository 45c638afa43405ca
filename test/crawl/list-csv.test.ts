import { describe, expect, it } from 'vitest'
import { readCsv, readTsv } from '../../src/crawl/list-csv.ts'
import { readJsonTexts } from '../../src/crawl/list-json.ts'
import { readLines } from '../../src/store/lines.ts'

/** The bytes of a file in chunks of so many: what is read must not depend on where they are cut. */
async function* chunksOf(file: string | Buffer, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(file as string)
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size))
}

const SIZES = [1, 2, 3, 7, 64, 100_000]

async function all<T>(read: (chunks: AsyncIterable<Buffer>) => AsyncIterable<T[]>, file: string | Buffer) {
  const results: T[][] = []
  for (const size of SIZES) {
    const items: T[] = []
    for await (const batch of read(chunksOf(file, size))) items.push(...batch)
    results.push(items)
  }
  for (const other of results) expect(other).toEqual(results[0])
  return results[0]!
}

const csv = async (file: string | Buffer) =>
  (await all((chunks) => readCsv(readLines(chunks)), file)).map((r) =>
    'fields' in r ? r.fields : `${r.line}: ${r.fault}`,
  )
const tsv = async (file: string) =>
  (await all((chunks) => readTsv(readLines(chunks)), file)).map((r) => ('fields' in r ? r.fields : r.fault))
const json = async (file: string | Buffer) =>
  (await all(readJsonTexts, file)).map((r) => ('text' in r ? r.text : `${r.line}: ${r.fault}`))

describe('lines', () => {
  it('are numbered, without their ends and the byte order mark', async () => {
    expect(await all(readLines, '\uFEFFa\r\n\nç\rd\n\r\nlast')).toEqual([
      { line: 1, text: 'a' },
      { line: 2, text: '' },
      { line: 3, text: 'ç\rd' },
      { line: 4, text: '' },
      { line: 5, text: 'last' },
    ])
  })

  it('that are no UTF-8 are faults of their own, also where they are cut inside a character', async () => {
    const file = Buffer.concat([Buffer.from('é\n'), Buffer.from([0xc3, 0x28, 0x0a]), Buffer.from('漢\n')])
    expect(await all(readLines, file)).toEqual([
      { line: 1, text: 'é' },
      { line: 2, fault: 'not UTF-8' },
      { line: 3, text: '漢' },
    ])
  })

  it('over a MiB are passed over, and counted', async () => {
    const items = []
    for await (const batch of readLines(chunksOf(`a\n${'x'.repeat(3 * 2 ** 20)}\nb\n`, 65_536)))
      items.push(...batch)
    expect(items).toEqual([
      { line: 1, text: 'a' },
      { line: 2, fault: 'over 1048576 bytes' },
      { line: 3, text: 'b' },
    ])
  })
})

describe('csv', () => {
  it.each<[string, string, unknown[]]>([
    [
      'plain fields, and none',
      'a,b,,d\n,\n',
      [
        ['a', 'b', '', 'd'],
        ['', ''],
      ],
    ],
    [
      'commas, quotes and line ends in quotes',
      '"a,b","say ""hi""","two\r\nlines"\nc,d,e\n',
      [
        ['a,b', 'say "hi"', 'two\nlines'],
        ['c', 'd', 'e'],
      ],
    ],
    [
      'empty quoted fields at the end',
      'a,""\n"",""',
      [
        ['a', ''],
        ['', ''],
      ],
    ],
    ['a quote inside a field', 'a 5" pipe,b\n', [['a 5" pipe', 'b']]],
    ['blank lines', '\na\n\nb\n', [['a'], ['b']]],
    ['blank lines inside quotes', '"a\n\n""b"""\n', [['a\n\n"b"']]],
    ['what follows a closing quote', 'x,"a"b\nc,d\n', ['1: characters after a closing quote', ['c', 'd']]],
    [
      'a quote that is never closed',
      'a,b\n"c,d\ne,f\n',
      [['a', 'b'], '2: a quote that is never closed', ['e', 'f']],
    ],
  ])('%s', async (_what, file, records) => {
    expect(await csv(file)).toEqual(records)
  })

  it('gives up one line for a quote that is never closed, not the file', async () => {
    const rows = Array.from({ length: 1000 }, (_, i) => `${i},"x, ""y"""`)
    rows[10] = '10,"open'
    const records = await csv(rows.join('\n'))
    expect(records).toHaveLength(1000)
    expect(records[10]).toBe('11: a quote that is never closed')
    expect(records.filter((r) => typeof r === 'string')).toHaveLength(1)
  })

  it('loses the record that a line of no UTF-8 is part of, and no other', async () => {
    const file = Buffer.concat([Buffer.from('a,"b\ne,f\n'), Buffer.from([0xff, 0x0a]), Buffer.from('c,d\n')])
    expect(await csv(file)).toEqual([
      '1: a quote that is never closed',
      ['e', 'f'],
      '3: not UTF-8',
      ['c', 'd'],
    ])
  })
})

describe('tsv', () => {
  it('parts at tabs alone; only fields wholly in quotes are taken out of them', async () => {
    expect(await tsv('"Hello" she said\tu\n"a ""b"""\t"open\n\n\t\n')).toEqual([
      ['"Hello" she said', 'u'],
      ['a "b"', '"open'],
      ['', ''],
    ])
  })
})

describe('json', () => {
  it.each<[string, string, string[]]>([
    [
      'an array',
      '[{"a":1},\n {"b":[{}, "]}"]} , {"c":"\\"}"}]',
      ['{"a":1}', '{"b":[{}, "]}"]}', '{"c":"\\"}"}'],
    ],
    ['values one after another', '{"a":1}{"b":2}\n3 "x y"\n', ['{"a":1}', '{"b":2}', '3', '"x y"']],
    ['an array of arrays and texts', '\uFEFF[[1,2],"a,b",null]', ['[1,2]', '"a,b"', 'null']],
    ['nothing', ' [ ] ', []],
    ['a file that is cut', '[{"a":1},\n{"b":', ['{"a":1}', '2: the file ends inside a value']],
  ])('%s', async (_what, file, texts) => {
    expect(await json(file)).toEqual(texts)
  })

  it('passes over what is no UTF-8, or over a MiB', async () => {
    const bad = Buffer.concat([Buffer.from('[{"a":"'), Buffer.from([0xff]), Buffer.from('"},\n{"b":1}]')])
    expect(await json(bad)).toEqual(['1: not UTF-8', '{"b":1}'])
    const items = []
    for await (const batch of readJsonTexts(chunksOf(`["${'x'.repeat(2 ** 21)}",\n{}]`, 65_536)))
      items.push(...batch)
    expect(items).toEqual([
      { line: 1, fault: 'over 1048576 bytes' },
      { line: 2, text: '{}' },
    ])
  })
})
