import { boxes, type Box } from './probe-iso-media.ts'

/** What a piece counts for at least, as it costs memory however short it is. Bytes. */
const PIECE_BYTES = 4096

/**
 * The `mime` items of a content type in the meta box of an AVIF or HEIC (ISO/IEC 14496-12, 8.11: `iinf` names the
 * items, `iloc` says where they lie), of at most so many bytes in all: places may name the same bytes again and again.
 */
export function isoMediaItem(bytes: Buffer, contentType: string, maxBytes: number): Buffer[] {
  const meta = first(boxes(bytes, 0, bytes.length), 'meta', bytes.length)
  if (meta === null) return []
  const inside = [...boxes(bytes, meta.start + 4, meta.end)].map((box) => ({
    ...box,
    end: Math.min(box.end, meta.end),
  }))
  const names = inside.find(({ type }) => type === 'iinf')
  const places = inside.find(({ type }) => type === 'iloc')
  if (!names || !places) return []
  const data = inside.find(({ type }) => type === 'idat') ?? null
  try {
    const ids = itemIds(bytes, names, contentType)
    return ids.size === 0 ? [] : items(bytes, places, data, ids, maxBytes)
  } catch (error) {
    // A box that ends within a field.
    if (error instanceof RangeError) return []
    throw error
  }
}

function first(found: Iterable<Box>, type: string, limit: number): Box | null {
  for (const box of found) if (box.type === type) return { ...box, end: Math.min(box.end, limit) }
  return null
}

function itemIds(bytes: Buffer, { start, end }: Box, contentType: string): Set<number> {
  const ids = new Set<number>()
  const isShort = bytes[start] === 0
  for (const box of boxes(bytes, start + (isShort ? 6 : 8), end)) {
    const version = bytes[box.start]!
    if (box.type !== 'infe' || version < 2) continue
    const wide = version === 2 ? 2 : 4
    const type = box.start + 4 + wide + 2
    if (bytes.toString('latin1', type, type + 4) !== 'mime') continue
    // The name, then the content type, each ended by a zero.
    const [, mime] = bytes.toString('latin1', type + 4, Math.min(box.end, end)).split('\0')
    if (mime === contentType) ids.add(bytes.readUIntBE(box.start + 4, wide))
  }
  return ids
}

function items(
  bytes: Buffer,
  { start }: Box,
  data: Box | null,
  ids: ReadonlySet<number>,
  maxBytes: number,
): Buffer[] {
  const version = bytes[start]!
  const sizes = bytes.readUInt16BE(start + 4)
  const [offsetSize, lengthSize, baseSize] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15]
  const indexSize = version === 0 ? 0 : sizes & 15
  let at = start + 6
  const read = (size: number): number => {
    const value = size === 8 ? Number(bytes.readBigUInt64BE(at)) : size === 0 ? 0 : bytes.readUIntBE(at, size)
    at += size
    return value
  }
  const count = read(version < 2 ? 2 : 4)
  const found: Buffer[] = []
  let spent = 0
  for (let i = 0; i < count; i++) {
    const id = read(version < 2 ? 2 : 4)
    const method = version === 0 ? 0 : read(2) & 15
    const reference = read(2)
    const base = read(baseSize)
    const pieces: Buffer[] = []
    const extents = read(2)
    // Extents that take no room in the file could be counted for hours.
    if (extents > 1 && indexSize + offsetSize + lengthSize === 0) return found
    for (let left = extents; left > 0; left--) {
      read(indexSize)
      const from = base + read(offsetSize)
      const length = read(lengthSize)
      if (!ids.has(id) || reference !== 0) continue
      // 0: from the start of the file; 1: from that of the idat box.
      const start = method === 0 ? from : method === 1 && data ? data.start + from : bytes.length
      const piece = bytes.subarray(start, start + length)
      spent += Math.max(piece.length, PIECE_BYTES)
      if (spent > maxBytes) return found
      pieces.push(piece)
    }
    if (pieces.length > 0) found.push(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces))
  }
  return found
}
