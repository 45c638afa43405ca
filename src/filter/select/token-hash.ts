import { eachWord } from '../text/each-word.ts'

/** Tokens longer than this are hashed by their beginning: a text may be one word of a megabyte. UTF-16 units. */
const MAX_TOKEN_LENGTH = 256

/** A hash of 64 bits in two halves. */
export type Hash64 = [high: number, low: number]

/**
 * Visits the tokens of a text: each word, in small letters, and each two words that follow each other. The array that is
 * handed over is used again.
 */
export function eachToken(text: string, visit: (hash: Hash64, start: number, end: number) => void): void {
  const before: Hash64 = [0, 0]
  const word: Hash64 = [0, 0]
  const pair: Hash64 = [0, 0]
  let from = -1
  eachWord(text, (start, end) => {
    hashText(text, start, Math.min(end, start + MAX_TOKEN_LENGTH), word)
    visit(word, start, end)
    if (from >= 0) {
      pair[0] = mix(before[0], word[0], 0x9e3779b9)
      pair[1] = mix(before[1], word[1], 0x7f4a7c15)
      visit(pair, from, end)
    }
    before[0] = word[0]
    before[1] = word[1]
    from = start
  })
}

/** Hash of a piece of a text: murmur3's rounds over its UTF-16 units, once for each half. */
export function hashText(text: string, start: number, end: number, into: Hash64): void {
  let high = 0x1b873593
  let low = 0x2545f491
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i)
    high = round(high, Math.imul(unit, 0xcc9e2d51))
    low = round(low, Math.imul(unit, 0x85ebca6b))
  }
  into[0] = finish(high ^ (end - start))
  into[1] = finish(low ^ (end - start))
}

function round(hash: number, value: number): number {
  const mixed = hash ^ Math.imul((value << 15) | (value >>> 17), 0x1b873593)
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0
}

function mix(a: number, b: number, salt: number): number {
  return finish(round(round(salt, a), b))
}

function finish(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
