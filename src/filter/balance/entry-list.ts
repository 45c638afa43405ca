import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PairloomError } from '../../core/error.ts'
import { fileChunks } from '../../store/file-chunks.ts'
import { entryError, listEntries, type ListEntry } from '../../store/list-entries.ts'

/** Longest entry, UTF-16 units: as MetaCLIP 2 has it. */
const MAX_ENTRY_LENGTH = 256
/** Name of the list where one serves all languages. */
export const ONE_LIST = 'all'
/** List of a folder for languages that have none there. */
export const OTHER_LIST = 'other'

const FILE_NAME = /^([a-z][a-z0-9_-]*)\.(?:txt|json)(?:\.gz|\.zst)?$/i
const EXPECTED_ENTRY = `an entry of 1 to ${MAX_ENTRY_LENGTH} characters without tabs and controls`

/** One list of entries, not read yet. */
export interface EntryFile {
  /** Language, `other` or `all`. */
  name: string
  path: string
}

/**
 * The lists that a path means: a file is one for all languages, a folder has one a language, `en.txt`, `de.json.gz`.
 *
 * @throws PairloomError `PL_INPUT` where there is none, or a file of a folder is none
 */
export async function entryFiles(path: string): Promise<EntryFile[]> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw inputError(path, `Expected a list of entries, or a folder of them, in ${path}, got ${error.code}`)
  })
  if (!found.isDirectory()) return [{ name: ONE_LIST, path }]
  const files = new Map<string, EntryFile>()
  for (const file of (await readdir(path)).filter((f) => !f.startsWith('.')).sort()) {
    const name = FILE_NAME.exec(file)?.[1]!.toLowerCase()
    if (name === undefined)
      throw inputError(path, `Expected files such as en.txt, de.json or ja.txt.gz in ${path}, got ${file}`)
    const before = files.get(name)
    if (before)
      throw inputError(path, `Expected one list of ${name} in ${path}, got ${before.path} and ${file}`)
    files.set(name, { name, path: join(path, file) })
  }
  if (files.size === 0)
    throw inputError(path, `Expected lists such as en.txt in ${path}, got an empty folder`)
  return [...files.values()]
}

/**
 * The entries of a list: lines of text, or JSON, an array of them or a map whose keys they are; `.gz` and `.zst` unpacked.
 *
 * Memory: the list, and while it is read 50 bytes an entry.
 * @throws PairloomError `PL_INPUT` with the place where a list is empty, or an entry is none or comes twice
 */
export async function readEntries(path: string): Promise<{ entries: string[]; digest: string }> {
  const hash = createHash('sha256')
  const places = new Map<string, string | number>()
  const isJson = /\.json(?:\.gz|\.zst)?$/i.test(path)
  for await (const entry of isJson ? jsonEntries(path) : listEntries(path)) {
    const { text, place } = entry
    // oxlint-disable-next-line no-control-regex -- the rule is about them
    if (text.length > MAX_ENTRY_LENGTH || /[\0-\x1f\x7f]/.test(text) || !text.isWellFormed() || text === '')
      throw entryError(entry, EXPECTED_ENTRY)
    const before = places.get(text)
    if (before !== undefined) throw entryError(entry, `no entry twice, as the one at ${before},`)
    places.set(text, place)
    hash.update(`${text}\n`)
  }
  if (places.size === 0) throw inputError(path, `Expected at least one entry in ${path}, got none`)
  return { entries: [...places.keys()], digest: hash.digest('hex') }
}

/** Digest of all lists of a path, every one of them checked; read again only where a file has changed. */
export async function entriesDigest(path: string): Promise<string> {
  const files = await entryFiles(path)
  const stats = await Promise.all(files.map((f) => stat(f.path)))
  const key = JSON.stringify(files.map((f, i) => [f, stats[i]!.size, stats[i]!.mtimeMs]))
  if (lastDigest?.key !== key) {
    const hash = createHash('sha256')
    for (const { name, path: file } of files) hash.update(`${name} ${(await readEntries(file)).digest}\n`)
    lastDigest = { key, digest: hash.digest('hex') }
  }
  return lastDigest.digest
}

let lastDigest: { key: string; digest: string } | null = null

async function* jsonEntries(path: string): AsyncGenerator<ListEntry> {
  const chunks: Buffer[] = []
  for await (const chunk of fileChunks(path)) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  if (!isUtf8(bytes)) throw inputError(path, `Expected JSON of UTF-8 in ${path}, got other bytes`)
  const value = parsed(bytes.toString('utf8'), path)
  const isMap = value !== null && typeof value === 'object' && !Array.isArray(value)
  if (!isMap && !Array.isArray(value))
    throw inputError(path, `Expected an array of entries, or a map of them, in ${path}, got ${typeof value}`)
  for (const [i, text] of (isMap ? Object.keys(value) : (value as unknown[])).entries()) {
    const place = `${path}: entry ${i + 1}`
    if (typeof text !== 'string')
      throw inputError(path, `Expected a text at ${place}, got ${JSON.stringify(text).slice(0, 60)}`)
    yield { text: text.trim(), place }
  }
}

function parsed(json: string, path: string): unknown {
  try {
    return JSON.parse(json.replace(/^\uFEFF/, '')) as unknown
  } catch (error) {
    throw inputError(path, `Expected JSON in ${path}, got: ${(error as Error).message}`)
  }
}

function inputError(path: string, message: string): PairloomError {
  return new PairloomError('PL_INPUT', message, { data: { path } })
}
