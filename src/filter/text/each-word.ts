import { characterKinds, DIGIT, LETTER, MARK, SPACE, UNSPACED_LETTER } from './character-kind.ts'
import { segmentsOf, type Segments } from './segment.ts'

/** What joins two parts of a word where letters stand on both sides: `don't`, `l’eau`. */
const APOSTROPHE = 0x27
const RIGHT_QUOTE = 0x2019

/**
 * Visits the words of a text from left to right, as places of it: runs of letters, marks and digits, with apostrophes
 * between them. Runs with letters of scripts without spaces are parted by the dictionary of ICU.
 *
 * Other than for `filter/words`, which counts what white space parts, `state-of-the-art` is four words here: single
 * words are what lists hold.
 */
export function eachWord(text: string, visit: (start: number, end: number) => void): void {
  const kinds = characterKinds()
  let start = -1
  let isUnspaced = false
  let segments: Segments | null = null
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : 0x20
    const kind = kinds[code]!
    if (kind > SPACE || (isUnspaced && (code & 0xfc00) === 0xdc00)) {
      if (start < 0) start = i
      if (kind === UNSPACED_LETTER) isUnspaced = true
      continue
    }
    if (start < 0) continue
    if ((code === APOSTROPHE || code === RIGHT_QUOTE) && isLetterAt(text, i - 1) && isLetterAt(text, i + 1))
      continue
    if (isUnspaced) visitSegments(text, start, i, (segments ??= segmentsOf(text)), visit)
    else visit(start, i)
    start = -1
    isUnspaced = false
  }
}

function isLetterAt(text: string, place: number): boolean {
  const kind = place < text.length ? characterKinds()[text.charCodeAt(place)] : SPACE
  return kind === LETTER || kind === UNSPACED_LETTER || kind === MARK
}

function visitSegments(
  text: string,
  start: number,
  end: number,
  segments: Segments,
  visit: (start: number, end: number) => void,
): void {
  for (let i = start; i < end;) {
    const found = segments.at(i)
    // A piece of the segmenter, or what it joins to the run, may reach beyond it.
    const last = Math.min(found.end, end)
    if (found.isWord) visit(i, last)
    i = last
  }
}

/** Whether a word holds a letter; numbers do not. */
export function hasLetter(text: string, start: number, end: number): boolean {
  const kinds = characterKinds()
  for (let i = start; i < end; i++) if (kinds[text.charCodeAt(i)] !== DIGIT) return true
  return false
}
