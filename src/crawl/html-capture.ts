import type { HtmlSource } from './html-source.ts'

/** Longer texts around pictures are cut: they caption nothing. Characters. */
const MAX_CHARACTERS = 2000

/** Words of Latin letters with single blanks between them, as most are. */
const CLEAN = /^[!-~\u00a1-\u024f]+(?: [!-~\u00a1-\u024f]+)*$/

/** A run of a document's text: of a link, a heading, a figcaption. */
export interface Capture {
  /** Its segments, in Captures' list. */
  from: number
  to: number | null
  text: string | null
}

/** Text of a document while somebody wants it: where it stands, decoded only when asked for. */
export class Captures {
  readonly #source: HtmlSource
  /** Start and end of each piece of text, bytes; -1 twice for a gap between words. */
  readonly #segments: number[] = []
  open = 0

  constructor(source: HtmlSource) {
    this.#source = source
  }

  start(): Capture {
    this.open++
    return { from: this.#segments.length, to: null, text: null }
  }

  stop(capture: Capture): void {
    if (capture.to !== null) return
    this.open--
    capture.to = this.#segments.length
  }

  add(start: number, end: number): void {
    this.#segments.push(start, end)
  }

  /** A tag that is no part of a word stands here. */
  gap(): void {
    if (this.#segments.at(-1) !== -1) this.#segments.push(-1, -1)
  }

  /** Cleaned text; of a capture that never stopped, up to the end of the document. */
  textOf(capture: Capture): string {
    if (capture.text !== null) return capture.text
    const to = capture.to ?? this.#segments.length
    let text = ''
    for (let i = capture.from; i < to && text.length < 2 * MAX_CHARACTERS; i += 2) {
      const start = this.#segments[i]!
      text +=
        start < 0
          ? ' '
          : this.#source.text(start, Math.min(this.#segments[i + 1]!, start + 8 * MAX_CHARACTERS))
    }
    capture.text = cleanText(text)
    return capture.text
  }
}

/** White space collapsed, storable: control characters and halves of surrogate pairs could not be stored as text. */
export function cleanText(text: string): string {
  if (text.length <= MAX_CHARACTERS && CLEAN.test(text)) return text
  const clean = text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .toWellFormed()
  if (clean.length <= MAX_CHARACTERS) return clean
  // Not within a surrogate pair.
  return clean
    .slice(0, MAX_CHARACTERS)
    .replace(/[\ud800-\udbff]$/, '')
    .trimEnd()
}
