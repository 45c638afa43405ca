import { headerUse } from './consent-page.ts'
import {
  CREATIVE_COMMONS,
  isLicenseRel,
  isWantedMeta,
  USE_HEADERS,
  type WatImage,
  type WatPage,
} from './wat-page.ts'

const QUOTE = 34
const COMMA = 44
const COLON = 58
const OPEN_LIST = 91
const BACKSLASH = 92
const CLOSE_LIST = 93
const OPEN = 123
const CLOSE = 125

/** Where the values of keys that are read stand in `spans`. */
const PATH_AT = 0
const URL_AT = 2
const ALT_AT = 4
const TITLE_AT = 6
const REL_AT = 8
const NAME_AT = 10
const PROPERTY_AT = 12
const EQUIV_AT = 14
const CONTENT_AT = 16
const SPANS = 18
const BEFORE_REL = /"rel":"li$/
const BEFORE_COMMONS = /"url":"(?:https?:)?(?:\\?\/){2}(?:www\.)?creati$/i

/**
 * The page of a WAT record without parsing it: what `parseWat` gives, at a third of the cost.
 *
 * Searched are the names that matter, in whatever order the keys stand. This rests on two facts of JSON without white
 * space: a key with its quotes and what follows (`"Links":[`) stands in no text, as its quotes would be escaped; and a
 * brace with a quote (`{"`) at the end of a text is followed by no letter.
 * Null where the record is of no HTML response; `unsure` where the layout is another, for `parseWat` to say.
 */
export function scanWat(block: Buffer, agent: string): WatPage | null | 'unsure' {
  const json = block.toString('latin1')
  const html = json.indexOf('"HTML-Metadata"')
  if (html < 0) return null
  // Whoever writes JSON without white space does so everywhere.
  if (!/^:\{["}]/.test(json.slice(html + 15, html + 18)) || !/^\{"[\w-]+":[{["\d]/.test(json)) return 'unsure'
  try {
    return scan(block, json, html + 16, agent)
  } catch (error) {
    if (error === UNSURE) return 'unsure'
    throw error
  }
}

const UNSURE = new Error('not the layout that is searched')

function scan(block: Buffer, json: string, html: number, agent: string): WatPage {
  /** Start and end of each field's value in the last object; 0 where it has none. */
  const spans = new Int32Array(SPANS)
  const page: WatPage = {
    status: readStatus(),
    robotsTags: [],
    use: headerUse(() => []),
    base: null,
    metas: [],
    images: [],
    bareImages: 0,
    licenses: [[], []],
  }
  expectNoUseHeaders()
  const headKey = json.indexOf('"Head":{', html)
  const head = headKey < 0 ? html : headKey + 7
  const headEnd = headKey < 0 ? html : readHead(head)
  const links = json.startsWith(',"Links":[', headEnd) ? headEnd + 1 : json.indexOf('"Links":[', html)
  if (links >= 0) readImages(links)
  readLicenses()
  return page

  function readStatus(): string | null {
    const at = json.indexOf('"Response-Message":{')
    if (at < 0) return null
    const value = json.slice(at, skipValue(at + 19))
    return /"Status":"([^"\\]*)"/.exec(value)?.[1] ?? null
  }

  function expectNoUseHeaders(): void {
    const at = json.indexOf('"Headers":{')
    if (at >= 0 && USE_HEADERS.test(json.slice(at, skipValue(at + 10)))) throw UNSURE
  }

  /** Gives the end of the head. */
  function readHead(from: number): number {
    let i = from + 1
    while (json.charCodeAt(i) !== CLOSE) {
      if (json.charCodeAt(i) !== QUOTE) throw UNSURE
      const keyEnd = stringEnd(i + 1)
      if (json.charCodeAt(keyEnd + 1) !== COLON) throw UNSURE
      const key = json.slice(i + 1, keyEnd)
      const value = keyEnd + 2
      i = skipValue(value)
      if (key === 'Base' && json.charCodeAt(value) === QUOTE) page.base = text(value + 1, i - 1)
      else if (key === 'Metas' && json.charCodeAt(value) === OPEN_LIST) readMetas(value)
      if (json.charCodeAt(i) === COMMA) i++
    }
    return i + 1
  }

  function readMetas(from: number): void {
    for (let i = from + 1; json.charCodeAt(i) === OPEN; i++) {
      i = readObject(i)
      if (spans[CONTENT_AT] === 0) continue
      for (const place of [NAME_AT, PROPERTY_AT, EQUIV_AT]) {
        const name = field(place)?.trim().toLowerCase()
        if (name === undefined || !isWantedMeta(name, agent)) continue
        page.metas.push({ name, content: field(CONTENT_AT)! })
        break
      }
    }
  }

  function readImages(from: number): void {
    let last: WatImage | null = null
    for (let hit = json.indexOf('IMG@', from); hit >= 0; hit = json.indexOf('IMG@', hit + 4)) {
      if (!json.startsWith('"path":"', hit - 8) || (hit > head && hit < headEnd)) continue
      readObject(objectStart(hit))
      const path = field(PATH_AT)
      if (spans[URL_AT] === 0) continue
      if (path === 'IMG@/src') {
        last = null
        if (spans[ALT_AT] === 0 && spans[TITLE_AT] === 0) page.bareImages++
        else {
          last = { url: field(URL_AT)!, alt: field(ALT_AT), title: field(TITLE_AT), longdesc: null }
          page.images.push(last)
        }
      } else if (path === 'IMG@/longdesc' && last !== null) last.longdesc ??= field(URL_AT)
    }
  }

  function readLicenses(): void {
    const found = new Map<number, { isNamed: boolean; url: string }>()
    const look = (word: string, before: RegExp) => {
      for (let hit = json.indexOf(word, html); hit >= 0; hit = json.indexOf(word, hit + 1)) {
        if (!before.test(json.slice(hit - 32, hit))) continue
        const at = objectStart(hit)
        readObject(at)
        if (spans[URL_AT] === 0) continue
        const url = field(URL_AT)!
        const isNamed = isLicenseRel(field(REL_AT) ?? '')
        // What is in the head comes first, wherever it stands.
        const place = at >= head && at < headEnd ? at - json.length : at
        if (isNamed || CREATIVE_COMMONS.test(url)) found.set(place, { isNamed, url })
      }
    }
    // Short words that begin with a rare letter: the engine looks for that letter first.
    look('cense', BEFORE_REL)
    look('vecomm', BEFORE_COMMONS)
    for (const [, { isNamed, url }] of [...found].sort(([a], [b]) => a - b))
      page.licenses[isNamed ? 0 : 1].push(url)
  }

  /** The brace of the object that a place in one of its texts or keys belongs to. */
  function objectStart(place: number): number {
    for (let at = place; at > 0; at--) {
      at = json.lastIndexOf('{"', at)
      if (at < 0) break
      if (isLetter(json.charCodeAt(at + 2))) return at
    }
    throw UNSURE
  }

  /** Reads an object of texts into `spans`; gives its end. */
  function readObject(from: number): number {
    for (let place = 0; place < SPANS; place += 2) spans[place] = 0
    let i = from + 1
    if (json.charCodeAt(i) === CLOSE) return i + 1
    for (;;) {
      if (json.charCodeAt(i) !== QUOTE) throw UNSURE
      const keyEnd = stringEnd(i + 1)
      if (json.charCodeAt(keyEnd + 1) !== COLON || json.charCodeAt(keyEnd + 2) !== QUOTE) throw UNSURE
      const valueEnd = stringEnd(keyEnd + 3)
      const place = placeOf(i + 1, keyEnd)
      if (place >= 0) {
        spans[place] = keyEnd + 3
        spans[place + 1] = valueEnd
      }
      i = valueEnd + 1
      const code = json.charCodeAt(i)
      if (code === CLOSE) return i + 1
      if (code !== COMMA) throw UNSURE
      i++
    }
  }

  /** The place of a key, -1 for those that are not read. */
  function placeOf(start: number, end: number): number {
    const is = (key: string, place: number) => (json.startsWith(key, start) ? place : -1)
    const first = json.charCodeAt(start)
    switch (end - start) {
      case 3:
        return first === 117 ? is('url', URL_AT) : first === 97 ? is('alt', ALT_AT) : is('rel', REL_AT)
      case 4:
        return first === 112 ? is('path', PATH_AT) : first === 110 ? is('name', NAME_AT) : -1
      case 5:
        return is('title', TITLE_AT)
      case 7:
        return is('content', CONTENT_AT)
      case 8:
        return is('property', PROPERTY_AT)
      case 10:
        return is('http-equiv', EQUIV_AT)
      default:
        return -1
    }
  }

  function field(place: number): string | null {
    return spans[place] === 0 ? null : text(spans[place]!, spans[place + 1]!)
  }

  function text(start: number, end: number): string {
    const latin1 = json.slice(start, end)
    // A slice would keep the whole record in memory.
    if (!/[\\\x80-\xff]/.test(latin1)) return block.toString('latin1', start, end)
    const utf8 = block.toString('utf8', start, end)
    return latin1.includes('\\') ? (JSON.parse(`"${utf8}"`) as string) : utf8
  }

  /** The closing quote of a text. */
  function stringEnd(from: number): number {
    for (let end = json.indexOf('"', from); end >= 0; end = json.indexOf('"', end + 1)) {
      let escapes = 0
      while (json.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++
      if (escapes % 2 === 0) return end
    }
    throw UNSURE
  }

  /** The end of a value. */
  function skipValue(from: number): number {
    let depth = 0
    for (let i = from; i < json.length; i++) {
      const code = json.charCodeAt(i)
      if (code === QUOTE) i = stringEnd(i + 1)
      else if (code === OPEN || code === OPEN_LIST) depth++
      else if (code === CLOSE || code === CLOSE_LIST) depth--
      // Of a number or a word.
      else if (depth > 0 || isWord(json.charCodeAt(i + 1))) continue
      if (depth === 0) return i + 1
    }
    throw UNSURE
  }
}

function isWord(code: number): boolean {
  return isLetter(code) || (code >= 43 && code <= 57 && code !== COMMA)
}

function isLetter(code: number): boolean {
  return (code | 32) >= 97 && (code | 32) <= 122
}
