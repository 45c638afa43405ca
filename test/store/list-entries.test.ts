import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entryError, listEntries } from '../../src/store/list-entries.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-list-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function linesOf(name: string, bytes: string | Uint8Array): Promise<string[]> {
  const path = join(folder, name)
  await writeFile(path, bytes)
  const lines: string[] = []
  for await (const { text, place } of listEntries(path))
    lines.push(`${place.slice(folder.length + 1)} ${text}`)
  return lines
}

describe('listEntries', () => {
  it.each([
    { name: 'a.txt', bytes: Buffer.from('\ufeffeins\r\n\n  zwei \ndrei') },
    { name: 'a.txt.gz', bytes: gzipSync('eins\n\nzwei\ndrei\n') },
    { name: 'a.txt.zst', bytes: zstdCompressSync('eins\n \nzwei\ndrei') },
  ])('gives the lines of $name with their places', async ({ name, bytes }) => {
    expect(await linesOf(name, bytes)).toEqual([`${name}:1 eins`, `${name}:3 zwei`, `${name}:4 drei`])
  })

  it('keeps lines and letters whole where a chunk ends', async () => {
    const words = Array.from({ length: 100_000 }, (_, i) => `кот${i}`)
    const lines = await linesOf('long.txt', words.join('\n'))
    expect(lines).toHaveLength(100_000)
    expect(lines.every((line, i) => line === `long.txt:${i + 1} ${words[i]}`)).toBe(true)
  })

  it.each([
    {
      title: 'a line that is no UTF-8',
      bytes: Buffer.from('one\ncaf\xe9\n', 'latin1'),
      says: /b:2: not UTF-8/,
    },
    {
      title: 'a line that is too long',
      bytes: 'x'.repeat(2 ** 20 + 1),
      says: /b:1: over/,
    },
    { title: 'a file without lines', bytes: Buffer.alloc(2 ** 21), says: /b:1: over/ },
  ])('refuses $title', async ({ bytes, says }) => {
    await expect(linesOf('b', bytes)).rejects.toMatchObject({
      code: 'PL_INPUT',
      message: expect.stringMatching(says) as string,
    })
  })

  it('refuses a file that is not there', async () => {
    const lines = listEntries(join(folder, 'none.txt'))
    await expect(lines.next()).rejects.toMatchObject({
      code: 'PL_INPUT',
      data: { path: join(folder, 'none.txt') },
    })
  })

  it('hashes what it has read', async () => {
    const path = join(folder, 'c.txt.gz')
    await writeFile(path, gzipSync('one\ntwo'))
    const hash = createHash('sha256')
    for await (const { text } of listEntries(path, hash)) expect(text).toMatch(/one|two/)
    expect(hash.digest('hex')).toBe(createHash('sha256').update('one\ntwo').digest('hex'))
  })

  it('says what was expected of an entry, and where', () => {
    expect(entryError({ text: 'x'.repeat(100), place: 'a:b.txt:3' }, 'a word')).toMatchObject({
      message: `Expected a word at a:b.txt:3, got "${'x'.repeat(59)}…"`,
      data: { path: 'a:b.txt' },
    })
  })
})
