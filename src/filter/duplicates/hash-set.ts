/** Which perceptual hashes are compared: their length, and the bits that a mirror image turns. */
export const HASHES = {
  // Rows of 8 frequencies across, two hex digits each: those of odd number change sign.
  phash: { bits: 64, mirror: 0x55555555 },
  // The highest frequency comes first and the constant is left out, so that the same bits turn.
  pdq: { bits: 256, mirror: 0x55555555 },
} as const
export type HashName = keyof typeof HASHES

/** Distinct hashes of one length in their order, each with a number. */
export interface HashSet {
  /** 32-bit words, `width` of a hash. */
  words: Uint32Array
  width: number
  size: number
  /** What is turned in each word by mirroring the picture. */
  mirror: number
}

/** Collects hashes that come in their order. room: for how many at first. Memory: 4 bytes a word, twice that while it grows. */
export function openHashSet(name: HashName, room = 1024): { add(hash: string): void; done(): HashSet } {
  const width = HASHES[name].bits / 32
  let words = new Uint32Array(width * room)
  let size = 0
  return {
    add(hash) {
      if ((size + 1) * width > words.length) {
        const more = new Uint32Array(words.length * 2)
        more.set(words)
        words = more
      }
      setWords(words, size * width, hash, width)
      size++
    },
    done: () => ({ words: words.slice(0, size * width), width, size, mirror: HASHES[name].mirror }),
  }
}

/** Whether a text is a hash of that name, in small letters as hashes are written. */
export function isHash(name: HashName, text: unknown): text is string {
  return typeof text === 'string' && text.length === HASHES[name].bits / 4 && /^[0-9a-f]+$/.test(text)
}

/** Number of a hash, or -1. */
export function numberOf({ words, width, size }: HashSet, hash: string): number {
  const asked = new Uint32Array(width)
  setWords(asked, 0, hash, width)
  let low = 0
  let high = size
  while (low < high) {
    const middle = (low + high) >>> 1
    let at = 0
    while (at < width && words[middle * width + at] === asked[at]) at++
    if (at === width) return middle
    if (words[middle * width + at]! < asked[at]!) low = middle + 1
    else high = middle
  }
  return -1
}

/** The hash of a number, as text. */
export function hashOf({ words, width }: HashSet, number: number): string {
  let text = ''
  for (let at = 0; at < width; at++) text += words[number * width + at]!.toString(16).padStart(8, '0')
  return text
}

/** Bits in which two hashes of a set differ; with the second picture mirrored where asked. */
export function distanceOf({ words, width, mirror }: HashSet, a: number, b: number, isMirrored: boolean) {
  const turned = isMirrored ? mirror : 0
  let sum = 0
  for (let at = 0; at < width; at++) sum += ones(words[a * width + at]! ^ words[b * width + at]! ^ turned)
  return sum
}

/** Bits that are set in a 32-bit word. */
export function ones(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555)
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333)
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

function setWords(words: Uint32Array, from: number, hash: string, width: number): void {
  for (let at = 0; at < width; at++) words[from + at] = Number.parseInt(hash.slice(at * 8, at * 8 + 8), 16)
}

/** The hash of the mirror image, as text. */
export function mirrorOf(hash: string): string {
  return hash.replaceAll(/./g, (digit) => (Number.parseInt(digit, 16) ^ 5).toString(16))
}
