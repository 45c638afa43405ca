import {
  AFTER_SPACE_AND,
  ENTRY,
  EXISTS,
  entryLinks,
  LIVE,
  LIVE_FAILURE,
  NEXT_OUTPUT,
  NODE_SIZE,
  OUTPUT,
  SPACE_GOTO,
} from './entry-links.ts'
import { EntryTrie, ROOT, AFTER_SPACE } from './entry-trie.ts'
import { isUnspaced, LETTER, SPACE, UNIT_KINDS, WRAPPED } from './text-unit.ts'
import { FNV_BASIS, FNV_PRIME, folded } from './unit-table.ts'

const MOST_LOOKED_THROUGH = 32

/**
 * Where an entry is found. `words`: between spaces, MetaCLIP 1's rule. `scripts`: between spaces, but for a first or last
 * character that is punctuation or of a script without spaces, MetaCLIP 2's rule.
 */
export type MatchRule = 'words' | 'scripts'

export interface EntryMatcher {
  /** Numbers of the entries that are in a text, each once, in the order in which their first places end. */
  match(text: string): number[]
}

/**
 * Finds which of many entries are in a text: Aho-Corasick over words and single characters instead of letters. As
 * entries begin and end where such a unit of the text does, the outcome is that of a search for each entry.
 *
 * The text gets a space at either end and around each of `, . ; : ? !` and backquotes; tabs and line ends are spaces. The
 * entry is taken as it is, case and all, so that one with such a mark between letters is never found (MetaCLIP, arXiv
 * 2309.16671; code `substr_matching.py`). Of equal entries the first counts.
 * Memory: for 500,000 entries 70 MiB, and 180 while it is built.
 */
export function openMatcher(entries: readonly string[], rule: MatchRule): EntryMatcher {
  const trie = new EntryTrie()
  for (const [i, entry] of entries.entries()) trie.add(spaced(entry, rule), i)
  return automaton(trie)
}

/** An entry with the spaces that must be around it. */
export function spaced(entry: string, rule: MatchRule): string {
  if (rule === 'words') return ` ${entry} `
  const last = /[\ud800-\udbff][\udc00-\udfff]$/.test(entry) ? entry.length - 2 : entry.length - 1
  const before = isUnspaced(entry.codePointAt(0)!) ? '' : ' '
  const after = isUnspaced(entry.codePointAt(last)!) ? '' : ' '
  return `${before}${entry}${after}`
}

function automaton(trie: EntryTrie): EntryMatcher {
  const { nodes, fromRoot, edges } = entryLinks(trie)
  const { units } = trie
  const singles = new Int32Array(0x10000).fill(-1)
  for (let code = 0; code < 0x10000; code++) {
    if (UNIT_KINDS[code] !== LETTER) singles[code] = units.find(String.fromCharCode(code))
  }

  /** Where the automaton is after a unit; of -1, one that no entry has, at its root. */
  function step(state: number, unit: number): number {
    if (unit < 0) return ROOT
    for (let from = nodes[state + LIVE]!; ; from = nodes[from + LIVE_FAILURE]!) {
      if (from === AFTER_SPACE * NODE_SIZE) {
        const child = AFTER_SPACE_AND + 2 * NODE_SIZE * unit
        return nodes[child + EXISTS] === 1 ? child : fromRoot[unit]!
      }
      if (from === ROOT) return fromRoot[unit]!
      const child = edges.get(from, unit)
      if (child !== 0) return child
    }
  }

  function collect(state: number, found: Found): void {
    for (let node = nodes[state + OUTPUT]!; node !== 0; node = nodes[node + NEXT_OUTPUT]!) {
      found.add(nodes[node + ENTRY]!)
    }
  }

  return {
    match(text) {
      const found = new Found()
      const { length } = text
      let state = nodes[SPACE_GOTO]!
      for (let i = 0; i < length;) {
        let code = text.charCodeAt(i)
        const kind = UNIT_KINDS[code]!
        if (kind === LETTER) {
          const from = i
          let hash = FNV_BASIS
          do {
            hash = Math.imul(hash ^ code, FNV_PRIME)
            code = ++i < length ? text.charCodeAt(i) : 0x20
          } while (UNIT_KINDS[code] === LETTER)
          state = step(state, units.findHashed(text, from, i, folded(hash)))
        } else {
          i++
          if (kind === SPACE) state = nodes[state + SPACE_GOTO]!
          else if (kind === WRAPPED) {
            state = nodes[state + SPACE_GOTO]!
            if (nodes[state + OUTPUT] !== 0) collect(state, found)
            state = step(state, singles[code]!)
            if (nodes[state + OUTPUT] !== 0) collect(state, found)
            state = nodes[state + SPACE_GOTO]!
          } else state = step(state, singles[code]!)
        }
        if (nodes[state + OUTPUT] !== 0) collect(state, found)
      }
      state = nodes[state + SPACE_GOTO]!
      if (nodes[state + OUTPUT] !== 0) collect(state, found)
      return found.numbers
    },
  }
}

/** Numbers, each once. A caption has few entries: they are looked through, until a set pays. */
class Found {
  readonly numbers: number[] = []
  #set: Set<number> | null = null

  add(number: number): void {
    if (this.#set === null ? this.#isAmong(number) : this.#set.has(number)) return
    this.numbers.push(number)
    this.#set?.add(number)
    if (this.numbers.length === MOST_LOOKED_THROUGH) this.#set = new Set(this.numbers)
  }

  #isAmong(number: number): boolean {
    for (const other of this.numbers) if (other === number) return true
    return false
  }
}
