/** Kinds of UTF-16 units. What follows each other as LETTER is one unit of a text; each other one is a unit by itself. */
export const LETTER = 0
/** Space, tab, line feed, carriage return: all are one space. */
export const SPACE = 1
/** Punctuation that gets a space on either side. */
export const WRAPPED = 2
/** A character of a script that is written without spaces, other punctuation, half of a surrogate pair. */
export const SINGLE = 3

const WRAPPED_CHARACTERS = ',.;:?!`'
const ASCII_PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'
const OTHER_PUNCTUATION = '，。、；：？！“”‘’（）【】《》〈〉「」『』～—'

/**
 * Scripts without spaces, first and last code point: Han, Thai, Lao, Burmese, Khmer and Tibetan as in MetaCLIP 2, and
 * kana, which its code lacks although it takes Japanese for a language without spaces.
 */
const UNSPACED: readonly (readonly [number, number])[] = [
  [0x0e00, 0x0eff],
  [0x0f00, 0x0fff],
  [0x1000, 0x109f],
  [0x1780, 0x17ff],
  [0x2e80, 0x2fdf],
  [0x2ff0, 0x2fff],
  [0x3040, 0x30ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xf900, 0xfaff],
  [0x20000, 0x2a6df],
  [0x2a700, 0x2ebef],
]

/** The kind of every UTF-16 unit. */
export const UNIT_KINDS: Uint8Array = unitKinds()

/** Whether words of this character's kind stand without spaces around them: scripts without spaces, punctuation. */
export function isUnspaced(codePoint: number): boolean {
  if (UNSPACED.some(([first, last]) => codePoint >= first && codePoint <= last)) return true
  const character = String.fromCodePoint(codePoint)
  return ASCII_PUNCTUATION.includes(character) || OTHER_PUNCTUATION.includes(character)
}

function unitKinds(): Uint8Array {
  const kinds = new Uint8Array(0x10000)
  for (const [first, last] of UNSPACED) if (last <= 0xffff) kinds.fill(SINGLE, first, last + 1)
  kinds.fill(SINGLE, 0xd800, 0xe000)
  for (const character of ASCII_PUNCTUATION + OTHER_PUNCTUATION) kinds[character.charCodeAt(0)] = SINGLE
  for (const character of WRAPPED_CHARACTERS) kinds[character.charCodeAt(0)] = WRAPPED
  for (const character of ' \t\n\r') kinds[character.charCodeAt(0)] = SPACE
  return kinds
}
