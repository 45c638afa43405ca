import type { Line } from '../store/lines.ts'

/** The fields of one record, or what is wrong with it; with the line it begins on. */
export type Fields = { line: number; fields: string[] } | { line: number; fault: string }

/** A quote that is open for longer was never closed: the line it begins on is given up, those after it are not. */
const MAX_OPEN_LINES = 200
const MAX_OPEN_LENGTH = 256 * 1024

/**
 * Records of comma-separated values (RFC 4180): a field in quotes may hold commas, line ends and doubled quotes.
 * A quote inside a field that does not begin with one is a character like others. Blank lines are no records.
 */
export async function* readCsv(batches: AsyncIterable<Line[]>): AsyncGenerator<Fields[]> {
  let open: Extract<Line, { text: string }>[] = []
  for await (const batch of batches) {
    const records: Fields[] = []
    const queue = [...batch].reverse()
    for (let next = queue.pop(); next; next = queue.pop()) {
      if ('fault' in next) {
        const [first, ...others] = open
        open = []
        if (first) {
          records.push(neverClosed(first))
          queue.push(next, ...others.reverse())
        } else records.push(next)
        continue
      }
      if (open.length === 0 && next.text === '') continue
      open.push(next)
      if (open.length > 1 && !next.text.includes('"') && !isTooLong(open)) continue // It stays open.
      const fields = splitCsv(open.map(({ text }) => text).join('\n'))
      if (fields === null && !isTooLong(open)) continue
      const [{ line }] = open as [Line]
      if (Array.isArray(fields)) records.push({ line, fields })
      else if (fields !== null && open.length === 1) records.push({ line, fault: fields })
      else {
        records.push(neverClosed({ line }))
        queue.push(...open.slice(1).reverse())
      }
      open = []
    }
    yield records
  }
  // At the end of the file too: one line is given up, those after it are read.
  if (open.length === 0) return
  yield [neverClosed(open[0]!)]
  if (open.length > 1) yield* readCsv(once(open.slice(1)))
}

/**
 * Records of tab-separated values: a line is a record, and tabs part its fields. A field that is wholly in quotes,
 * those inside doubled, is taken out of them; others are as they are, so that captions may begin with a quote.
 */
export async function* readTsv(batches: AsyncIterable<Line[]>): AsyncGenerator<Fields[]> {
  for await (const batch of batches) {
    yield batch.flatMap((line): Fields[] => {
      if ('fault' in line) return [line]
      return line.text === '' ? [] : [{ line: line.line, fields: line.text.split('\t').map(unquoted) }]
    })
  }
}

/** The fields of a record; null where a quote is open at its end; or what is wrong. */
function splitCsv(record: string): string[] | string | null {
  if (!record.includes('"')) return record.split(',')
  const fields: string[] = []
  for (let at = 0; ; at++) {
    if (record[at] === '"') {
      const end = closingQuote(record, at + 1)
      if (end < 0) return null
      fields.push(record.slice(at + 1, end).replaceAll('""', '"'))
      at = end + 1
      if (at < record.length && record[at] !== ',') return 'characters after a closing quote'
    } else {
      const end = record.indexOf(',', at)
      fields.push(record.slice(at, end < 0 ? record.length : end))
      at = end < 0 ? record.length : end
    }
    if (at >= record.length) return fields
  }
}

function closingQuote(record: string, from: number): number {
  for (let at = from; ; at += 2) {
    at = record.indexOf('"', at)
    if (at < 0 || record[at + 1] !== '"') return at
  }
}

function unquoted(field: string): string {
  return /^"(?:[^"]|"")*"$/.test(field) ? field.slice(1, -1).replaceAll('""', '"') : field
}

function isTooLong(open: readonly { text: string }[]): boolean {
  return (
    open.length > MAX_OPEN_LINES || open.reduce((sum, { text }) => sum + text.length, 0) > MAX_OPEN_LENGTH
  )
}

function neverClosed({ line }: { line: number }): Fields {
  return { line, fault: 'a quote that is never closed' }
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield await Promise.resolve(value)
}
