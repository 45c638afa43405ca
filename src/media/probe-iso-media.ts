import type { Header } from './probe.ts'

export interface Box {
  type: string
  start: number
  end: number
}

/**
 * Size of an AVIF: the largest `ispe` property (ISO/IEC 23008-12, 6.5.3), which for a grid is the whole picture's.
 *
 * Rotation lies in `irot` and `imir` properties that the decoder applies, so the codec is asked for the shown size.
 */
export function probeIsoMedia(bytes: Buffer): Header | null {
  let isTruncated = false
  let width = 0
  let height = 0

  function walk(from: number, to: number, path: string): void {
    for (const box of boxes(bytes, from, to)) {
      if (box.end > to) isTruncated = true
      const end = Math.min(box.end, to)
      const name = `${path}/${box.type}`
      if (name === '/meta') walk(box.start + 4, end, name)
      else if (name === '/meta/iprp' || name === '/meta/iprp/ipco') walk(box.start, end, name)
      else if (name === '/meta/iprp/ipco/ispe' && box.start + 12 <= end) {
        const [w, h] = [bytes.readUInt32BE(box.start + 4), bytes.readUInt32BE(box.start + 8)]
        if (w * h > width * height) [width, height] = [w, h]
      }
    }
  }
  walk(0, bytes.length, '')
  return width === 0 ? null : { width, height, orientation: null, isTruncated }
}

/** Boxes one after another; the last may end behind `to`. */
export function* boxes(bytes: Buffer, from: number, to: number): Generator<Box> {
  for (let at = from; at + 8 <= to;) {
    let size = bytes.readUInt32BE(at)
    let start = at + 8
    if (size === 1 && at + 16 <= to) {
      size = Number(bytes.readBigUInt64BE(at + 8))
      start = at + 16
    } else if (size === 0) {
      size = to - at
    }
    if (size < start - at) return
    yield { type: bytes.toString('latin1', at + 4, at + 8), start, end: at + size }
    at += size
  }
}
