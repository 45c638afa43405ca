export const OTHER = 0
/** Commas, dashes, brackets: Unicode's P. Kinds up to `SPACE` are no part of a word. */
export const PUNCTUATION = 1
export const SPACE = 2
/** A letter of a script that puts spaces between words. */
export const LETTER = 3
/** A letter of a script that does not: Han, Hiragana, Katakana, Thai, Lao, Khmer, Burmese, Tibetan. */
export const UNSPACED_LETTER = 4
/** A combining mark: part of a word, but no letter. */
export const MARK = 5
export const DIGIT = 6

let kinds: Uint8Array | null = null

/**
 * Kind of each UTF-16 code unit. Surrogates are `OTHER`, but for the first halves of rare Han letters.
 *
 * A table, because a property regex costs ten times as much a character.
 */
export function characterKinds(): Uint8Array {
  if (kinds) return kinds
  const table = new Uint8Array(65536)
  for (let code = 0; code < 65536; code++) {
    const c = String.fromCharCode(code)
    if (/\s/u.test(c)) table[code] = SPACE
    else if (UNSPACED.test(c)) table[code] = UNSPACED_LETTER
    else if (/\p{L}/u.test(c)) table[code] = LETTER
    else if (/\p{M}/u.test(c)) table[code] = MARK
    else if (/\p{N}/u.test(c)) table[code] = DIGIT
    else if (/\p{P}/u.test(c)) table[code] = PUNCTUATION
  }
  table.fill(UNSPACED_LETTER, 0xd840, 0xd88e)
  kinds = table
  return table
}

/** Whether a letter, digit or mark stands at a place of a text; beyond its ends there is none. */
export function isWordPart(text: string, place: number): boolean {
  return place >= 0 && place < text.length && characterKinds()[text.charCodeAt(place)]! > SPACE
}

/** Whether an ASCII digit stands at a place of a text. */
export function isDigit(text: string, place: number): boolean {
  const code = text.charCodeAt(place)
  return code >= 48 && code < 58
}

export const UPPER = 1
export const LOWER = 2

let cases: Uint8Array | null = null

/** Case of each UTF-16 code unit: `UPPER`, `LOWER`, or 0 for what has none. */
export function letterCases(): Uint8Array {
  if (cases) return cases
  const table = new Uint8Array(65536)
  for (let code = 0; code < 65536; code++) {
    const c = String.fromCharCode(code)
    if (/[\p{Lu}\p{Lt}]/u.test(c)) table[code] = UPPER
    else if (/\p{Ll}/u.test(c)) table[code] = LOWER
  }
  cases = table
  return table
}

const UNSPACED =
  /(?=\p{L})[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}\p{sc=Tibt}\u30fc\u3005]/u
