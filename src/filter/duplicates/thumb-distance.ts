/** Luma and two colour differences of a thumb's 256 parts, and how much colour there is. */
export interface ThumbColours {
  /** [256] each, in levels of 0..255. */
  luma: Float32Array
  blue: Float32Array
  red: Float32Array
  mean: number
  isGray: boolean
}

export interface ThumbDistance {
  /** Root of the mean square over the 256 parts, levels of 0..255. */
  luma: number
  /** The same of the two colour differences together. */
  colour: number
}

const PARTS = 256
const SIDE = 16
/** Colour, levels, up to which a picture is grey: what JPEG makes of one that has none. */
const GRAY = 3

/** thumb: [16, 16, 3], 8 bits. */
export function thumbColours(thumb: Uint8Array): ThumbColours {
  const luma = new Float32Array(PARTS)
  const blue = new Float32Array(PARTS)
  const red = new Float32Array(PARTS)
  let mean = 0
  let colour = 0
  for (let i = 0, at = 0; i < PARTS; i++, at += 3) {
    // ITU-R BT.601, as JPEG has it; the differences are not scaled.
    const y = 0.299 * thumb[at]! + 0.587 * thumb[at + 1]! + 0.114 * thumb[at + 2]!
    const b = thumb[at + 2]! - y
    const r = thumb[at]! - y
    luma[i] = y
    blue[i] = b
    red[i] = r
    mean += y
    colour += b * b + r * r
  }
  return { luma, blue, red, mean: mean / PARTS, isGray: Math.sqrt(colour / (2 * PARTS)) <= GRAY }
}

/** How far two thumbs are apart; with the second one mirrored where asked. */
export function thumbDistance(a: ThumbColours, b: ThumbColours, isMirrored: boolean): ThumbDistance {
  const turned = isMirrored ? SIDE - 1 : 0
  let luma = 0
  let colour = 0
  for (let i = 0; i < PARTS; i++) {
    const other = i ^ turned
    luma += (a.luma[i]! - b.luma[other]!) ** 2
    colour += (a.blue[i]! - b.blue[other]!) ** 2 + (a.red[i]! - b.red[other]!) ** 2
  }
  return { luma: Math.sqrt(luma / PARTS), colour: Math.sqrt(colour / (2 * PARTS)) }
}

/** What two pictures of near hashes are to each other. */
export interface Likeness {
  /** `copy`: luma and colours are near. `gray`: one is grey, and their luma is near. */
  kind: 'copy' | 'gray'
  /** Levels of 0..255: of a copy the greater of both, of a grey one that of luma. */
  distance: number
}

/** Whether two thumbs are of one picture or its mirror image, at the smaller of both distances; null: they are not. */
export function likeness(
  a: ThumbColours,
  b: ThumbColours,
  limit: number,
  canMirror: boolean,
): Likeness | null {
  // The mean of differences is never above their root mean square.
  if (Math.abs(a.mean - b.mean) > limit) return null
  let best: Likeness | null = null
  for (const isMirrored of canMirror ? [false, true] : [false]) {
    const { luma, colour } = thumbDistance(a, b, isMirrored)
    const found: Likeness =
      a.isGray === b.isGray || colour <= limit
        ? { kind: 'copy', distance: Math.max(luma, colour) }
        : { kind: 'gray', distance: luma }
    if (found.distance <= limit && (best === null || isNearer(found, best))) best = found
  }
  return best
}

function isNearer(a: Likeness, b: Likeness): boolean {
  return a.kind === b.kind ? a.distance < b.distance : a.kind === 'copy'
}
