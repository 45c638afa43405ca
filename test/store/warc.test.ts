import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/core/hash.ts'
import { seededRandom } from '../../src/core/random.ts'
import { ByteReader } from '../../src/store/byte-reader.ts'
import { gunzipMembers } from '../../src/store/gzip-members.ts'
import { loadLibdeflate, type MemberDecoder } from '../../src/store/libdeflate.ts'
import { readWarc, type WarcDamage } from '../../src/store/warc.ts'

type Encode = (bytes: Buffer) => Buffer

const plain: Encode = (bytes) => bytes
const gzip: Encode = (bytes) => gzipSync(bytes)
const zstd: Encode = (bytes) => zstdCompressSync(bytes)

/** A record with a block; `length` where the header is to lie. */
function record(name: string, block: string | Buffer = `block of ${name}`, length?: number): Buffer {
  const bytes = Buffer.from(block as string)
  const head = [
    'WARC/1.1',
    'WARC-Type: response',
    `WARC-Target-URI: http://a.test/${name}`,
    `Content-Length: ${length ?? bytes.length}`,
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes, Buffer.from('\r\n\r\n')])
}

/** Bytes that do not shrink, the same each time. */
function noise(bytes: number): Buffer {
  let state = 1
  return Buffer.from(Uint8Array.from({ length: bytes }, () => (state = (state * 48271) % 2147483647) >> 8))
}

interface Read {
  /** Names of the records, in order. */
  names: string[]
  damage: Partial<Record<WarcDamage, number>>
}

async function read(file: Buffer, chunkBytes = 64 * 1024, maxBlockBytes?: number): Promise<Read> {
  const chunks = (async function* () {
    for (let at = 0; at < file.length; at += chunkBytes)
      yield await Promise.resolve(file.subarray(at, at + chunkBytes))
  })()
  const damage: Read['damage'] = {}
  const names: string[] = []
  const options = {
    onDamage: (why: WarcDamage) => (damage[why] = (damage[why] ?? 0) + 1),
    ...(maxBlockBytes === undefined ? {} : { maxBlockBytes }),
  }
  for await (const { targetUri, block, isCut } of readWarc(chunks, options)) {
    const name = targetUri!.slice('http://a.test/'.length)
    if (/^[abc]$/.test(name) && !isCut) expect(block.toString()).toBe(`block of ${name}`)
    names.push(isCut ? `${name} cut at ${block.length}` : name)
  }
  return { names, damage }
}

const abc = ['a', 'b', 'c']

describe.each<[string, Encode]>([
  ['plain', plain],
  ['gzip', gzip],
  ['zstd', zstd],
])('readWarc, %s', (_kind, encode) => {
  const file = Buffer.concat(abc.map((name) => encode(record(name))))

  it('gives every record, in chunks of any size', async () => {
    for (const size of [1, 7, 100, 1 << 20])
      expect(await read(file, size)).toEqual({ names: abc, damage: {} })
  })

  it('reads records that are compressed all together, and members that end within a record', async () => {
    const bytes = Buffer.concat(abc.map((name) => record(name)))
    expect(await read(encode(bytes))).toEqual({ names: abc, damage: {} })
    const pieces = Array.from({ length: Math.ceil(bytes.length / 50) }, (_, i) =>
      encode(bytes.subarray(i * 50, (i + 1) * 50)),
    )
    expect(await read(Buffer.concat(pieces))).toEqual({ names: abc, damage: {} })
  })

  it('reads more than a batch of records', async () => {
    const names = Array.from({ length: 300 }, (_, i) => `n${i}`)
    const bytes = Buffer.concat(names.map((name) => encode(record(name, noise(5000)))))
    expect(await read(bytes)).toEqual({ names, damage: {} })
  })

  it('loses one record where one is too long or too short for its Content-Length', async () => {
    for (const by of [-3, 7, 40, 10_000]) {
      const wrong = record('b', 'block of b', 10 + by)
      const { names, damage } = await read(Buffer.concat([record('a'), wrong, record('c')].map(encode)))
      expect({ by, names, damage }).toEqual({
        by,
        names: ['a', 'c'],
        damage: { [by === 10_000 ? 'cut' : 'length']: 1 },
      })
    }
  })

  it('loses the record that the file ends in', async () => {
    for (const cut of [5, 20, 60]) {
      const { names, damage } = await read(file.subarray(0, file.length - cut))
      expect(names).toEqual(['a', 'b'])
      expect(Object.values(damage)).toEqual([1])
    }
  })

  it('loses a record without a Content-Length', async () => {
    const without = Buffer.from(record('b').toString().replace('Content-Length: 10', 'Content-Length: ten'))
    const { names, damage } = await read(Buffer.concat([record('a'), without, record('c')].map(encode)))
    expect({ names, damage }).toEqual({ names: ['a', 'c'], damage: { header: 1 } })
  })

  it('passes over junk and padding between records', async () => {
    for (const junk of [
      'junk\r\n',
      `${'\0'.repeat(600)}\n`,
      Buffer.concat([noise(100_000), Buffer.from('\n')]),
    ]) {
      const parts = [
        encode(record('a')),
        Buffer.from(junk as string),
        encode(record('b')),
        encode(record('c')),
      ]
      const { names, damage } = await read(Buffer.concat(parts))
      expect(names).toEqual(abc)
      expect(Object.values(damage)).toEqual([1])
    }
  })

  it('cuts a block that is longer than the limit, and goes on behind it', async () => {
    const long = record('long', noise(200_000))
    const { names, damage } = await read(
      Buffer.concat([record('a'), long, record('c')].map(encode)),
      1000,
      50_000,
    )
    expect({ names, damage }).toEqual({ names: ['a', 'long cut at 50000', 'c'], damage: {} })
  })

  it('reads on where the block of a sound record looks like records', async () => {
    const inner = Buffer.concat([record('x'), record('y')])
    expect((await read(encode(record('outer', inner)))).names).toEqual(['outer'])
  })
})

describe('readWarc, damaged compression', () => {
  const payload = noise(3000)
  const names = Array.from({ length: 40 }, (_, i) => `n${i}`)

  it.each<[string, Encode]>([
    ['gzip', gzip],
    ['zstd', (bytes) => zstdCompressSync(bytes, { params: { 201: 1 } })], // with a checksum
  ])('costs %s the records that it is in', async (kind, encode) => {
    const parts = names.map((name) => encode(record(name, payload)))
    // The first byte, the header, the middle, the checksum, the last byte.
    for (const at of [0, 3, 12, 700, -6, -1]) {
      const broken = parts.map((part) => Buffer.from(part))
      for (const i of [0, 17, 39]) {
        const index = at < 0 ? broken[i]!.length + at : at
        broken[i]![index] = broken[i]![index]! ^ 0xff
      }
      const { names: found, damage } = await read(Buffer.concat(broken))
      const isLost = (name: string) => ['n0', 'n17', 'n39'].includes(name)
      expect({ at, found: found.filter((name) => !isLost(name)) }).toEqual({
        at,
        found: names.filter((name) => !isLost(name)),
      })
      // A byte of the gzip header that means nothing (time, system) may be anything.
      if (kind === 'zstd' || at !== 3)
        expect(Object.values(damage).reduce((sum, n) => sum + n, 0)).toBeGreaterThan(0)
    }
  })

  it('tells damage of a member from records that are fine', async () => {
    const parts = abc.map((name) => gzip(record(name, name === 'b' ? payload : undefined)))
    parts[1]![1000]! ^= 0xff
    expect(await read(Buffer.concat(parts))).toEqual({ names: ['a', 'c'], damage: { gzip: 1 } })
  })
})

const native = await loadLibdeflate()
describe('gunzipMembers', () => {
  async function contents(file: Buffer, decoder: MemberDecoder | null): Promise<string> {
    const chunks = (async function* () {
      for (let at = 0; at < file.length; at += 50_000)
        yield await Promise.resolve(file.subarray(at, at + 50_000))
    })()
    let damages = 0
    const parts: Buffer[] = []
    const reader = new ByteReader(chunks)
    for await (const part of gunzipMembers(reader, () => damages++, decoder)) parts.push(Buffer.from(part))
    return `${sha256(Buffer.concat(parts))}, ${damages} damaged, ${reader.position}`
  }

  it.skipIf(native === null)(
    `gives the same with libdeflate and with zlib${native ? '' : ': needs koffi and libdeflate'}`,
    async () => {
      const random = seededRandom('members')
      for (let i = 0; i < 60; i++) {
        const members = Array.from({ length: 1 + random.below(40) }, (_, n) =>
          gzipSync(
            random.below(20) === 0
              ? Buffer.alloc(random.below(3_000_000), 'x')
              : record(`n${n}`, noise(random.below(9000))),
          ),
        )
        const file = Buffer.concat(members)
        for (let damage = random.below(3); damage > 0; damage--)
          file[random.below(file.length)]! ^= 1 << random.below(8)
        const whole = random.below(3) === 0 ? file.subarray(0, random.below(file.length)) : file
        expect(await contents(whole, native)).toBe(await contents(whole, null))
      }
    },
  )
})

describe('readWarc, mixed files', () => {
  it('reads what is glued together, whatever each part is compressed with', async () => {
    const encodings = [plain, gzip, zstd, gzip, plain, zstd, zstd, plain, plain, gzip, gzip]
    const names = encodings.map((_, i) => `n${i}`)
    const file = Buffer.concat(encodings.map((encode, i) => encode(record(names[i]!))))
    for (const size of [3, 1000]) expect(await read(file, size)).toEqual({ names, damage: {} })
  })

  it('takes compressed bodies of plain records for what they are', async () => {
    const bodies = [gzipSync('<p>'), zstdCompressSync('<p>'), brotliCompressSync('<p>')]
    const file = Buffer.concat(bodies.map((body, i) => record(`n${i}`, body)))
    expect(await read(file)).toEqual({ names: ['n0', 'n1', 'n2'], damage: {} })
  })

  it('uses the dictionary of a zstd file, plain or compressed', async () => {
    const dictionary = Buffer.concat(abc.map((name) => record(name)))
    const frames = abc.map((name) => zstdCompressSync(record(name), { dictionary }))
    for (const content of [dictionary, zstdCompressSync(dictionary)]) {
      const head = Buffer.alloc(8)
      head.writeUInt32LE(0x184d2a5d)
      head.writeUInt32LE(content.length, 4)
      expect(await read(Buffer.concat([head, content, ...frames]))).toEqual({ names: abc, damage: {} })
    }
    expect((await read(Buffer.concat(frames))).damage).toEqual({ zstd: 3 })
  })

  it('gives nothing for nothing, and damage for what is no WARC file', async () => {
    expect(await read(Buffer.alloc(0))).toEqual({ names: [], damage: {} })
    expect(await read(Buffer.from('\r\n\r\n'))).toEqual({ names: [], damage: {} })
    expect(await read(Buffer.from('<!doctype html>'))).toEqual({ names: [], damage: { 'not-warc': 1 } })
    expect(await read(gzipSync('<!doctype html>'))).toEqual({ names: [], damage: { 'not-warc': 1 } })
  })
})

describe('records', () => {
  it('have headers without regard to case, folded or not in ASCII', async () => {
    const head = `WARC/1.0\r\nwarc-type: Response\r\nWARC-TARGET-URI: <http://a.test/ü>\r\nX: one\r\n two\r\nX: three\r\nContent-Length: 0`
    const chunks = (async function* () {
      yield await Promise.resolve(Buffer.from(`${head}\r\n\r\n\r\n\r\n`))
    })()
    const records = []
    for await (const found of readWarc(chunks)) records.push(found)
    expect(records).toHaveLength(1)
    const [only] = records
    expect([only!.type, only!.targetUri, only!.header('x'), only!.header('y')]).toEqual([
      'response',
      'http://a.test/ü',
      'one two',
      null,
    ])
  })

  it('come with bare line feeds too', async () => {
    expect(await read(Buffer.from(record('a').toString().replaceAll('\r', '')))).toEqual({
      names: ['a'],
      damage: {},
    })
  })
})

describe('memory', () => {
  /** A file of one compressed stream that would fill memory if it were held. */
  async function* endless(encoder: NodeJS.ReadWriteStream, records: number): AsyncGenerator<Uint8Array> {
    const block = Buffer.alloc(64 * 1024, noise(500))
    void (async () => {
      for (let i = 0; i < records; i++) {
        if (!encoder.write(record(`n${i}`, block)))
          await new Promise((resolve) => encoder.once('drain', resolve))
      }
      encoder.end()
    })()
    for await (const chunk of encoder) yield chunk as unknown as Uint8Array
  }

  it.each(['gzip', 'zstd'])('stays flat over a single %s stream of 300 MiB', async (kind) => {
    const zlib = await import('node:zlib')
    const encoder = kind === 'gzip' ? zlib.createGzip({ level: 1 }) : zlib.createZstdCompress()
    let count = 0
    let most = 0
    const before = process.memoryUsage.rss()
    for await (const { block } of readWarc(endless(encoder, 4800))) {
      expect(block.length).toBe(64 * 1024)
      if (++count % 100 === 0) most = Math.max(most, process.memoryUsage.rss() - before)
    }
    expect(count).toBe(4800)
    expect(most).toBeLessThan(160 * 2 ** 20)
  })
})
