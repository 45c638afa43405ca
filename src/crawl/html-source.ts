import { TextDecoder } from 'node:util'
import { charsetOf } from './html-charset.ts'
import { decodeAttribute, decodeText } from './html-entities.ts'

/** The bytes of a document, and the texts in them. */
export class HtmlSource {
  readonly bytes: Buffer
  /** The bytes as Latin-1 text: offsets are the same. */
  readonly latin1: string
  /** The encoding's name by the Encoding standard. */
  readonly charset: string
  readonly #decoder: TextDecoder | null

  constructor(bytes: Buffer, contentType: string | null) {
    this.charset = charsetOf(bytes, contentType)
    // Where a byte of `<` may be another character's, the document is read as UTF-8.
    const isForeign = this.charset.startsWith('utf-16') || this.charset === 'iso-2022-jp'
    this.bytes = isForeign ? Buffer.from(new TextDecoder(this.charset).decode(bytes)) : bytes
    this.latin1 = this.bytes.toString('latin1')
    this.#decoder =
      isForeign || this.charset === 'utf-8' ? null : new TextDecoder(this.charset, { ignoreBOM: true })
  }

  /** Characters as they stand, references too. */
  slice(start: number, end: number): string {
    if (start >= end) return ''
    return this.#decoder === null
      ? this.bytes.toString('utf8', start, end)
      : this.#decoder.decode(this.bytes.subarray(start, end))
  }

  /** An attribute's value. */
  attribute(start: number, end: number): string {
    return decodeAttribute(this.slice(start, end))
  }

  text(start: number, end: number): string {
    return decodeText(this.slice(start, end))
  }
}
