import { execFileSync } from 'node:child_process'
import { mkdtemp, open as openFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../src/core/hash.ts'
import { listsDigest, openBlockLists } from '../../src/crawl/block-lists.ts'
import { KeySet } from '../../src/crawl/key-set.ts'

const folder = await mkdtemp(join(tmpdir(), 'pairloom-lists-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

let files = 0
async function list(text: string | Buffer, ending = '.txt'): Promise<string> {
  const path = join(folder, `list-${files++}${ending}`)
  await writeFile(path, text)
  return path
}
const open = (block: string[], allow: string[] = [], pdqDistance = 31) =>
  openBlockLists({ block, allow, pdqDistance })

describe('block and allow lists', () => {
  it.each<[string, string | null]>([
    ['http://bad.test/x', 'bad.test'],
    ['https://img.bad.test:8080/x?y', 'bad.test'],
    ['http://bad.test./x', 'bad.test'],
    ['http://notbad.test/x', null],
    ['http://test/x', null],
    ['http://xn--mnchen-3ya.test/', 'xn--mnchen-3ya.test'],
    ['http://wild.test/', 'wild.test'],
    ['http://one.test/a?b', 'http://one.test/a?b'],
    ['http://one.test/a?b#c', 'http://one.test/a?b'],
    ['http://one.test/a', null],
    ['http://10.0.0.1/', '10.0.0.1'],
  ])('%s: blocked by %s', async (url, entry) => {
    const text =
      '# people who asked\r\nbad.test  # since May\r\n\nMünchen.test\n*.wild.test\nHTTP://one.test:80/a?b#frag\n10.0.0.1'
    const { ofUrl } = await open([await list(text)])
    expect(ofUrl(url)).toEqual(entry && { reason: 'blocklisted', evidence: entry })
  })

  it('are read again after a read that failed', async () => {
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    const first = await list('first.test')
    const failing = open([first, pipe]).catch((error: unknown) => error)
    // Opens as the pipe is read for the digest, when the first list has been.
    const writer = await openFile(pipe, 'w')
    await rm(first)
    await writer.writeFile('bad.test')
    await writer.close()
    expect(await failing).toMatchObject({ code: 'PL_INPUT' })

    await writeFile(first, 'first.test')
    await rm(pipe)
    await writeFile(pipe, 'bad.test')
    const lists = await open([first, pipe])
    expect(lists.ofUrl('http://first.test/1')).toMatchObject({ reason: 'blocklisted' })
  })

  it('let pass only what they allow, URLs and hashes apart', async () => {
    const [hash, other] = [sha256('a'), sha256('b')]
    const urls = await open([], [await list('good.test')])
    expect(urls.ofUrl('http://cdn.good.test/1')).toBe(null)
    expect(urls.ofUrl('http://other.test/1')).toEqual({
      reason: 'not-allowlisted',
      evidence: 'http://other.test/1',
    })
    expect(urls.ofHash(other)).toBe(null)
    const hashes = await open([], [await list(`sha256:${hash.toUpperCase()}`)])
    expect([hashes.ofHash(hash), hashes.ofUrl('http://other.test/')]).toEqual([null, null])
    expect(hashes.ofHash(other)).toEqual({ reason: 'not-allowlisted', evidence: `sha256:${other}` })
  })

  it('block before they allow, from gzip too', async () => {
    const hash = sha256('a')
    const block = await list(gzipSync(`bad.test\nsha256:${hash}\n`), '.txt.gz')
    const lists = await open([block], [await list(`test\nsha256:${hash}`)])
    expect(lists.ofUrl('http://bad.test/')?.reason).toBe('blocklisted')
    expect(lists.ofUrl('http://fine.test/')).toBe(null)
    expect(lists.ofHash(hash)).toEqual({ reason: 'blocklisted', evidence: `sha256:${hash}` })
  })

  it.each([
    ['0.0.0.0 bad.test', /list-\d+\.txt:2, got 0\.0\.0\.0 bad\.test$/],
    ['sha256:abc', /Expected a domain, a URL, sha256:<64 hex digits> or pdq:<64 hex digits> at/],
    ['http://[', /:2, got http:\/\/\[/],
    ['a/b', /:2/],
  ])('refuse %j with its line', async (line, message) => {
    await expect(open([await list(`good.test\n${line}\n`)])).rejects.toMatchObject({
      code: 'PL_INPUT',
      message: expect.stringMatching(message) as string,
    })
  })

  it('refuse PDQ hashes where they would permit, and files that are not there', async () => {
    const pdq = `pdq:${'0f'.repeat(32)}`
    await expect(open([], [await list(pdq)])).rejects.toMatchObject({ code: 'PL_INPUT' })
    await expect(open([join(folder, 'none.txt')])).rejects.toMatchObject({ code: 'PL_INPUT' })
  })

  it('have a digest that changes with their bytes alone', async () => {
    const [a, same, b] = [await list('a.test'), await list('a.test'), await list('b.test')]
    const digest = (block: string[], allow: string[] = []) => listsDigest({ block, allow })
    expect(await digest([])).toBe(null)
    expect(await digest([a])).toBe(await digest([same]))
    expect(
      new Set([await digest([a]), await digest([b]), await digest([], [a]), await digest([a, b])]).size,
    ).toBe(4)
  })

  it('find PDQ hashes near by', async () => {
    const blocked = sha256('picture')
    const lists = await open([await list(`pdq:${blocked}`)], [], 2)
    const flipped = (bits: number) =>
      (BigInt(`0x${blocked}`) ^ ((1n << BigInt(bits)) - 1n)).toString(16).padStart(64, '0')
    expect(lists.needsPdq).toBe(true)
    expect(lists.ofPdq(flipped(2))).toEqual({
      reason: 'blocklisted',
      evidence: `pdq:${blocked}, seen ${flipped(2)}`,
    })
    expect(lists.ofPdq(flipped(3))).toBe(null)
  })
})

it('a key set holds what was added, once or twice, before and after it was asked', () => {
  const keys = new KeySet()
  const digests = Array.from({ length: 100 }, (_, i) => sha256(String(i)))
  for (const digest of digests.slice(0, 50)) keys.add(digest)
  expect(digests.map((digest) => keys.has(digest))).toEqual(digests.map((_, i) => i < 50))
  for (const digest of digests.slice(40, 60)) keys.add(digest)
  expect(digests.map((digest) => keys.has(digest))).toEqual(digests.map((_, i) => i < 60))
})
