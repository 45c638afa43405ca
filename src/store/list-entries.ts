import type { Hash } from 'node:crypto'
import { PairloomError } from '../core/error.ts'
import { fileChunks } from './file-chunks.ts'
import { readLines } from './lines.ts'

export interface ListEntry {
  /** Without white space at its ends. */
  text: string
  /** `words.txt:12`. */
  place: string
}

/**
 * Lines of a list of the user's, plain or `.gz` or `.zst`, blank ones left out.
 *
 * hash, where given, gets the bytes, unpacked, as they are read.
 * @throws PairloomError `PL_INPUT` where the file cannot be read, or a line is no UTF-8 or over 1 MiB, with its number
 */
export async function* listEntries(path: string, hash?: Hash): AsyncGenerator<ListEntry> {
  async function* chunks() {
    for await (const chunk of fileChunks(path)) {
      hash?.update(chunk)
      yield chunk
    }
  }
  for await (const lines of readLines(chunks())) {
    for (const line of lines) {
      const place = `${path}:${line.line}`
      if ('fault' in line)
        throw new PairloomError(
          'PL_INPUT',
          `Expected lines of UTF-8 in a list, got one at ${place}: ${line.fault}`,
          {
            data: { path },
          },
        )
      const text = line.text.trim()
      if (text !== '') yield { text, place }
    }
  }
}

/** An entry that is none: where it is, what was expected and what came. */
export function entryError({ text, place }: ListEntry, expected: string): PairloomError {
  const shown = text.length > 60 ? `${text.slice(0, 59)}…` : text
  return new PairloomError('PL_INPUT', `Expected ${expected} at ${place}, got ${JSON.stringify(shown)}`, {
    data: { path: place.replace(/:\d+$/, '') },
  })
}
