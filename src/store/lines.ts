import { isUtf8 } from 'node:buffer'

/** One line, or what is wrong with it. Lines are counted from 1. */
export type Line = { line: number; text: string } | { line: number; fault: string }

/** Longer lines are refused: bytes. */
const MAX_LINE_BYTES = 2 ** 20
const LONG = `over ${MAX_LINE_BYTES} bytes`
const NEWLINE = 0x0a
const BYTE_ORDER_MARK = Buffer.from('\uFEFF')

/**
 * The lines of a file without their ends (`\n`, `\r\n`), chunk by chunk. A byte order mark is left out.
 *
 * Memory: a chunk and a line of at most 1 MiB.
 */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line[]> {
  let rest: Buffer = Buffer.alloc(0)
  let count = 0
  let isSkipping = false // The line was too long: all up to its end is passed over.
  for await (const chunk of chunks) {
    let from = 0
    if (isSkipping) {
      from = chunk.indexOf(NEWLINE) + 1
      if (from === 0) continue
      isSkipping = false
    }
    const end = chunk.lastIndexOf(NEWLINE)
    if (end >= from) {
      const lines = linesOf(Buffer.concat([rest, chunk.subarray(from, end)]), count)
      count += lines.length
      yield lines
      rest = Buffer.from(chunk.subarray(end + 1))
    } else rest = Buffer.concat([rest, chunk.subarray(from)])
    if (rest.length > MAX_LINE_BYTES) {
      yield [{ line: ++count, fault: LONG }]
      rest = Buffer.alloc(0)
      isSkipping = true
    }
  }
  if (rest.length > 0) yield linesOf(rest, count)
}

/** Lines of a block that ends before a line's end. Whole blocks are decoded at once where all of it is UTF-8. */
function linesOf(block: Buffer, before: number): Line[] {
  const start = before === 0 && BYTE_ORDER_MARK.equals(block.subarray(0, 3)) ? 3 : 0
  const texts: (string | null)[] = isUtf8(block) ? block.toString('utf8', start).split('\n') : []
  if (texts.length === 0) {
    for (let at = start, end = 0; end >= 0; at = end + 1) {
      end = block.indexOf(NEWLINE, at)
      const line = block.subarray(at, end < 0 ? block.length : end)
      texts.push(isUtf8(line) ? line.toString('utf8') : null)
    }
  }
  return texts.map((text, i) => {
    const line = before + i + 1
    if (text === null) return { line, fault: 'not UTF-8' }
    if (text.length > MAX_LINE_BYTES) return { line, fault: LONG }
    return { line, text: text.endsWith('\r') ? text.slice(0, -1) : text }
  })
}
