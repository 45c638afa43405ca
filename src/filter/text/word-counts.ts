import { entryError, listEntries } from '../../store/list-entries.ts'
import { userLists } from '../user-list.ts'
import { characterKinds, SPACE } from './character-kind.ts'
import { fold } from './fold.ts'

/** How often a word occurs where a list was counted, by the folded word. */
export type WordCounts = ReadonlyMap<string, number>

/**
 * Opens a list of words, one a line, each with its count where it has one (`word 1234`, parted by white space or a comma);
 * without, it counts 1. Words that differ in case alone count together. A line that begins with `#` is a comment.
 *
 * Memory: some 100 bytes a word.
 * @throws PairloomError `PL_INPUT` where the file cannot be read, a line is no word, or there is none
 */
export const openWordCounts = userLists(async (paths): Promise<WordCounts> => {
  const counts = new Map<string, number>()
  for (const path of paths) {
    for await (const entry of listEntries(path)) {
      if (entry.text.startsWith('#')) continue
      const [, written = '', digits] = /^([^\s,]+)(?:(?:\s+|\s*,\s*)(\d+))?$/.exec(entry.text) ?? []
      const count = Number(digits ?? 1)
      if (!isWord(written) || !Number.isSafeInteger(count))
        throw entryError(entry, 'a word, or a word and its count,')
      const word = fold(written)
      counts.set(word, (counts.get(word) ?? 0) + count)
    }
  }
  if (counts.size === 0)
    throw entryError({ text: '', place: `${paths.join(', ')}:1` }, 'a list with at least one word')
  return counts
})

function isWord(text: string): boolean {
  const kinds = characterKinds()
  for (let i = 0; i < text.length; i++) if (kinds[text.charCodeAt(i)]! > SPACE) return true
  return false
}
