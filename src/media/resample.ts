import { resampleModule } from './resample-module.ts'

/** 8-bit samples in a Workspace: of one channel, or red, green and blue side by side. */
export interface Plane {
  /** First byte. */
  at: number
  /** px */
  width: number
  height: number
  /** Distance of rows, bytes. */
  stride: number
  /** 1 where it is not said. */
  channels?: 1 | 3
}

/** What becomes of a sample: (sample - from) * gain + to. */
export interface Levels {
  from: number
  gain: number
  to: number
}

/** Where the samples of one axis of the result lie in the source. */
export interface Axis {
  /** Source samples per sample of the result. */
  ratio: number
  /** Samples of the result, at its own scale, that are left out before the first. */
  skip: number
  /** Samples of the result. */
  count: number
}

/** Linear memory that the resampler and native code share. Addresses are offsets in `bytes()`. */
export interface Workspace {
  /** Makes it at least so many bytes large; invalidates earlier `bytes()`. */
  reserve(size: number): void
  /** A view of `length` bytes. */
  bytes(at: number, length: number): Uint8Array<ArrayBuffer>
  readonly size: number
  /**
   * Lanczos-3 of one plane into another, rows without gaps; where the source is larger, the filter widens with the ratio
   * (as in libvips and Pillow). `scratch`: address of `resampleScratch` free bytes. `levels`: what becomes of samples on
   * the way, up to a gain of 1.5. Of three channels, a byte behind the last pixel is overwritten.
   */
  resample(src: Plane, x: Axis, y: Axis, dst: number, scratch: number, levels?: Levels): void
}

interface Passes {
  vertical(...args: Pass): void
  horizontal(...args: Pass): void
  horizontalRgb(...args: Pass): void
}
type Pass = [
  src: number,
  stride: number,
  starts: number,
  weights: number,
  taps: number,
  dst: number,
  width: number,
  rows: number,
  bias: number,
]

/** The little of WebAssembly that is used here: its types come with those of browsers only. */
interface Wasm {
  Memory: new (limits: { initial: number }) => { buffer: ArrayBuffer; grow(pages: number): number }
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object
  Instance: new (module: object, imports: object) => { exports: Passes }
}

const PAGE_BYTES = 65_536
const ONE = 16_384
const HALF = ONE / 2
const SAME: Levels = { from: 0, gain: 1, to: 0 }

/** Taps that a pass takes at once: see resample-module.ts. */
const COLUMN_STEP = { 1: 8, 3: 2 } as const
const ROW_STEP = 2

let compiled: object | undefined

/** @throws CompileError on a CPU without 128-bit SIMD */
export function openWorkspace(): Workspace {
  const wasm = (globalThis as unknown as { WebAssembly: Wasm }).WebAssembly
  compiled ??= new wasm.Module(resampleModule())
  const memory = new wasm.Memory({ initial: 16 })
  const passes = new wasm.Instance(compiled, { m: { memory } }).exports
  return {
    get size() {
      return memory.buffer.byteLength
    },
    reserve(size) {
      const missing = size - memory.buffer.byteLength
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES))
    },
    bytes: (at, length) => new Uint8Array(memory.buffer, at, length),
    resample(src, x, y, dst, scratch, levels = SAME) {
      const channels = src.channels ?? 1
      const gain = Math.round(ONE * levels.gain)
      const columns = knownWeights(x, src.width, COLUMN_STEP[channels], gain)
      const rows = knownWeights(y, src.height, ROW_STEP, ONE)
      let free = scratch
      const put = (array: Int32Array | Int16Array) => {
        const at = free
        new Uint8Array(memory.buffer, at, array.byteLength).set(
          new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
        )
        free += align(array.byteLength)
        return at
      }
      const [columnStarts, columnWeights] = [put(columns.starts), put(columns.weights)]
      const [rowStarts, rowWeights] = [put(rows.starts), put(rows.weights)]
      const width = align(src.width * channels)
      passes.vertical(src.at, src.stride, rowStarts, rowWeights, rows.taps, free, width, y.count, HALF)
      const bias = HALF + levels.to * ONE - levels.from * gain
      const horizontal = channels === 1 ? passes.horizontal : passes.horizontalRgb
      horizontal(free, width, columnStarts, columnWeights, columns.taps, dst, x.count, y.count, bias)
    },
  }
}

/** Bytes of scratch that `resample` needs. */
export function resampleScratch(src: Plane, x: Axis, y: Axis): number {
  const tables = (axis: Axis, step: number) =>
    align(axis.count * 4) + align(axis.count * tapsOf(axis, step) * 2)
  // The passes read past the last row of a plane: see resample-module.ts.
  const overrun = tapsOf(y, 2) * src.stride + 16
  const channels = src.channels ?? 1
  const rows = align(src.width * channels) * y.count
  return tables(x, COLUMN_STEP[channels]) + tables(y, ROW_STEP) + rows + overrun
}

function align(bytes: number): number {
  return Math.ceil(bytes / 8) * 8
}

/** Samples under the widened filter, at most, rounded up to a multiple of `step`. */
function tapsOf({ ratio }: Axis, step: number): number {
  return Math.ceil((Math.ceil(6 * Math.max(1, ratio)) + 1) / step) * step
}

type Weights = ReturnType<typeof lanczos>

/** The tables of the last axes: both chroma planes have the same ones, and so have pictures of one size. */
const known = new Map<string, Weights>()
const KNOWN = 16
/** Larger tables, 256 KiB and more, are not kept. */
const KNOWN_WEIGHTS = 131_072

function knownWeights(axis: Axis, length: number, step: number, one: number): Weights {
  const key = [axis.ratio, axis.skip, axis.count, length, step, one].join()
  const found = known.get(key)
  if (found) return found
  const made = lanczos(axis, length, step, one)
  if (made.weights.length > KNOWN_WEIGHTS) return made
  if (known.size === KNOWN) known.clear()
  known.set(key, made)
  return made
}

/**
 * First sample, and weights that add up to `one`, for each sample of the result. Beyond its edges the source is taken as not there.
 *
 * Lanczos-3 of x is sin(3a) sin(a) / 3a^2 = sin(a)^2 (3 - 4 sin(a)^2) / 3a^2 with a = pi x / 3; from tap to tap a grows by the same,
 * so that its sine is turned on instead of computed anew.
 */
function lanczos(axis: Axis, length: number, step: number, one: number) {
  const { ratio, skip, count } = axis
  const width = Math.max(1, ratio)
  const taps = tapsOf(axis, step)
  const starts = new Int32Array(count)
  const weights = new Int16Array(count * taps)
  const values = new Float64Array(taps)
  const turn = Math.PI / (3 * width)
  const [turnSin, turnCos] = [Math.sin(turn), Math.cos(turn)]
  for (let i = 0; i < count; i++) {
    // Padding of the last block row or column may reach past the edge: it repeats what is there.
    const center = Math.min((skip + i + 0.5) * ratio, length)
    const start = Math.max(0, Math.ceil(center - 3 * width - 0.5))
    const n = Math.min(taps, Math.max(1, Math.min(length, Math.ceil(center + 3 * width - 0.5)) - start))
    const first = (start + 0.5 - center) * turn
    let sin = Math.sin(first)
    let cos = Math.cos(first)
    let sum = 0
    for (let k = 0; k < n; k++) {
      const a = first + k * turn
      const square = sin * sin
      // At 3 and beyond, a multiple of pi in a, the filter has ended.
      const value =
        Math.abs(a) < 1e-9 ? 1 : Math.abs(a) >= Math.PI ? 0 : (square * (3 - 4 * square)) / (3 * a * a)
      sum += values[k] = value
      const turned = sin * turnCos + cos * turnSin
      cos = cos * turnCos - sin * turnSin
      sin = turned
    }
    let left = one
    let largest = 0
    for (let k = 0; k < n; k++) {
      const weight = Math.round((values[k]! / sum) * one)
      weights[i * taps + k] = weight
      left -= weight
      if (values[k]! > values[largest]!) largest = k
    }
    // Weights add up exactly, so that even areas keep their value.
    weights[i * taps + largest]! += left
    starts[i] = start
  }
  return { starts, weights, taps }
}
