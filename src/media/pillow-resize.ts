/** Bits after the point of a weight: Pillow's for 8-bit samples. */
const BITS = 22
const HALF = 1 << (BITS - 1)
/** Lobes of the filter, in samples of the smaller picture. */
const SUPPORT = 3

/**
 * One 8-bit channel resized by Lanczos-3 exactly as Pillow does it: weights in fixed point, rows first, each pass rounded
 * to 8 bits. Hashes that others computed by Pillow match for that alone.
 *
 * gray: [height, width]. Returns [toHeight, toWidth]. Source: Pillow 12,
 * src/libImaging/Resample.c, for what is computed; 13 begins with the columns where a picture is tall.
 */
export function pillowLanczos(
  gray: Uint8Array,
  width: number,
  height: number,
  toWidth: number,
  toHeight: number,
): Uint8Array {
  const columns = weightsOf(width, toWidth)
  const narrow = new Uint8Array(toWidth * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0, at = 0; x < toWidth; x++) {
      let sum = HALF
      let from = y * width + columns.starts[x]!
      for (const end = columns.ends[x]!; at < end; at++) sum += gray[from++]! * columns.weights[at]!
      narrow[y * toWidth + x] = clip(sum)
    }
  }
  const rows = weightsOf(height, toHeight)
  const small = new Uint8Array(toWidth * toHeight)
  const sums = new Int32Array(toWidth)
  for (let y = 0, at = 0; y < toHeight; y++) {
    sums.fill(HALF)
    let from = rows.starts[y]! * toWidth
    for (const end = rows.ends[y]!; at < end; at++) {
      const weight = rows.weights[at]!
      for (let x = 0; x < toWidth; x++) sums[x]! += narrow[from++]! * weight
    }
    for (let x = 0; x < toWidth; x++) small[y * toWidth + x] = clip(sums[x]!)
  }
  return small
}

/** For each sample of the result: its first source sample, and where its weights end in `weights`. */
interface Weights {
  starts: Int32Array
  ends: Int32Array
  weights: Int32Array
}

function weightsOf(length: number, count: number): Weights {
  const scale = length / count
  const width = Math.max(1, scale)
  const support = SUPPORT * width
  const starts = new Int32Array(count)
  const ends = new Int32Array(count)
  const weights: number[] = []
  for (let i = 0; i < count; i++) {
    const center = (i + 0.5) * scale
    const start = Math.max(0, Math.trunc(center - support + 0.5))
    const end = Math.min(length, Math.trunc(center + support + 0.5))
    const values: number[] = []
    let sum = 0
    for (let at = start; at < end; at++) {
      const value = lanczos3((at - center + 0.5) / width)
      values.push(value)
      sum += value
    }
    for (const value of values) {
      const weight = (value / sum) * 2 ** BITS
      weights.push(Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5))
    }
    starts[i] = start
    ends[i] = weights.length
  }
  return { starts, ends, weights: Int32Array.from(weights) }
}

function lanczos3(x: number): number {
  return x >= -SUPPORT && x < SUPPORT ? sinc(x) * sinc(x / SUPPORT) : 0
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI)
}

function clip(sum: number): number {
  return Math.min(255, Math.max(0, sum >> BITS))
}
