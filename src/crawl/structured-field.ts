/** Value of a dictionary's key: a token's text, or null for values of any other type. */
export type FieldValue = string | null

const KEY = /[a-z*][a-z0-9_.*-]*/y
const TOKEN = /[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*/y
/** Strings, byte sequences, booleans, display strings, dates and numbers. */
const OTHER =
  /"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"|:[A-Za-z0-9+/=]*:|\?[01]|%"(?:[\x20\x21\x23\x24\x26-\x7e]|%[0-9a-f]{2})*"|@-?\d{1,15}|-?(?:\d{1,12}\.\d{1,3}|\d{1,15})/y

/**
 * Reads a dictionary of structured fields (RFC 9651, 4.2.2): of a key that comes twice the last value counts.
 *
 * Values are tokens or null: nobody here asks for others. Null where the text is no dictionary.
 */
export function parseDictionary(text: string): Map<string, FieldValue> | null {
  let at = 0
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0] ?? null
    if (found !== null) at += found.length
    return found
  }
  const skip = (blanks: string) => {
    while (at < text.length && blanks.includes(text[at]!)) at++
  }
  const eat = (character: string) => text[at] === character && ++at > 0

  /** An item without its parameters; undefined where there is none. */
  function bareItem(): FieldValue | undefined {
    const token = take(TOKEN)
    if (token !== null) return token
    return take(OTHER) === null ? undefined : null
  }
  function parameters(): boolean {
    while (eat(';')) {
      skip(' ')
      if (take(KEY) === null || (eat('=') && bareItem() === undefined)) return false
    }
    return true
  }
  function innerList(): boolean {
    for (;;) {
      skip(' ')
      if (eat(')')) return true
      if (bareItem() === undefined || !parameters() || !/[ )]/.test(text[at] ?? '')) return false
    }
  }

  const found = new Map<string, FieldValue>()
  skip(' ')
  while (at < text.length) {
    const key = take(KEY)
    if (key === null) return null
    let value: FieldValue | undefined = null
    if (eat('=')) value = eat('(') ? (innerList() ? null : undefined) : bareItem()
    if (value === undefined || !parameters()) return null
    found.set(key, value)
    skip(' \t')
    if (at === text.length) return found
    if (!eat(',')) return null
    skip(' \t')
    if (at === text.length) return null
  }
  return found
}
