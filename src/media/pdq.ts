/** A PDQ hash. */
export interface Pdq {
  /** 256 bits as 64 hex digits, in the order of PDQ lists: the highest frequencies first. */
  hash: string
  /** How much there is to see, 0..100: below 50 a hash says little, as of skies and plain logos. */
  quality: number
}

/** Side of the picture that is transformed, and of the block of low frequencies that is kept. */
const SIDE = 64
const KEPT = 16
/** PDQ refuses smaller pictures: their hash is zero. */
const MIN_SIDE = 5

/**
 * PDQ: a perceptual hash whose Hamming distance tells copies, meant for lists that platforms exchange. Two of distance 31
 * or less are taken for one picture.
 *
 * Bit for bit what PyPI pdqhash 0.2.8 (ThreatExchange's C++) gives for the same pixels: every sum is rounded to float32
 * in that order, as running sums carry their rounding along.
 * rgb: [height, width, 3], 8 bits. Memory: 8 bytes a pixel.
 * Source: PDQ & TMK + PDQF, Facebook 2019, section "PDQ"; median rule of its C++ for an even count (the lower one).
 */
export function pdq(rgb: Uint8Array, width: number, height: number): Pdq {
  if (width < MIN_SIDE || height < MIN_SIDE) return { hash: '0'.repeat(SIDE), quality: 0 }
  const luma = lumaOf(rgb, width * height)
  const small = width === SIDE && height === SIDE ? luma : shrink(luma, width, height)
  return { hash: hashOf(lowFrequencies(small)), quality: qualityOf(small) }
}

function lumaOf(rgb: Uint8Array, pixels: number): Float32Array {
  const luma = new Float32Array(pixels)
  for (let i = 0, at = 0; i < pixels; i++, at += 3) {
    luma[i] = rgb[at]! * 0.299 + rgb[at + 1]! * 0.587 + rgb[at + 2]! * 0.114
  }
  return luma
}

/**
 * Blurs by a tent (two box filters along each axis) and takes the 64 x 64 samples. Of the second filter only what those
 * samples need is computed.
 */
function shrink(luma: Float32Array, width: number, height: number): Float32Array {
  const across = windowOf(width)
  const down = windowOf(height)
  const columns = centers(width)
  const rows = centers(height)
  const other = new Float32Array(luma.length)
  const line = new Float32Array(width)
  for (let y = 0; y < height; y++) boxLine(luma, y * width, other, y * width, width, across)
  boxColumns(other, luma, width, height, down)
  const narrow = new Float32Array(height * SIDE)
  for (let y = 0; y < height; y++) {
    boxLine(luma, y * width, line, 0, width, across)
    for (let j = 0; j < SIDE; j++) narrow[y * SIDE + j] = line[columns[j]!]!
  }
  const blurred = new Float32Array(height * SIDE)
  boxColumns(narrow, blurred, SIDE, height, down)
  const small = new Float32Array(SIDE * SIDE)
  rows.forEach((y, i) => small.set(blurred.subarray(y * SIDE, (y + 1) * SIDE), i * SIDE))
  return small
}

function windowOf(length: number): number {
  return Math.floor((length + 2 * SIDE - 1) / (2 * SIDE))
}

function centers(length: number): number[] {
  return Array.from({ length: SIDE }, (_, i) => Math.trunc(((i + 0.5) * length) / SIDE))
}

/** Running mean of `window` samples; near the ends of those that are there. */
function boxLine(
  from: Float32Array,
  fromAt: number,
  to: Float32Array,
  toAt: number,
  length: number,
  window: number,
): void {
  const half = (window + 2) >> 1
  const { fround } = Math
  let sum = 0
  let size = 0
  let right = fromAt
  let left = fromAt
  let out = toAt
  for (; size < half - 1; size++) sum = fround(sum + from[right++]!)
  while (size < window) {
    sum = fround(sum + from[right++]!)
    to[out++] = sum / ++size
  }
  for (let i = length - window; i > 0; i--) {
    sum = fround(fround(sum + from[right++]!) - from[left++]!)
    to[out++] = sum / size
  }
  for (let i = half - 1; i > 0; i--) {
    sum = fround(sum - from[left++]!)
    to[out++] = sum / --size
  }
}

/** The same along columns, all of them in step, so that memory is read in its order. */
function boxColumns(
  from: Float32Array,
  to: Float32Array,
  width: number,
  height: number,
  window: number,
): void {
  const half = (window + 2) >> 1
  const sums = new Float32Array(width)
  let size = 0
  let right = 0
  let left = 0
  let out = 0
  const add = () => {
    for (let x = 0; x < width; x++) sums[x]! += from[right + x]!
    right += width
  }
  const subtract = () => {
    for (let x = 0; x < width; x++) sums[x]! -= from[left + x]!
    left += width
  }
  const write = () => {
    for (let x = 0; x < width; x++) to[out + x] = sums[x]! / size
    out += width
  }
  for (; size < half - 1; size++) add()
  while (size < window) {
    add()
    size++
    write()
  }
  for (let i = height - window; i > 0; i--) {
    add()
    subtract()
    write()
  }
  for (let i = half - 1; i > 0; i--) {
    subtract()
    size--
    write()
  }
}

/** How much neighbours differ, in steps of about 2.5 levels, so that only real edges count. */
function qualityOf(small: Float32Array): number {
  const { fround } = Math
  let gradients = 0
  const add = (a: number, b: number) => {
    const step = fround(fround(fround(small[a]! - small[b]!) * 100) / 255)
    gradients += Math.abs(Math.trunc(step))
  }
  for (let i = 0; i < SIDE - 1; i++) {
    for (let j = 0; j < SIDE; j++) {
      add(i * SIDE + j, (i + 1) * SIDE + j)
      add(j * SIDE + i, j * SIDE + i + 1)
    }
  }
  return Math.min(100, Math.floor(gradients / 90))
}

// D[i, k] = sqrt(2/64) cos((pi/128) (i+1) (2k+1)), [16, 64]
const DCT = Float32Array.from(
  { length: KEPT * SIDE },
  (_, at) =>
    Math.fround(Math.sqrt(2 / SIDE)) *
    Math.cos((Math.PI / 2 / SIDE) * (Math.floor(at / SIDE) + 1) * (2 * (at % SIDE) + 1)),
)

// B = D A D^T, without the constant terms.  A [64, 64], B [16, 16]
function lowFrequencies(small: Float32Array): Float32Array {
  const { fround } = Math
  const half = new Float32Array(KEPT * SIDE)
  for (let i = 0; i < KEPT; i++) {
    const row = half.subarray(i * SIDE, (i + 1) * SIDE)
    for (let k = 0; k < SIDE; k++) {
      const factor = DCT[i * SIDE + k]!
      for (let j = 0; j < SIDE; j++) row[j]! += fround(factor * small[k * SIDE + j]!)
    }
  }
  const block = new Float32Array(KEPT * KEPT)
  for (let i = 0; i < KEPT; i++) {
    for (let j = 0; j < KEPT; j++) {
      let sum = 0
      for (let k = 0; k < SIDE; k++) sum = fround(sum + fround(half[i * SIDE + k]! * DCT[j * SIDE + k]!))
      block[i * KEPT + j] = sum
    }
  }
  return block
}

function hashOf(block: Float32Array): string {
  const median = block.toSorted()[block.length / 2 - 1]!
  let hash = ''
  for (let at = block.length - 4; at >= 0; at -= 4) {
    let digit = 0
    for (let bit = 0; bit < 4; bit++) if (block[at + bit]! > median) digit |= 1 << bit
    hash += digit.toString(16)
  }
  return hash
}
