import {
  addToHash,
  BREAKOUT_ENDS,
  BREAKOUTS,
  INLINE,
  RAW_TEXT,
  RAW_TEXT_NAMES,
  TAG,
  tagOf,
  type Tag,
} from './html-names.ts'

/** Attributes of a tag beyond this many are passed over. */
const MAX_ATTRIBUTES = 512

/** The attributes of a start tag: where they stand in the document. Valid until the next tag. */
export class Attributes {
  count = 0
  /** Hash of each name. */
  readonly hashes = new Int32Array(MAX_ATTRIBUTES)
  /** First byte and end of each value; both 0 where the attribute has none. */
  readonly starts = new Int32Array(MAX_ATTRIBUTES)
  readonly ends = new Int32Array(MAX_ATTRIBUTES)

  /** Index of the first attribute of a name's hash, or -1. */
  find(hash: number): number {
    for (let i = 0; i < this.count; i++) if (this.hashes[i] === hash) return i
    return -1
  }
}

/** What is told of a document, in its order. Offsets are bytes. */
export interface HtmlHandler {
  /** Told of text, and of tags that have no number or stand within words; else only of the other tags. */
  wantsText: boolean
  start(tag: Tag, attributes: Attributes): void
  end(tag: Tag): void
  text(start: number, end: number): void
  /** The content of an element that is raw text, between its start and its end. */
  raw(tag: Tag, attributes: Attributes, start: number, end: number): void
}

const BANG = 33
const DOUBLE = 34
const SINGLE = 39
const DASH = 45
const SLASH = 47
const LESS = 60
const EQUALS = 61
const GREATER = 62
const QUESTION = 63

/**
 * Splits an HTML document into tags and text as the standard's tokenizer does (13.2.5), with the little of the tree
 * builder that decides how: raw text of scripts, styles and titles, CDATA in SVG and MathML. Scripting counts as off.
 *
 * bytes: in any encoding that has ASCII's bytes for ASCII's markup, all of the Encoding standard but UTF-16 and
 * ISO-2022-JP. source: the same bytes as Latin-1 text; searching is faster in text, single bytes in an array.
 */
export function tokenizeHtml(bytes: Uint8Array, source: string, handler: HtmlHandler): void {
  const length = bytes.length
  const attributes = new Attributes()
  /** Open svg and math elements, in which there is CDATA and no raw text, and those of HTML within them. */
  const foreign: Tag[] = []
  /** Where a `<!--` stands next; behind what is read, not known. */
  let nextComment = -1
  let nameHash = 0
  let isSelfClosing = false
  let at = 0

  while (at < length) {
    const open = source.indexOf('<', at)
    if (handler.wantsText && open !== at) handler.text(at, open < 0 ? length : open)
    if (open < 0) return
    const code = bytes[open + 1] ?? 0
    if (isLetter(code)) {
      at = readStartTag(open + 1)
    } else if (code === SLASH) {
      at = readEndTag(open)
    } else if (code === BANG) {
      at = skipDeclaration(open + 2)
    } else if (code === QUESTION) {
      at = after('>', open + 2)
    } else {
      if (handler.wantsText) handler.text(open, open + 1)
      at = open + 1
    }
  }

  function readStartTag(from: number): number {
    const nameEnd = readName(from)
    let tag = tagOf(nameHash)
    const hasMeaning = tag !== 0 && tag < INLINE
    const end = hasMeaning ? readAttributes(nameEnd) : skipAttributes(nameEnd)
    // A tag that the document ends in is none.
    if (end > length) return end
    if (isForeign()) {
      if (BREAKOUTS.has(nameHash)) leaveForeign()
      else if (tag === TAG.title || tag === TAG.desc) {
        if (!isSelfClosing) foreign.push(TAG.desc)
        tag = 0
      } else if (tag !== TAG.svg && tag !== TAG.a) tag = 0
    }
    if (tag === TAG.svg && !isSelfClosing) foreign.push(tag)
    if (hasMeaning || handler.wantsText) handler.start(tag, attributes)
    if (tag === TAG.plaintext) {
      if (handler.wantsText) handler.text(end, length)
      return length
    }
    if (tag < RAW_TEXT || tag >= INLINE) return end
    const rawEnd = tag === TAG.script ? scriptEnd(end) : endOfRaw(RAW_TEXT_NAMES[tag - RAW_TEXT]!, end)
    handler.raw(tag, attributes, end, rawEnd)
    return rawEnd
  }

  function readEndTag(open: number): number {
    const code = bytes[open + 2] ?? 0
    if (!isLetter(code)) {
      if (open + 2 < length) return after('>', open + 2)
      if (handler.wantsText) handler.text(open, length)
      return length
    }
    const nameEnd = readName(open + 2)
    const tag = tagOf(nameHash)
    const end = skipAttributes(nameEnd)
    if (end > length) return end
    if (foreign.length > 0) {
      const opened = foreign.lastIndexOf(tag === TAG.title ? TAG.desc : tag)
      if (opened >= 0) foreign.length = opened
      else if (isForeign() && BREAKOUT_ENDS.has(nameHash)) leaveForeign()
    }
    if ((tag !== 0 && tag < INLINE) || handler.wantsText) handler.end(tag)
    return end
  }

  /** Sets nameHash; gives the end of the name. */
  function readName(from: number): number {
    let hash = 0
    let i = from
    for (; i < length; i++) {
      const code = bytes[i]!
      if (code <= 32 ? isSpace(code) : code === SLASH || code === GREATER) break
      hash = addToHash(hash, code)
    }
    nameHash = hash
    return i
  }

  /** Fills `attributes` from behind the tag's name; gives the end of the tag, past the document where it has none. */
  function readAttributes(from: number): number {
    attributes.count = 0
    isSelfClosing = false
    let i = from
    while (i < length) {
      let code = bytes[i]!
      if (code === GREATER) return i + 1
      if (code === SLASH || isSpace(code)) {
        isSelfClosing = code === SLASH && bytes[i + 1] === GREATER
        i++
        continue
      }
      // A name may start with an equals sign.
      let hash = 0
      do {
        hash = addToHash(hash, code)
        code = ++i < length ? bytes[i]! : GREATER
      } while (code !== EQUALS && code !== GREATER && code !== SLASH && !isSpace(code))
      while (i < length && isSpace(bytes[i]!)) i++
      let start = 0
      let end = 0
      if (bytes[i] === EQUALS) {
        do i++
        while (i < length && isSpace(bytes[i]!))
        code = bytes[i] ?? 0
        if (code === DOUBLE || code === SINGLE) {
          start = i + 1
          end = source.indexOf(code === DOUBLE ? '"' : "'", start)
          if (end < 0) return length + 1
          i = end + 1
        } else {
          start = i
          while (i < length && bytes[i] !== GREATER && !isSpace(bytes[i]!)) i++
          end = i
        }
      }
      const n = attributes.count
      if (n === MAX_ATTRIBUTES) continue
      attributes.hashes[n] = hash
      attributes.starts[n] = start
      attributes.ends[n] = end
      attributes.count = n + 1
    }
    return length + 1
  }

  /** The end of a tag whose attributes nobody wants. */
  function skipAttributes(from: number): number {
    let i = from
    while (i < length) {
      let code = bytes[i]!
      if (code === GREATER) return i + 1
      if (code === SLASH || isSpace(code)) {
        i++
        continue
      }
      do code = ++i < length ? bytes[i]! : GREATER
      while (code !== EQUALS && code !== GREATER && code !== SLASH && !isSpace(code))
      while (i < length && isSpace(bytes[i]!)) i++
      if (bytes[i] !== EQUALS) continue
      do i++
      while (i < length && isSpace(bytes[i]!))
      code = bytes[i] ?? 0
      if (code === DOUBLE || code === SINGLE) {
        i = source.indexOf(code === DOUBLE ? '"' : "'", i + 1) + 1
        if (i === 0) return length + 1
      } else {
        while (i < length && bytes[i] !== GREATER && !isSpace(bytes[i]!)) i++
      }
    }
    return length + 1
  }

  /** What follows `<!`: a comment, CDATA, a doctype, or a comment by mistake. */
  function skipDeclaration(from: number): number {
    if (bytes[from] === DASH && bytes[from + 1] === DASH) return skipComment(from + 2)
    if (isForeign() && source.startsWith('[CDATA[', from)) {
      const end = source.indexOf(']]>', from + 7)
      const text = end < 0 ? length : end
      if (handler.wantsText && text > from + 7) handler.text(from + 7, text)
      return end < 0 ? length : end + 3
    }
    return after('>', from)
  }

  function skipComment(from: number): number {
    if (bytes[from] === GREATER) return from + 1
    if (bytes[from] === DASH && bytes[from + 1] === GREATER) return from + 2
    for (let i = source.indexOf('--', from); i >= 0; i = source.indexOf('--', i + 1)) {
      if (bytes[i + 2] === GREATER) return i + 3
      if (bytes[i + 2] === BANG && bytes[i + 3] === GREATER) return i + 4
    }
    return length
  }

  /** Where the end tag of an element of raw text stands, or the end of the document. */
  function endOfRaw(name: string, from: number): number {
    for (let i = source.indexOf('</', from); i >= 0; i = source.indexOf('</', i + 2)) {
      if (isNamed(name, i + 2)) return i
    }
    return length
  }

  /** As endOfRaw; but within `<!-- <script> … -->` an end tag only ends the inner script (13.2.5.15 to 13.2.5.31). */
  function scriptEnd(from: number): number {
    const end = endOfRaw('script', from)
    if (nextComment < from) {
      const found = source.indexOf('<!--', from)
      nextComment = found < 0 ? length : found
    }
    if (nextComment >= end) return end
    let state: 'data' | 'escaped' | 'double' = 'data'
    let dashes = 0
    for (let i = nextComment; i < length; i++) {
      const code = bytes[i]!
      if (code === GREATER && dashes >= 2) state = 'data'
      dashes = code === DASH ? dashes + 1 : 0
      if (code !== LESS) continue
      if (bytes[i + 1] === SLASH && isNamed('script', i + 2)) {
        if (state !== 'double') return i
        state = 'escaped'
      } else if (state === 'data' && source.startsWith('<!--', i)) {
        state = 'escaped'
        i += 3
        dashes = 2
      } else if (state === 'escaped' && isNamed('script', i + 1)) {
        state = 'double'
      }
    }
    return length
  }

  function isForeign(): boolean {
    return foreign.length > 0 && foreign.at(-1) === TAG.svg
  }

  function leaveForeign(): void {
    while (isForeign()) foreign.pop()
  }

  function isNamed(name: string, from: number): boolean {
    for (let i = 0; i < name.length; i++) if ((bytes[from + i]! | 32) !== name.charCodeAt(i)) return false
    const code = bytes[from + name.length] ?? 0
    return code === SLASH || code === GREATER || isSpace(code)
  }

  function after(text: string, from: number): number {
    const end = source.indexOf(text, from)
    return end < 0 ? length : end + text.length
  }
}

function isLetter(code: number): boolean {
  const lower = code | 32
  return lower >= 97 && lower <= 122
}

/** Tab, line feed, form feed, carriage return, space. */
function isSpace(code: number): boolean {
  return code === 32 || (code <= 13 && code >= 9 && code !== 11)
}
