import { z } from 'zod'
import type { Row } from '../../core/column.ts'
import { captionOf, type Text } from '../../core/row.ts'
import { defineStage } from '../../core/stage.ts'
import { entriesDigest, entryFiles, ONE_LIST, OTHER_LIST, readEntries, type EntryFile } from './entry-list.ts'
import { openMatcher, type EntryMatcher, type MatchRule } from './entry-matcher.ts'

const NAME = 'filter/entries'

const options = z.strictObject({
  // No default: the list decides what the data set is about.
  metadata: z
    .string()
    .min(1)
    .describe(
      'list of entries: a file of lines or of JSON, `.gz` or `.zst` too; or a folder with one a language, such as en.txt and de.json.gz, and `other` for languages without one',
    ),
  match: z
    .enum(['scripts', 'words'])
    .default('scripts')
    .describe(
      'words: an entry is found between spaces, as in MetaCLIP 1; scripts: not so next to a script without spaces or to punctuation that it begins or ends with, as in MetaCLIP 2',
    ),
})

/**
 * Finds the entries of a list in captions, for `filter/balance`, and drops captions that have none (`no-entry`).
 *
 * MetaCLIP's metadata (arXiv 2309.16671, section 3; 2507.22062 with a list a language). Case counts. A row's language is
 * `language_label`, as `filter/language` measures it, else that of its text; one without a list, and without `other`,
 * is dropped as `no-list`.
 * Memory: 110 MiB a worker for a list of 500,000, and 180 more while it is built.
 */
export const entries = defineStage({
  name: NAME,
  version: 1,
  summary: 'Find the entries of a metadata list in captions, and drop captions without any',
  options,
  identity: ({ metadata }) => entriesDigest(metadata),
  reads: ['texts', 'caption'],
  adds: {
    entries_list: { type: 'utf8', nullable: true, doc: 'list that was looked in: a language, other or all' },
    entries_matched: {
      type: 'list<utf8>',
      nullable: true,
      doc: 'entries of the list that the caption has, each once, in the order in which they end',
    },
  },
  async *process(batches, { options: { metadata, match }, drop }) {
    const lists = await openLists(metadata, match)
    for await (const rows of batches) {
      const kept: Row[] = []
      for (const row of rows) {
        const language = languageOf(row)
        const list = await lists.of(language)
        if (list === null) {
          const verdict = { status: 'dropped', rule: NAME, reason: 'no-list' } as const
          drop({ ...row, entries_list: null, entries_matched: [] }, { ...verdict, value: language })
          continue
        }
        const matched = list.matcher.match(captionOf(row)).map((i) => list.entries[i]!)
        const measured = { ...row, entries_list: list.name, entries_matched: matched }
        if (matched.length > 0) kept.push(measured)
        else {
          const limit = `one of ${list.entries.length} entries`
          drop(measured, { status: 'dropped', rule: NAME, reason: 'no-entry', value: '0', limit })
        }
      }
      yield kept
    }
  },
})

function languageOf(row: Row): string {
  if (typeof row.language_label === 'string') return row.language_label
  const texts = row.texts as Text[] | null | undefined
  return texts?.[(row.caption as number | null) ?? 0]?.language ?? OTHER_LIST
}

interface OpenList {
  name: string
  entries: string[]
  matcher: EntryMatcher
}

interface OpenLists {
  /** The list for a language, read when it is first asked for, or null where none is. */
  of(language: string): Promise<OpenList | null> | OpenList | null
}

let last: { key: string; lists: Promise<OpenLists> } | null = null

/** The lists of a stage, once a process for all of its tasks. */
async function openLists(path: string, rule: MatchRule): Promise<OpenLists> {
  const key = `${rule} ${await entriesDigest(path)}`
  if (last?.key !== key) last = { key, lists: listsOf(path, rule) }
  return last.lists
}

async function listsOf(path: string, rule: MatchRule): Promise<OpenLists> {
  const files = new Map((await entryFiles(path)).map((file) => [file.name, file]))
  const open = new Map<string, OpenList>()
  async function read({ name, path: file }: EntryFile): Promise<OpenList> {
    const { entries: found } = await readEntries(file)
    const list = { name, entries: found, matcher: openMatcher(found, rule) }
    open.set(name, list)
    return list
  }
  return {
    of(language) {
      const file = files.get(ONE_LIST) ?? files.get(language) ?? files.get(OTHER_LIST)
      return file === undefined ? null : (open.get(file.name) ?? read(file))
    },
  }
}
