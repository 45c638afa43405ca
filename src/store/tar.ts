import { PairloomError } from '../core/error.ts'
import type { StoreWriter } from './store.ts'

const BLOCK = 512
/** The largest size that eleven octal digits hold, bytes: 8 GiB - 1. */
const MAX_OCTAL = 0o77777777777
/** Bytes held at most while others are passed over. */
const SKIP_BYTES = 1024 * 1024

/** Where a member's bytes lie in its tar (the data, not the header), bytes. */
export interface TarPlace {
  offset: number
  length: number
}

export interface TarWriter {
  /** Appends one file. Calls may overlap; members lie in the order of the calls. `bytes` may be reused afterwards. */
  append(name: string, bytes: Uint8Array): Promise<TarPlace>
  /** Writes the end of the archive and closes the file. */
  close(): Promise<{ bytes: number; sha256: string }>
  abort(): Promise<void>
}

export interface TarMember {
  name: string
  /** Offset of the data in the tar, bytes. */
  offset: number
  /** Length of the data, bytes. */
  size: number
  /** Empty where the member is larger than the reader takes. */
  bytes: Buffer
}

/**
 * Header of a regular file: POSIX.1-2017 ustar with owner, group and time 0 and mode 644, so that equal members give
 * equal bytes. A name that ustar cannot hold (over 100 bytes and not to be split, or not ASCII) and a size of 8 GiB
 * or more are put into a pax header before it.
 *
 * Returns 512 bytes, or with a pax header a greater multiple of 512.
 */
export function tarHeader(name: string, size: number): Buffer {
  if (name === '' || name.includes('\0')) {
    throw new PairloomError('PL_TAR', `Expected a member name, got ${JSON.stringify(name)}`, {
      data: { name },
    })
  }
  const fits = splitName(name)
  const records: Record<string, string> = {}
  if (!fits) records.path = name
  if (size > MAX_OCTAL) records.size = String(size)
  const [prefix, short] = fits ?? ['', name.replace(/[^\x20-\x7e]/gu, '?').slice(0, 100)]
  const header = ustar(short, prefix, size > MAX_OCTAL ? 0 : size, '0')
  if (Object.keys(records).length === 0) return header

  const pax = Buffer.from(
    Object.entries(records)
      .map(([key, value]) => paxRecord(key, value))
      .join(''),
  )
  return Buffer.concat([
    ustar('././@PaxHeader', '', pax.length, 'x'),
    pax,
    Buffer.alloc(padding(pax.length)),
    header,
  ])
}

/** Writes a tar, one member a write. Memory: a copy of the members that are being appended. */
export function openTar(writer: StoreWriter): TarWriter {
  let position = 0
  let last: Promise<void> = Promise.resolve()

  /** Keeps writes in the order of the calls; after a failed one all later ones fail. */
  function write(block: Buffer): Promise<void> {
    position += block.length
    last = last.then(() => writer.write(block))
    return last
  }
  return {
    async append(name, bytes) {
      const header = tarHeader(name, bytes.length)
      const offset = position + header.length
      await write(Buffer.concat([header, bytes, Buffer.alloc(padding(bytes.length))]))
      return { offset, length: bytes.length }
    },
    async close() {
      await write(Buffer.alloc(2 * BLOCK))
      return writer.close()
    },
    abort: () => writer.abort(),
  }
}

/**
 * The regular files of a tar (ustar, pax, GNU long names and sizes), one at a time; folders and links are passed over.
 *
 * Members of more than `maxBytes` come without their bytes. Memory: one member and one chunk; member bytes may be a
 * view of a chunk.
 * @throws PairloomError `PL_TAR` with `data.offset` where a header is damaged, or the tar ends too early
 */
export async function* readTar(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes = Infinity,
): AsyncGenerator<TarMember> {
  const input = new Bytes(chunks)
  try {
    let next: Overrides = {}
    for (;;) {
      const at = input.position
      const header = parseHeader(await input.take(BLOCK), at)
      if (header === null) return
      const size = next.size ?? header.size
      const carriesData = !'123456'.includes(header.type)
      const offset = input.position
      const isFile = '0\x007'.includes(header.type)
      const isTaken = carriesData && !(isFile && size > maxBytes)
      const bytes = isTaken ? await input.take(size) : Buffer.alloc(0)
      if (carriesData) await input.skip((isTaken ? 0 : size) + padding(size))

      if (header.type === 'x') next = { ...next, ...parsePax(bytes, offset) }
      else if (header.type === 'L') next = { ...next, name: text(bytes) }
      else if (header.type === 'S') throw damaged(at, 'sparse files are not supported')
      else if (header.type !== 'g' && header.type !== 'K') {
        if (isFile) yield { name: next.name ?? header.name, offset, size, bytes }
        next = {}
      }
    }
  } finally {
    await input.close()
  }
}

/** What a pax or GNU header says of the member after it. */
interface Overrides {
  name?: string
  size?: number
}

function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK
}

/** Prefix (155 bytes) and name (100 bytes), parted at a slash; null where ustar cannot hold the name. */
function splitName(name: string): [prefix: string, name: string] | null {
  if (!/^[\x20-\x7e]+$/.test(name)) return null
  if (name.length <= 100) return ['', name]
  const slash = name.indexOf('/', name.length - 101)
  return slash > 0 && slash <= 155 && slash < name.length - 1
    ? [name.slice(0, slash), name.slice(slash + 1)]
    : null
}

function ustar(name: string, prefix: string, size: number, type: string): Buffer {
  const header = Buffer.alloc(BLOCK)
  const octal = (value: number, digits: number, at: number) =>
    header.write(`${value.toString(8).padStart(digits, '0')}\0`, at, 'latin1')
  header.write(name, 0, 'latin1')
  octal(0o644, 7, 100) // mode
  octal(0, 7, 108) // uid
  octal(0, 7, 116) // gid
  octal(size, 11, 124)
  octal(0, 11, 136) // mtime
  header.write(type, 156, 'latin1')
  header.write('ustar\x0000', 257, 'latin1')
  octal(0, 7, 329) // devmajor
  octal(0, 7, 337) // devminor
  header.write(prefix, 345, 'latin1')
  octal(checksum(header), 6, 148)
  header[155] = 0x20
  return header
}

/** Sum of the header's bytes, its own field (8 bytes from 148) counted as blanks. */
function checksum(header: Buffer): number {
  let sum = 8 * 0x20
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header[i]!
  return sum
}

/** `<length> <key>=<value>\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  let length = rest
  while (length !== rest + String(length).length) length = rest + String(length).length
  return `${length} ${key}=${value}\n`
}

/** Name, size and type of a header; null for the zero block that ends the archive. */
function parseHeader(header: Buffer, offset: number): { name: string; size: number; type: string } | null {
  if (header.every((byte) => byte === 0)) return null
  if (checksum(header) !== Number.parseInt(text(header.subarray(148, 156)), 8)) {
    throw damaged(offset, 'the checksum of the header is wrong')
  }
  // GNU's own format writes `ustar  ` and keeps times where POSIX has the prefix.
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? text(header.subarray(345, 500)) : ''
  const name = text(header.subarray(0, 100))
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size: parseSize(header.subarray(124, 136), offset),
    type: String.fromCharCode(header[156]!),
  }
}

/** Octal digits, or GNU's base 256 where the first bit is set. */
function parseSize(field: Buffer, offset: number): number {
  const size =
    field[0]! & 0x80 ? Number(field.readBigUInt64BE(4)) : Number.parseInt(text(field).trim() || '0', 8)
  if (!Number.isSafeInteger(size)) throw damaged(offset, 'the size of the header is no number')
  return size
}

function parsePax(bytes: Buffer, offset: number): Overrides {
  const found: Overrides = {}
  for (let at = 0; at < bytes.length;) {
    const blank = bytes.indexOf(0x20, at)
    const length = blank < 0 ? Number.NaN : Number(bytes.toString('latin1', at, blank))
    if (!(length > blank - at && at + length <= bytes.length))
      throw damaged(offset + at, 'a pax record is damaged')
    const record = bytes.toString('utf8', blank + 1, at + length - 1)
    const equals = record.indexOf('=')
    const key = record.slice(0, equals)
    if (key === 'path') found.name = record.slice(equals + 1)
    if (key === 'size') found.size = Number(record.slice(equals + 1))
    if (found.size !== undefined && !Number.isSafeInteger(found.size))
      throw damaged(offset + at, 'a pax size is no number')
    at += length
  }
  return found
}

/** Text up to the first NUL. */
function text(field: Buffer): string {
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? field.length : end)
}

function damaged(offset: number, what: string): PairloomError {
  return new PairloomError('PL_TAR', `Expected a sound tar, but at byte ${offset} ${what}`, {
    data: { offset },
  })
}

/** Takes exact numbers of bytes from a stream of chunks. */
class Bytes {
  position = 0
  readonly #chunks: AsyncIterator<Uint8Array>
  #rest: Buffer = Buffer.alloc(0)

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  async take(length: number): Promise<Buffer> {
    const parts: Buffer[] = []
    let missing = length
    while (missing > this.#rest.length) {
      parts.push(this.#rest)
      missing -= this.#rest.length
      const next = await this.#chunks.next()
      if (next.done) throw damaged(this.position + length - missing, `it ends, ${missing} bytes too early`)
      const { buffer, byteOffset, length: bytes } = next.value
      this.#rest = Buffer.from(buffer, byteOffset, bytes)
    }
    parts.push(this.#rest.subarray(0, missing))
    this.#rest = this.#rest.subarray(missing)
    this.position += length
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  }

  /** Passes over bytes without holding them. */
  async skip(length: number): Promise<void> {
    for (let missing = length; missing > 0;) {
      missing -= (await this.take(Math.min(missing, SKIP_BYTES))).length
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return?.()
  }
}
