import { isUtf8 } from 'node:buffer'

/** One value of a JSON file as text, or what is wrong with it; with the line it begins on. */
export type JsonText = { line: number; text: string } | { line: number; fault: string }

/** Longer values are refused: bytes. */
const MAX_VALUE_BYTES = 2 ** 20

const [QUOTE, COMMA, NEWLINE, BACKSLASH] = [0x22, 0x2c, 0x0a, 0x5c]
const [OPEN_LIST, CLOSE_LIST, OPEN_MAP, CLOSE_MAP] = [0x5b, 0x5d, 0x7b, 0x7d]

/**
 * The values of a JSON array, or of values one after another, without holding the file: the text of each is cut out
 * by its brackets and quotes, and not parsed.
 *
 * Memory: a chunk and a value of at most 1 MiB.
 */
export async function* readJsonTexts(chunks: AsyncIterable<Buffer>): AsyncGenerator<JsonText[]> {
  let line = 1
  let depth = 0 // Brackets open inside the value.
  let isString = false
  let isEscaped = false
  let isInArray = false
  let value: { line: number; parts: Buffer[]; bytes: number } | null = null
  let found: JsonText[] = []

  function keep(part: Buffer): void {
    value!.bytes += part.length
    if (value!.bytes > MAX_VALUE_BYTES) value!.parts = []
    else value!.parts.push(part)
  }
  function end(): void {
    const { line: at, parts, bytes } = value!
    const text = Buffer.concat(parts)
    if (bytes > MAX_VALUE_BYTES) found.push({ line: at, fault: `over ${MAX_VALUE_BYTES} bytes` })
    else if (!isUtf8(text)) found.push({ line: at, fault: 'not UTF-8' })
    else found.push({ line: at, text: text.toString('utf8') })
    value = null
  }

  for await (const chunk of chunks) {
    let from = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!
      if (byte === NEWLINE) line++
      if (isString) {
        if (isEscaped) isEscaped = false
        else if (byte === BACKSLASH) isEscaped = true
        else if (byte === QUOTE) isString = false
        continue
      }
      const isBlank = byte <= 0x20
      if (depth === 0 && value === null) {
        // Byte order mark, commas and blanks between values, and the brackets of the array itself.
        if (isBlank || byte === COMMA || byte === 0xef || byte === 0xbb || byte === 0xbf) continue
        if (byte === CLOSE_LIST || (byte === OPEN_LIST && !isInArray)) {
          isInArray = byte === OPEN_LIST
          continue
        }
        value = { line, parts: [], bytes: 0 }
        from = at
      } else if (depth === 0 && (isBlank || byte === COMMA || byte === CLOSE_LIST)) {
        keep(chunk.subarray(from, at))
        end()
        isInArray &&= byte !== CLOSE_LIST
        continue
      }
      if (byte === QUOTE) isString = true
      else if (byte === OPEN_LIST || byte === OPEN_MAP) depth++
      else if (byte === CLOSE_LIST || byte === CLOSE_MAP) {
        depth--
        if (depth > 0) continue
        depth = 0
        keep(chunk.subarray(from, at + 1))
        end()
      }
    }
    if (value !== null) keep(chunk.subarray(from))
    if (found.length > 0) yield found
    found = []
  }
  if (value === null) return
  const { line: at } = value as { line: number }
  yield [{ line: at, fault: 'the file ends inside a value' }]
}
