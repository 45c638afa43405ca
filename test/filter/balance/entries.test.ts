import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collect, type Row } from '../../../src/core/index.ts'
import { entriesDigest } from '../../../src/filter/balance/entry-list.ts'
import { entries } from '../../../src/filter/index.ts'
import { captionRow, HOSTILE_ROWS } from '../rows.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-entries-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function file(name: string, bytes: string | Buffer): Promise<string> {
  await writeFile(join(folder, name), bytes)
  return join(folder, name)
}

describe('filter/entries', () => {
  it('gives the entries of a caption, and drops a caption without any', async () => {
    const metadata = await file('list.txt', 'cat\nblack cat\n\ndog\n')
    const rows = [captionRow('A black cat, a cat'), captionRow('a cow'), captionRow('Dog')]
    const { kept, rejects, counters } = await collect(entries, rows, { metadata })
    expect(kept).toEqual([{ ...rows[0], entries_list: 'all', entries_matched: ['black cat', 'cat'] }])
    expect(rejects[0]).toMatchObject({ reason: 'no-entry', value: '0', limit: 'one of 3 entries' })
    expect(counters).toEqual({ kept: 1, 'dropped.no-entry': 2 })
  })

  it.each([
    ['list.json', '["cat", "dog"]'],
    ['map.json', '{"cat": "w", "dog": ""}'], // as MetaCLIP 2 writes them
    ['list.txt.gz', gzipSync('\uFEFFcat\r\ndog')],
    ['list.json.gz', gzipSync('["cat","dog"]')],
  ])('reads %s', async (name, bytes) => {
    const metadata = await file(name, bytes)
    const { kept } = await collect(entries, [captionRow('cat dog')], { metadata })
    expect(kept[0]?.entries_matched).toEqual(['cat', 'dog'])
  })

  it('looks in the list of a row’s language, else in that of the others, else drops it', async () => {
    const metadata = join(folder, 'languages')
    await mkdir(metadata)
    await writeFile(join(metadata, 'de.txt'), 'Hund')
    await writeFile(join(metadata, 'ja.json'), '["犬"]')
    const told = (text: string, language: string | null): Row => {
      const row = captionRow(text)
      return { ...row, texts: (row.texts as object[]).map((t) => ({ ...t, language })) }
    }
    const rows = [
      { ...captionRow('ein Hund'), language_label: 'de' },
      told('黒い犬', 'ja'),
      { ...told('ein Hund', 'ja'), language_label: 'de' },
      { ...captionRow('Hund'), language_label: 'en' },
      captionRow('Hund'),
    ]
    const first = await collect(entries, rows, { metadata })
    expect(first.kept.map((r) => [r.entries_list, r.entries_matched])).toEqual([
      ['de', ['Hund']],
      ['ja', ['犬']],
      ['de', ['Hund']],
    ])
    expect(first.rejects).toMatchObject([
      { reason: 'no-list', value: 'en' },
      { reason: 'no-list', value: 'other' },
    ])

    await writeFile(join(metadata, 'other.txt'), 'Hund')
    const second = await collect(entries, rows, { metadata })
    expect(second.kept.map((r) => r.entries_list)).toEqual(['de', 'ja', 'de', 'other', 'other'])
  })

  it.each([
    ['empty.txt', '\n \n', 'at least one entry'],
    ['empty.json', '[]', 'at least one entry'],
    ['twice.txt', 'cat\ndog\ncat\n', 'twice.txt:3'],
    ['twice.json', '["cat","dog","cat "]', 'twice.json: entry 3'],
    ['long.txt', `cat\n${'x'.repeat(2 ** 20)}`, 'long.txt:2'],
    ['longer.txt', `cat\n${'x'.repeat(2 ** 20 + 1)}`, 'longer.txt:2'],
    ['bytes.txt', Buffer.from('cat\n\xff\xfe', 'latin1'), 'bytes.txt:2'],
    ['bytes.json', Buffer.from('["\xff"]', 'latin1'), 'of UTF-8'],
    ['tab.txt', 'cat\nblack\tcat', 'tab.txt:2'],
    ['half.json', '["cat", "\\ud800"]', 'half.json: entry 2'],
    ['number.json', '["cat", 7]', 'number.json: entry 2, got 7'],
    ['blank.json', '["cat", " "]', 'blank.json: entry 2'],
    ['text.json', '"cat"', 'an array of entries'],
    ['broken.json', '["cat"', 'Expected JSON in'],
  ])('refuses %s before the run, with the place', async (name, bytes, place) => {
    const metadata = await file(name, bytes)
    await expect(entries.identity!({ metadata })).rejects.toMatchObject({
      code: 'PL_INPUT',
      message: expect.stringContaining(place) as string,
    })
  })

  it('refuses a list that is not there, and folders without lists or with other files', async () => {
    const refused = async (path: string) => entriesDigest(path).then(String, (e: Error) => e.message)
    expect(await refused(join(folder, 'none.txt'))).toContain('ENOENT')
    const other = join(folder, 'other')
    await mkdir(other)
    expect(await refused(other)).toContain('empty folder')
    await writeFile(join(other, 'en.txt'), 'cat')
    await writeFile(join(other, 'en.json'), '["cat"]')
    expect(await refused(other)).toContain('one list of en')
    await rm(join(other, 'en.json'))
    await writeFile(join(other, 'README.md'), 'x')
    expect(await refused(other)).toContain('README.md')
  })

  it('has another identity for another list', async () => {
    const metadata = await file('changing.txt', 'cat')
    const before = await entries.identity!({ metadata })
    await writeFile(metadata, 'dogs')
    expect(await entries.identity!({ metadata })).not.toBe(before)
  })

  it('takes captions that have crashed text code before', async () => {
    const metadata = await file('hostile.txt', 'cat\nแมว')
    const { tally } = await collect(entries, HOSTILE_ROWS, { metadata })
    expect(tally).toMatchObject({ rowsIn: HOSTILE_ROWS.length, kept: 3, dropped: HOSTILE_ROWS.length - 3 })
  })
})
