/**
 * A path pattern of robots.txt, which tdmrep.json and ai.txt use too: `*` is any run of characters, `$` at its end the
 * end of the path (RFC 9309, 2.2.3). Literal pieces between wildcards.
 */
export interface Pattern {
  pieces: string[]
  /** It ends with `$`. */
  anchored: boolean
  /** Octets, by which the most specific rule is found. */
  length: number
}

/** map: applied to each literal piece. */
export function pattern(text: string, map: (piece: string) => string = (piece) => piece): Pattern {
  const anchored = text.endsWith('$')
  const pieces = (anchored ? text.slice(0, -1) : text).split('*').map(map)
  const length = pieces.reduce((sum, piece) => sum + piece.length, pieces.length - 1 + (anchored ? 1 : 0))
  return { pieces, anchored, length }
}

/** The pattern's length where it matches from the start of the path, else -1. */
export function matchLength({ pieces, anchored, length }: Pattern, path: string): number {
  const first = pieces[0]!
  if (!path.startsWith(first)) return -1
  let at = first.length
  const last = pieces.length - 1
  // The earliest place of each piece leaves the most for the rest, so that nothing is ever tried again.
  for (let i = 1; i <= last; i++) {
    const piece = pieces[i]!
    if (i === last && anchored) return path.length - piece.length >= at && path.endsWith(piece) ? length : -1
    const found = path.indexOf(piece, at)
    if (found < 0) return -1
    at = found + piece.length
  }
  return anchored && last === 0 && at !== path.length ? -1 : length
}

/** Percent-encodings with digits in upper case, as they are compared. */
export function upperHex(text: string): string {
  return text.replace(/%[0-9a-fA-F]{2}/g, (octet) => octet.toUpperCase())
}

/** ASCII percent-encodings undone. text: as `upperHex` gives it. */
export function decodeAscii(text: string): string {
  return text.replace(/%[2-7][0-9A-F]/g, (octet) => {
    const code = Number.parseInt(octet.slice(1), 16)
    return code === 0x7f ? octet : String.fromCharCode(code)
  })
}
