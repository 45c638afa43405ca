import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { NO_NETWORK } from '../../src/core/index.ts'
import { collect } from '../../src/core/collect.ts'
import { imageId } from '../../src/core/row.ts'
import { fetchImages } from '../../src/crawl/fetch-images.ts'
import { pictureHashes } from '../../src/media/picture-hashes.ts'
import { sendBytes, sendStatus, startServer } from '../servers/web.ts'
import { noise } from '../media/pictures.ts'

const folder = await mkdtemp(join(tmpdir(), 'pairloom-fetch-lists-'))
// Clouds: something to see at every low frequency.
const clouds = await noise(12, 10).png().toBuffer()
const jpeg = await sharp(clouds).resize(400, 320, { kernel: 'cubic' }).jpeg().toBuffer()
const again = await sharp(jpeg).resize(300).webp({ quality: 70 }).toBuffer()
const other = await sharp(jpeg).flop().jpeg().toBuffer()
const server = await startServer({
  'a.test/1.jpg': sendBytes('image/jpeg', jpeg),
  'a.test/again.webp': sendBytes('image/webp', again),
  'a.test/other.jpg': sendBytes('image/jpeg', other),
  'a.test/moved.jpg': sendStatus(302, { location: 'http://img.b.test/2.jpg' }),
  'img.b.test/2.jpg': sendBytes('image/jpeg', jpeg),
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

const digest = (algorithm: string, bytes: Buffer) => createHash(algorithm).update(bytes).digest('hex')

async function fetchAll(names: string[], options: Record<string, unknown>, hashes: (string | null)[] = []) {
  const before = new Map(server.requests())
  const rows = names.map((name, i) => {
    const url = `http://${name}`
    return { image_id: imageId(url), url, site: new URL(url).hostname, source_hash: hashes[i] ?? null }
  })
  const stored: string[] = []
  const bytes = {
    append(name: string, { length }: Uint8Array) {
      stored.push(name)
      return Promise.resolve({ bytes_dataset: 't', bytes_part: 0, bytes_offset: 0, bytes_length: length })
    },
    read: () => Promise.reject(new Error('not asked')),
  }
  const network = { ...NO_NETWORK, hosts: server.hosts, allow: ['127.0.0.1'] }
  const found = await collect(fetchImages, rows, { consent: 'basic', ...options }, {
    network,
    bytes,
  } as never)
  const all = [...found.kept, ...found.rejects]
  const ends = names.map((name) => {
    const { reason, value, limit, hash_matches } = all.find(({ url }) => url === `http://${name}`)!
    return { reason: reason ?? 'kept', value: value ?? null, limit: limit ?? null, matches: hash_matches }
  })
  const asked = [...server.requests()]
    .filter(([url, times]) => times > (before.get(url) ?? 0))
    .map(([url]) => url)
  return { ends, reasons: ends.map(({ reason }) => reason), stored, asked }
}

async function list(text: string): Promise<string[]> {
  const path = join(folder, `${digest('md5', Buffer.from(text))}.txt`)
  await writeFile(path, text)
  return [path]
}

describe('crawl/fetch: lists', () => {
  it('asks for nothing of a blocked domain, not where a redirect leads there either', async () => {
    const { ends, asked } = await fetchAll(['img.b.test/2.jpg', 'a.test/moved.jpg', 'a.test/1.jpg'], {
      block: await list('b.test'),
    })
    expect(ends.map(({ reason, value }) => [reason, value])).toEqual([
      ['blocklisted', 'b.test'],
      ['blocklisted', 'b.test'],
      ['kept', null],
    ])
    expect(asked.filter((url) => url.includes('b.test'))).toEqual([])
  })

  it('takes only what is allowed', async () => {
    const names = ['a.test/1.jpg', 'a.test/other.jpg', 'img.b.test/2.jpg']
    const { reasons } = await fetchAll(names, {
      allow: await list(`http://a.test/1.jpg\nb.test\nsha256:${digest('sha256', jpeg)}`),
    })
    expect(reasons).toEqual(['kept', 'not-allowlisted', 'kept'])
  })

  it('stores no blocked bytes', async () => {
    const { reasons, stored } = await fetchAll(['a.test/1.jpg', 'a.test/other.jpg'], {
      block: await list(`sha256:${digest('sha256', jpeg)}`),
    })
    expect(reasons).toEqual(['blocklisted', 'kept'])
    expect(stored).toHaveLength(1)
  })

  it.each(['shortest', 'center-crop'])('stores no picture near to a blocked one (%s)', async (resize) => {
    const { pdq } = await pictureHashes(jpeg, ['pdq'])
    const names = ['a.test/1.jpg', 'a.test/again.webp', 'a.test/other.jpg']
    const { reasons, stored } = await fetchAll(names, {
      resize,
      size: 100,
      block: await list(`pdq:${String(pdq)}`),
    })
    expect(reasons).toEqual(['blocklisted', 'blocklisted', 'kept'])
    expect(stored).toHaveLength(1)
  })

  it('has the digest of its lists in its identity', async () => {
    const identity = fetchImages.kind === 'row' ? fetchImages.identity! : null
    const of = async (block: string[]) => identity!(fetchImages.options.parse({ block }) as never)
    expect(await of(await list('a.test'))).toEqual({
      codec: await of([]),
      lists: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    })
    expect(await of(await list('a.test'))).not.toEqual(await of(await list('b.test')))
  })
})

describe('crawl/fetch: verifyHash', () => {
  const names = ['a.test/1.jpg', 'a.test/other.jpg', 'img.b.test/2.jpg', 'a.test/again.webp']
  const hashes = [digest('md5', jpeg), digest('sha256', jpeg), digest('sha512', jpeg), null]

  it('off compares nothing', async () => {
    const { ends } = await fetchAll(names, {}, hashes)
    expect(ends.map(({ reason, matches }) => [reason, matches])).toEqual(Array(4).fill(['kept', null]))
  })

  it('flag keeps all and says which are others', async () => {
    const { ends } = await fetchAll(names, { verifyHash: 'flag' }, hashes)
    expect(ends.map(({ reason, matches }) => [reason, matches])).toEqual([
      ['kept', true],
      ['kept', false],
      ['kept', true],
      ['kept', null],
    ])
  })

  it('drop rejects the others, with the hash seen and the one expected', async () => {
    const { ends, stored } = await fetchAll(names, { verifyHash: 'drop' }, hashes)
    expect(ends).toEqual([
      { reason: 'kept', value: null, limit: null, matches: true },
      { reason: 'hash-mismatch', value: digest('sha256', other), limit: hashes[1], matches: false },
      { reason: 'kept', value: null, limit: null, matches: true },
      { reason: 'kept', value: null, limit: null, matches: null },
    ])
    expect(stored).toHaveLength(3)
  })

  it('compares with sha1, and with nothing that is no hash', async () => {
    const found = await fetchAll(['a.test/1.jpg', 'a.test/other.jpg'], { verifyHash: 'drop' }, [
      digest('sha1', jpeg),
      'sha256-abc',
    ])
    expect(found.ends.map(({ matches }) => matches)).toEqual([true, null])
  })
})
