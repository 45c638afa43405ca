/** The segmenter gets a text in pieces of this length, UTF-16 units: it takes ever longer for each word of a long one. */
const SEGMENT_LENGTH = 1000

let segmenter: Intl.Segmenter | null = null

/** Words of a text in scripts without spaces, by the dictionary of ICU. */
export interface Segments {
  /** The segment that holds a place, as places of the text, and whether it is a word. */
  at(place: number): { start: number; end: number; isWord: boolean }
}

export function segmentsOf(text: string): Segments {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'word' })
  let base = -1
  let segments: Intl.Segments
  return {
    at(place) {
      const offset = place % SEGMENT_LENGTH
      if (place - offset !== base) {
        base = place - offset
        segments = segmenter!.segment(text.slice(base, base + SEGMENT_LENGTH))
      }
      const { index, segment, isWordLike } = segments.containing(offset)!
      return { start: base + index, end: base + index + segment.length, isWord: isWordLike === true }
    },
  }
}
