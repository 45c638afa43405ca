import type { Columns, Row } from './column.ts'
import { hash128 } from './hash.ts'

/** One text that a page gives an image. */
export interface Text {
  /** Where it was found: `alt`, `title`, `figcaption`, `list` … */
  kind: string
  text: string
  /** ISO 639-1 code, once a stage has detected it. */
  language: string | null
  /** Confidence of the language, 0..1. */
  score: number | null
  /** The page's URL, or null where a list gave the pair. */
  page: string | null
}

/** A row before its image is fetched: an image URL and the texts around it. */
export interface LinkRow extends Row {
  uid: string
  image_id: string
  url: string
  /** Registrable domain of the image's host, the unit of politeness. */
  site: string
  texts: Text[]
  /** Index into `texts` of the caption. */
  caption: number
  /** Uids of rows that were merged into this one. */
  merged_uids: string[]
}

/** A row whose image is stored. */
export interface ImageRow extends LinkRow {
  /** Where the bytes lie: data set (`stage/fingerprint12`), partition, offset and length in its tar. */
  bytes_dataset: string
  bytes_part: number
  bytes_offset: number
  bytes_length: number
  /** Size of the stored picture, px. */
  width: number
  height: number
  /** Format of the stored picture: `jpeg`, `png`, `webp`. */
  format: string
  /** Of the bytes as the origin sent them. */
  sha256: string
  original_width: number
  original_height: number
  original_format: string
  /** Its compressed pixels are those that the origin sent. */
  is_original: boolean
  is_truncated: boolean
  /** The frame that is shown, and how many there are. */
  frame: number
  frames: number
}

export const LINK_COLUMNS = {
  uid: {
    type: 'utf8',
    distinct: true,
    doc: 'first 128 bits of sha256(href, 0x00, NFC of the first text), 32 hex digits',
  },
  image_id: {
    type: 'utf8',
    distinct: true,
    doc: 'first 128 bits of sha256(href without fragment), 32 hex digits',
  },
  url: { type: 'utf8', distinct: true, doc: 'image URL, WHATWG href without fragment' },
  site: { type: 'utf8', doc: 'registrable domain of the URL (Public Suffix List with its private section)' },
  texts: { type: 'texts', doc: 'texts of the image: kind, text, language, score, page' },
  caption: { type: 'int32', doc: 'index into texts of the caption' },
  merged_uids: { type: 'list<utf8>', doc: 'uids of the rows merged into this one' },
} as const satisfies Columns

export const BYTES_COLUMNS = {
  bytes_dataset: { type: 'utf8', doc: 'data set that holds the bytes: stage/fingerprint12' },
  bytes_part: { type: 'int32', doc: 'partition of that data set' },
  bytes_offset: { type: 'int64', doc: 'offset of the bytes in the tar of that partition, bytes' },
  bytes_length: { type: 'int64', doc: 'length, bytes' },
} as const satisfies Columns

export const IMAGE_COLUMNS = {
  ...BYTES_COLUMNS,
  width: { type: 'int32', doc: 'width of the stored picture, px' },
  height: { type: 'int32', doc: 'height of the stored picture, px' },
  format: { type: 'utf8', doc: 'format of the stored picture: jpeg, png or webp' },
  sha256: { type: 'utf8', distinct: true, doc: 'sha256 of the bytes as the origin sent them, 64 hex digits' },
  original_width: { type: 'int32', doc: 'width at the origin after EXIF rotation, px' },
  original_height: { type: 'int32', doc: 'height at the origin after EXIF rotation, px' },
  original_format: { type: 'utf8', doc: 'format at the origin: jpeg, png, webp, gif, avif …' },
  is_original: {
    type: 'bool',
    doc: 'the compressed pixels are those that the origin sent, only metadata is gone',
  },
  is_truncated: { type: 'bool', doc: 'the picture ends early: what is missing is gray or black' },
  frame: { type: 'int32', doc: 'number of the frame that is shown, from 0 on; 0 of a still picture' },
  frames: { type: 'int32', doc: 'frames at the origin; 1 of a still picture' },
} as const satisfies Columns

/** Columns of a further stored size of a picture. Its bytes lie in the tar of the first one. */
export function sizeColumns(name: string): Columns {
  const column = (what: string) => `image_${name}_${what}`
  return {
    [column('bytes_offset')]: {
      type: 'int64',
      volatile: true,
      doc: `offset of size ${name} in that tar, bytes`,
    },
    [column('bytes_length')]: { type: 'int64', volatile: true, doc: `length of size ${name}, bytes` },
    [column('width')]: { type: 'int32', doc: `width of size ${name}, px` },
    [column('height')]: { type: 'int32', doc: `height of size ${name}, px` },
  }
}

/** The WHATWG href without its fragment, or null where the text is no absolute http(s) URL. */
export function canonicalUrl(href: string, base?: string): string | null {
  const url = URL.parse(href.trim(), base)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return null
  url.hash = ''
  return url.href
}

/** Key of an image's fetch and bytes. `url` as `canonicalUrl` gives it. */
export function imageId(url: string): string {
  return hash128(url)
}

/** Id of a row: fixed by its source, never computed again. `url` as `canonicalUrl` gives it. */
export function uid(url: string, firstText: string): string {
  return hash128(`${url}\0${firstText.normalize('NFC')}`)
}

/** The text chosen as the caption, or the empty string. */
export function captionOf(row: { texts?: unknown; caption?: unknown }): string {
  const texts = row.texts as Text[] | undefined
  return texts?.[(row.caption as number | undefined) ?? 0]?.text ?? ''
}
