import { characterKinds, MARK, SPACE, UNSPACED_LETTER } from './character-kind.ts'
import { fold } from './fold.ts'
import { segmentsOf, type Segments } from './segment.ts'

/** A phrase of a list, folded, and where the letters or digits that it is looked up by stand in it. */
interface Phrase {
  text: string
  /** Place of its first character that is part of a word. */
  anchor: number
}

/** Finds the phrases of a list in texts, at the bounds of words. */
export interface PhraseMatcher {
  /** Calls back with every phrase that the text holds, from left to right, once for each place. text: folded. */
  find(text: string, found: (phrase: string) => void): void
}

/** Whether a phrase has a letter or digit that it can be found by. */
export function isPhrase(text: string): boolean {
  return anchorOf(text) < text.length
}

/**
 * A matcher of phrases: words, or several with spaces or signs between and around them (`f*ck`, `big  cat`).
 *
 * A phrase is found where no letter, digit or mark of the same kind of script stands right before or after it; in scripts
 * without spaces, also where ICU's dictionary sees the bounds of words at both of its ends. One space of it stands for any white space.
 * Time: one look-up a word, whatever the number of phrases. Memory: some 150 bytes a phrase.
 */
export function phraseMatcher(phrases: Iterable<string>): PhraseMatcher {
  // By the word that the anchor begins, or, in scripts without spaces, by its first character.
  const spaced = new Map<string, Phrase[]>()
  const unspaced = new Map<number, Phrase[]>()
  for (const written of new Set([...phrases].map((phrase) => fold(phrase).trim().replaceAll(/\s+/g, ' ')))) {
    const anchor = anchorOf(written)
    const phrase = { text: written, anchor }
    const run = runAt(written, anchor)
    if (run.isUnspaced) add(unspaced, written.charCodeAt(anchor), phrase)
    else add(spaced, written.slice(anchor, run.end), phrase)
  }
  return {
    find(text, found) {
      let segments: Segments | null = null
      for (let i = 0; i < text.length;) {
        if (classAt(text, i) === NONE) {
          i++
          continue
        }
        const run = runAt(text, i)
        for (const phrase of spaced.get(text.slice(i, run.end)) ?? [])
          if (isAt(text, i - phrase.anchor, phrase.text)) found(phrase.text)
        for (; run.isUnspaced && unspaced.size > 0 && i < run.end; i++) {
          for (const phrase of unspaced.get(text.charCodeAt(i)) ?? []) {
            if (
              !isAt(text, i - phrase.anchor, phrase.text, (place) =>
                isBound((segments ??= segmentsOf(text)), place),
              )
            )
              continue
            found(phrase.text)
          }
        }
        i = run.end
      }
    },
  }
}

function add<K>(index: Map<K, Phrase[]>, key: K, phrase: Phrase): void {
  const known = index.get(key)
  if (known) known.push(phrase)
  else index.set(key, [phrase])
}

function anchorOf(text: string): number {
  let i = 0
  while (i < text.length && classAt(text, i) === NONE) i++
  return i
}

/** The run of letters, digits and marks that begins at a place, all of scripts with spaces or all of scripts without. */
function runAt(text: string, start: number): { end: number; isUnspaced: boolean } {
  let end = start + 1
  while (end < text.length && isJoined(text, end)) end++
  return { end, isUnspaced: classAt(text, start) === UNSPACED }
}

/** Whether a place lies inside such a run. */
function isJoined(text: string, place: number): boolean {
  const before = classAt(text, place - 1)
  return before !== NONE && before === classAt(text, place)
}

function classAt(text: string, place: number): number {
  const code = text.charCodeAt(place)
  // The second half of a rare Han letter is of the class of the first.
  if ((code & 0xfc00) === 0xdc00 && place > 0)
    return classes()[text.charCodeAt(place - 1)] === UNSPACED ? UNSPACED : NONE
  return classes()[code]!
}

const NONE = 0
const SPACED = 1
const UNSPACED = 2

let table: Uint8Array | null = null

/** Of each UTF-16 code unit, whether it is part of words, and of which kind of script; marks go with their script. */
function classes(): Uint8Array {
  if (table) return table
  table = new Uint8Array(65536)
  for (const [code, kind] of characterKinds().entries()) {
    if (kind <= SPACE) continue
    const isUnspaced =
      kind === UNSPACED_LETTER || (kind === MARK && UNSPACED_MARK.test(String.fromCharCode(code)))
    table[code] = isUnspaced ? UNSPACED : SPACED
  }
  return table
}

const UNSPACED_MARK = /[\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}\p{sc=Tibt}\u3099\u309a]/u

/** Whether a phrase stands at a place of a text, from bound to bound. isBound: of two parts of a word, else never. */
function isAt(text: string, start: number, phrase: string, isBound?: (place: number) => boolean): boolean {
  if (start < 0) return false
  let i = start
  for (let j = 0; j < phrase.length; j++) {
    if (phrase.charCodeAt(j) !== 0x20) {
      if (text.charCodeAt(i) !== phrase.charCodeAt(j)) return false
      i++
      continue
    }
    const before = i
    while (i < text.length && characterKinds()[text.charCodeAt(i)] === SPACE) i++
    if (i === before) return false
  }
  const isApart = (place: number) =>
    place === 0 || place >= text.length || isBound?.(place) === true || !isJoined(text, place)
  // A sign at its end parts nothing: `a$$` is not in `a$$et`.
  const isOpen = classAt(phrase, 0) !== NONE || start === 0 || classAt(text, start - 1) === NONE
  const isClosed =
    classAt(phrase, phrase.length - 1) !== NONE || i >= text.length || classAt(text, i) === NONE
  return isOpen && isClosed && isApart(start) && isApart(i)
}

function isBound(segments: Segments, place: number): boolean {
  return segments.at(place).start === place
}
