import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openTar, readTar, tarHeader, type TarMember } from '../../src/store/tar.ts'
import { sha256 } from '../../src/core/hash.ts'
import { missingProgram } from '../install/program.ts'

const noPython = missingProgram('python3')
const noGnuTar = missingProgram('tar', /GNU tar/)

const NAMES = [
  'a.txt',
  `${'d/'.repeat(70)}x.json`, // ustar prefix
  `${'z'.repeat(155)}/${'n'.repeat(100)}`, // both fields full
  'n'.repeat(150), // no slash: pax
  `${'z'.repeat(156)}/b`, // prefix too long: pax
  'ünï/日本.txt', // not ASCII: pax
]
const members = NAMES.map((name, i) => ({
  name,
  bytes: Buffer.alloc([0, 1, 511, 512, 513, 70_000][i]!, 65 + i),
}))
const folder = mkdtempSync(join(tmpdir(), 'pairloom-tar-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('openTar', () => {
  it('gives the same bytes for the same members, in the order of overlapping calls', async () => {
    const { tar, places } = await pack(members)
    expect(sha256(tar)).toBe('cc8174d44349889ac3d79a8a47e00923ce63ddcbc674049aae141565f7d5d61c')
    for (const [i, { offset, length }] of places.entries()) {
      expect(tar.subarray(offset, offset + length)).toEqual(members[i]!.bytes)
    }
  })

  it.skipIf(noPython ?? noGnuTar)(
    `is listed by tar and read by Python tarfile${note(noPython ?? noGnuTar)}`,
    async () => {
      const file = join(folder, 'peers.tar')
      writeFileSync(file, (await pack(members)).tar)
      const listed = execFileSync('tar', ['tf', file], { env: { ...process.env, LC_ALL: 'C.UTF-8' } })
      expect(listed.toString().trim().split('\n')).toEqual(NAMES)
      const script = `import hashlib, json, sys, tarfile
t = tarfile.open(sys.argv[1])
print(json.dumps([[m.name, m.offset_data, m.mtime, m.uid, hashlib.sha256(t.extractfile(m).read()).hexdigest()] for m in t]))`
      const read = JSON.parse(execFileSync('python3', ['-c', script, file]).toString()) as unknown
      const { places } = await pack(members)
      expect(read).toEqual(members.map((m, i) => [m.name, places[i]!.offset, 0, 0, sha256(m.bytes)]))
    },
  )

  it('fails every later append once a write has failed', async () => {
    let writes = 0
    const tar = openTar({
      write: () => (++writes === 2 ? Promise.reject(new Error('disk full')) : Promise.resolve()),
      close: () => Promise.resolve({ bytes: 0, sha256: '' }),
      abort: () => Promise.resolve(),
    })
    const appends = await Promise.allSettled(
      ['a', 'b', 'c'].map((name) => tar.append(name, Buffer.from(name))),
    )
    expect(appends.map((a) => a.status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    await expect(tar.close()).rejects.toThrow('disk full')
    expect(writes).toBe(2)
  })
})

describe('tarHeader', () => {
  it.each(['', 'a\0b'])('refuses the name %j', (name) => {
    expect(() => tarHeader(name, 0)).toThrow(expect.objectContaining({ code: 'PL_TAR' }))
  })

  it.each([
    { size: 2 ** 33 - 1, bytes: 512 },
    { size: 2 ** 33, bytes: 1536 },
  ])('takes $bytes bytes for a size of $size', ({ size, bytes }) => {
    expect(tarHeader('big', size).length).toBe(bytes)
  })

  it.skipIf(noPython).each([2 ** 33 - 1, 2 ** 33])(
    `holds a size of %i as Python tarfile reads it${note(noPython)}`,
    (size) => {
      const header = tarHeader('big', size)
      const script = `import io, sys, tarfile
t = tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read()))
print(t.next().size)`
      expect(Number(execFileSync('python3', ['-c', script], { input: header }).toString())).toBe(size)
    },
  )
})

describe('readTar', () => {
  it.each([1, 511, 512, 10_000, 1 << 20])('reads back its own tar from chunks of %i bytes', async (size) => {
    const { tar, places } = await pack(members)
    const read = await all(readTar(chunked(tar, size)))
    expect(read).toEqual(members.map((m, i) => ({ ...m, offset: places[i]!.offset, size: m.bytes.length })))
  })

  it('passes over the bytes of members that are larger than it takes', async () => {
    const sizes = [10, 3_000_000, 11, 0, 10]
    const { tar } = await pack(sizes.map((size, i) => ({ name: `${i}`, bytes: Buffer.alloc(size, 'x') })))
    const read = await all(readTar(chunked(tar, 70_000), 10))
    expect(read.map((m) => [m.name, m.size, m.bytes.length])).toEqual([
      ['0', 10, 10],
      ['1', 3_000_000, 0],
      ['2', 11, 0],
      ['3', 0, 0],
      ['4', 10, 10],
    ])
  })

  it.skipIf(noGnuTar).each(['gnu', 'pax', 'ustar', 'v7'])(
    `reads what GNU tar writes as %s, folders and links passed over${note(noGnuTar)}`,
    async (format) => {
      const name = format === 'gnu' || format === 'pax' ? `in/${'l'.repeat(120)}.txt` : 'in/short.txt'
      const file = join(folder, `${format}.tar`)
      execFileSync(
        'bash',
        [
          '-c',
          `mkdir -p in && echo hello >"$0" && ln -sf x in/link && tar --format=${format} -cf "$1" in && rm -r in`,
          name,
          file,
        ],
        { cwd: folder },
      )
      const read = await all(readTar(createReadStream(file)))
      expect(read.map((m) => [m.name, m.bytes.toString()])).toEqual([[name, 'hello\n']])
    },
  )

  it.each([
    { damage: 'a flipped header bit', at: (tar: Buffer) => void (tar[0]! ^= 1), offset: 0 },
    { damage: 'a flipped size', at: (tar: Buffer) => void (tar[1024 + 130]! ^= 1), offset: 1024 },
  ])('names the offset of $damage', async ({ at, offset }) => {
    const { tar } = await pack([
      { name: 'a', bytes: Buffer.from('a') },
      { name: 'b', bytes: Buffer.from('b') },
    ])
    at(tar)
    await expect(all(readTar(chunked(tar, 700)))).rejects.toMatchObject({ code: 'PL_TAR', data: { offset } })
  })

  it.each([0, 100, 512, 600, 1024])('does not take a tar cut at byte %i for a whole one', async (length) => {
    const { tar } = await pack([{ name: 'a', bytes: Buffer.from('a') }])
    const cut = all(readTar(chunked(tar.subarray(0, length), 700)))
    await expect(cut).rejects.toMatchObject({ code: 'PL_TAR', data: { offset: length } })
  })

  it('refuses damaged pax records', async () => {
    const { tar } = await pack([{ name: 'n'.repeat(150), bytes: Buffer.from('a') }])
    tar.write('999', 512, 'latin1')
    await expect(all(readTar(chunked(tar, 700)))).rejects.toMatchObject({
      code: 'PL_TAR',
      data: { offset: 512 },
    })
  })

  it('closes its input when the reader stops early', async () => {
    const { tar } = await pack(members)
    let isClosed = false
    const input = (async function* () {
      try {
        yield await Promise.resolve(tar)
      } finally {
        isClosed = true
      }
    })()
    for await (const member of readTar(input)) {
      expect(member.name).toBe('a.txt')
      break
    }
    expect(isClosed).toBe(true)
  })
})

function note(missing: string | null): string {
  return missing ? ` (${missing})` : ''
}

async function pack(files: { name: string; bytes: Uint8Array }[]) {
  const chunks: Uint8Array[] = []
  const tar = openTar({
    async write(chunk) {
      chunks.push(chunk)
    },
    async close() {
      const whole = Buffer.concat(chunks)
      return { bytes: whole.length, sha256: createHash('sha256').update(whole).digest('hex') }
    },
    abort: () => Promise.resolve(),
  })
  const places = await Promise.all(files.map(({ name, bytes }) => tar.append(name, bytes)))
  const closed = await tar.close()
  const whole = Buffer.concat(chunks)
  expect(closed).toEqual({ bytes: whole.length, sha256: sha256(whole) })
  return { tar: whole, places }
}

async function* chunked(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size))
}

async function all(stream: AsyncIterable<TarMember>): Promise<TarMember[]> {
  const found: TarMember[] = []
  for await (const member of stream) found.push(member)
  return found
}
