/**
 * The passes of `resample.ts` as the bytes of a WebAssembly module, assembled here: what is read is what runs.
 *
 * All take (src, stride, starts, weights, taps, dst, width, rows, bias).
 * vertical: each row of dst is a weighted sum of `taps` rows of src (even). width: bytes of a row of dst, a multiple of 8.
 * horizontal: each byte of dst is a weighted sum of `taps` neighbours (a multiple of 8).
 * horizontalRgb: the same for pixels of three bytes (taps: even; starts and width: in pixels).
 *
 * starts: int32, first row or sample of each sum. weights: int16 in 1/16384, `taps` of them a sum. bias: where a sum
 * begins, in 1/16384. Sums are cut to integers and clamped to 0..255: integers alone decide the bytes, equal on every CPU. All
 * read up to `taps` rows and 16 bytes past a plane: what they find there has weight 0. horizontalRgb writes a byte
 * past its last pixel. Opcodes: WebAssembly 2.0, 5.4.
 */
export function resampleModule(): Uint8Array<ArrayBuffer> {
  const signature = [0x60, 9, ...Array<number>(9).fill(I32), 0]
  const bytes = [
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, [signature]),
    section(2, [[...name('m'), ...name('memory'), 0x02, 0x00, 1]]),
    section(3, [[0], [0], [0]]),
    section(7, [
      [...name('vertical'), 0x00, 0],
      [...name('horizontal'), 0x00, 1],
      [...name('horizontalRgb'), 0x00, 2],
    ]),
    section(10, [vertical(), horizontal(), horizontalRgb()]),
  ]
  return Uint8Array.from(bytes.flat())
}

const I32 = 0x7f
const V128 = 0x7b

/** Parameters of all functions, then their locals. */
const [SRC, STRIDE, STARTS, WEIGHTS, TAPS, DST, WIDTH, ROWS, BIAS] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const
const [ROW, X, AT, WEIGHT, END, LOW, HIGH, A, B] = [9, 10, 11, 12, 13, 14, 15, 16, 17] as const

function vertical(): number[] {
  const sum = (acc: number, lanes: readonly number[]) => [
    ...get(acc),
    ...get(A),
    ...get(B),
    ...simd(0x0d), // i8x16.shuffle: the rows' values side by side, so that one dot product takes both
    ...lanes,
    ...get(WEIGHT),
    ...load32Splat,
    ...dot,
    ...addLanes,
    ...set(acc),
  ]
  return body(
    loop([
      // ROW = SRC + STRIDE * start of this sum
      ...set(ROW, [...get(STARTS), ...load, ...get(STRIDE), ...mul, ...get(SRC), ...add]),
      ...set(END, [...get(WEIGHTS), ...get(TAPS), ...i32(2), ...mul, ...add]),
      ...set(X, i32(0)),
      ...loop([
        ...set(AT, [...get(ROW), ...get(X), ...add]),
        ...set(WEIGHT, get(WEIGHTS)),
        ...set(LOW, bias),
        ...set(HIGH, bias),
        ...loop([
          ...set(A, [...get(AT), ...load8Bytes]),
          ...set(B, [...get(AT), ...get(STRIDE), ...add, ...load8Bytes]),
          ...sum(LOW, [0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23]),
          ...sum(HIGH, [8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31]),
          ...set(AT, [...get(AT), ...get(STRIDE), ...i32(2), ...mul, ...add]),
          ...step(WEIGHT, 4),
          ...repeatIf([...get(WEIGHT), ...get(END), ...less]),
        ]),
        ...[...get(DST), ...toBytes(LOW, HIGH), ...store64],
        ...step(DST, 8),
        ...step(X, 8),
        ...repeatIf([...get(X), ...get(WIDTH), ...less]),
      ]),
      ...set(WEIGHTS, get(END)),
      ...step(STARTS, 4),
      ...set(ROWS, [...get(ROWS), ...i32(-1), ...add]),
      ...repeatIf(get(ROWS)),
    ]),
  )
}

function horizontal(): number[] {
  const fold = (lanes: readonly number[]) => [
    ...set(LOW, [...get(LOW), ...get(LOW), ...get(LOW), ...simd(0x0d), ...lanes, ...addLanes]),
  ]
  return body(
    loop([
      ...set(WEIGHT, get(WEIGHTS)),
      ...set(X, i32(0)),
      ...loop([
        ...set(AT, [...get(STARTS), ...get(X), ...i32(4), ...mul, ...add, ...load, ...get(SRC), ...add]),
        ...set(END, [...get(WEIGHT), ...get(TAPS), ...i32(2), ...mul, ...add]),
        ...set(LOW, zero),
        ...loop([
          ...set(LOW, [
            ...[...get(AT), ...load8Bytes],
            ...[...get(WEIGHT), ...load128],
            ...dot,
            ...get(LOW),
            ...addLanes,
          ]),
          ...step(AT, 8),
          ...step(WEIGHT, 16),
          ...repeatIf([...get(WEIGHT), ...get(END), ...less]),
        ]),
        ...fold([8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]),
        ...fold([4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11]),
        ...set(LOW, [...get(LOW), ...bias, ...addLanes]),
        ...[...get(DST), ...toBytes(LOW, LOW), ...store8],
        ...step(DST, 1),
        ...step(X, 1),
        ...repeatIf([...get(X), ...get(WIDTH), ...less]),
      ]),
      ...set(SRC, [...get(SRC), ...get(STRIDE), ...add]),
      ...set(ROWS, [...get(ROWS), ...i32(-1), ...add]),
      ...repeatIf(get(ROWS)),
    ]),
  )
}

function horizontalRgb(): number[] {
  return body([
    ...set(B, zero),
    ...loop([
      ...set(WEIGHT, get(WEIGHTS)),
      ...set(X, i32(0)),
      ...loop([
        ...set(AT, [...get(STARTS), ...get(X), ...i32(4), ...mul, ...add, ...load, ...i32(3), ...mul]),
        ...set(AT, [...get(AT), ...get(SRC), ...add]),
        ...set(END, [...get(WEIGHT), ...get(TAPS), ...i32(2), ...mul, ...add]),
        ...set(LOW, bias),
        ...loop([
          ...[...get(AT), ...load64Zero, ...get(B), ...simd(0x0d)],
          // Red of two pixels, green of both, blue of both, each as 16 bits: one dot product takes two taps.
          ...[0, 16, 3, 16, 1, 16, 4, 16, 2, 16, 5, 16, 16, 16, 16, 16],
          ...[...get(WEIGHT), ...load32Splat, ...dot],
          ...[...get(LOW), ...addLanes],
          ...set(LOW),
          ...step(AT, 6),
          ...step(WEIGHT, 4),
          ...repeatIf([...get(WEIGHT), ...get(END), ...less]),
        ]),
        ...[...get(DST), ...toBytes(LOW, LOW), ...store32],
        ...step(DST, 3),
        ...step(X, 1),
        ...repeatIf([...get(X), ...get(WIDTH), ...less]),
      ]),
      ...set(SRC, [...get(SRC), ...get(STRIDE), ...add]),
      ...set(ROWS, [...get(ROWS), ...i32(-1), ...add]),
      ...repeatIf(get(ROWS)),
    ]),
  ])
}

/** The lanes of two sums in 1/16384 as bytes: shifted, then narrowed with saturation twice. */
function toBytes(low: number, high: number): number[] {
  const shifted = (sum: number) => [...get(sum), ...i32(14), ...simd(0xac)]
  const words = [...shifted(low), ...shifted(high), ...simd(0x85)]
  return [...set(A, words), ...get(A), ...get(A), ...simd(0x66)]
}

const [add, mul, less] = [[0x6a], [0x6c], [0x49]]
const load = [0x28, 2, 0]
const load8Bytes = [...simd(0x02), 0, 0] // v128.load8x8_u
const load32Splat = [...simd(0x09), 0, 0]
const load128 = [...simd(0x00), 0, 0]
const store8 = [...simd(0x58), 0, 0, 0]
const store64 = [...simd(0x5b), 0, 0, 0]
const dot = simd(0xba) // i32x4.dot_i16x8_s
const addLanes = simd(0xae)
const load64Zero = [...simd(0x5d), 0, 0]
const store32 = [...simd(0x5a), 0, 0, 0]
const bias = [...get(BIAS), ...simd(0x11)]
const zero = [...i32(0), ...simd(0x11)]

function get(local: number): number[] {
  return [0x20, local]
}

function set(local: number, value: readonly number[] = []): number[] {
  return [...value, 0x21, local]
}

function step(local: number, by: number): number[] {
  return set(local, [...get(local), ...i32(by), ...add])
}

function i32(value: number): number[] {
  const out = [0x41]
  for (let rest = value; ; rest >>= 7) {
    const low = rest & 0x7f
    const isLast = rest >> 6 === 0 || rest >> 6 === -1
    out.push(isLast ? low : low | 0x80)
    if (isLast) return out
  }
}

function simd(opcode: number): number[] {
  return [0xfd, ...unsigned(opcode)]
}

/** Runs at least once: every count here is at least 1. */
function loop(code: readonly number[]): number[] {
  return [0x03, 0x40, ...code, 0x0b]
}

function repeatIf(condition: readonly number[]): number[] {
  return [...condition, 0x0d, 0]
}

function body(code: readonly number[]): number[] {
  const all = [2, 5, I32, 4, V128, ...code, 0x0b]
  return [...unsigned(all.length), ...all]
}

function section(id: number, entries: readonly (readonly number[])[]): number[] {
  const content = [...unsigned(entries.length), ...entries.flat()]
  return [id, ...unsigned(content.length), ...content]
}

function name(text: string): number[] {
  return [text.length, ...Buffer.from(text)]
}

function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
}
