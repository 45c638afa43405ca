import { randomBytes } from 'node:crypto'
import { PairloomError } from '../../core/error.ts'
import { fingerprint } from '../../core/hash.ts'
import {
  openTakedowns,
  tombstoneDigest,
  type Takedowns,
  type Tombstone,
  type TombstoneKind,
} from '../../core/takedown.ts'
import type { Store } from '../../store/store.ts'
import type { RunFolder } from '../run-folder.ts'

/** What a takedown is about, in plain words: never written down. */
export interface Subject {
  kind: TombstoneKind
  value: string
}

/** A takedown as it is written, once: `<name>.tombstone.json`. */
export interface TombstoneFile {
  version: 1
  /** Key of the digests; the same in every file of a run folder. */
  key: string
  at: string
  reason: string | null
  tombstones: Tombstone[]
}

/** What the run folder held of it just after: `<name>.found.json`, written once. */
export interface FoundFile {
  version: 1
  /** Data sets with rows that go on and are taken down. */
  kept: string[]
  /** Data sets of global stages, whole, without such rows. */
  clean: string[]
  /** Pictures of rows that a uid or sha256 named: their addresses are not to be asked for again. */
  images: string[]
}

/** A takedown of the run folder. */
export interface Entry extends TombstoneFile {
  name: string
  /** Null where the command that made it was stopped before it had looked. */
  found: FoundFile | null
}

const FOLDER = 'takedown'

/** All takedowns of a run folder, by name. */
export async function readEntries(folder: Pick<RunFolder, 'store'>): Promise<Entry[]> {
  const store = folder.store.at(FOLDER)
  const names: string[] = []
  for await (const { path } of store.list()) {
    if (path.endsWith('.tombstone.json')) names.push(path.slice(0, -'.tombstone.json'.length))
  }
  return Promise.all(
    names.map(async (name) => {
      const file = await readJson<TombstoneFile>(store, `${name}.tombstone.json`)
      const hasFound = await store.exists(`${name}.found.json`)
      const found = hasFound ? await readJson<FoundFile>(store, `${name}.found.json`) : null
      return { ...file, name, found }
    }),
  )
}

/** What is taken down now. Files may be added while a run goes on; none is ever changed. */
export async function readTakedowns(folder: Pick<RunFolder, 'store'>): Promise<Takedowns> {
  return takedownsOf(await readEntries(folder))
}

export function takedownsOf(entries: readonly Pick<Entry, 'key' | 'tombstones' | 'found'>[]): Takedowns {
  return openTakedowns(
    entries.map(({ key, tombstones, found }) => ({
      key,
      tombstones: [
        ...tombstones,
        ...(found?.images ?? []).map((digest): Tombstone => ({ kind: 'image', digest })),
      ],
    })),
  )
}

/** The key of a run folder's digests, made when first asked for; two commands at once get the same. */
export async function keyOf(folder: RunFolder): Promise<string> {
  const store = folder.store.at(FOLDER)
  if (!(await store.exists('key.json')))
    await store.createOnce('key.json', JSON.stringify({ version: 1, key: newKey() }))
  return (await readJson<{ key: string }>(store, 'key.json')).key
}

export function newKey(): string {
  return randomBytes(32).toString('hex')
}

/** A takedown of these subjects, not written yet. Its name is that of what it names: asked again, it is the same. */
export function newEntry(key: string, subjects: readonly Subject[], reason: string | null): Entry {
  const digests = new Map(
    subjects.map(({ kind, value }) => {
      const tombstone: Tombstone = { kind, digest: tombstoneDigest(key, kind, value) }
      return [`${kind} ${tombstone.digest}`, tombstone]
    }),
  )
  const tombstones = [...digests].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, tombstone]) => tombstone)
  const name = fingerprint(tombstones).slice(0, 32)
  return { version: 1, name, key, at: new Date().toISOString(), reason, tombstones, found: null }
}

/** Writes a takedown; from now on it is honoured. False where it was there before. */
export function writeEntry(
  folder: RunFolder,
  { name, key, at, reason, tombstones }: Entry,
): Promise<boolean> {
  const file: TombstoneFile = { version: 1, key, at, reason, tombstones }
  return folder.store.at(FOLDER).createOnce(`${name}.tombstone.json`, toText(file))
}

/** Writes what was found, and gives what counts: the first that was written. */
export async function writeFound(folder: RunFolder, name: string, found: FoundFile): Promise<FoundFile> {
  const store = folder.store.at(FOLDER)
  await store.createOnce(`${name}.found.json`, toText(found))
  return readJson<FoundFile>(store, `${name}.found.json`)
}

/** Puts a takedown beside the shards of a sink, `<out>/<sink>/takedown/`, for those who read them without the run. */
export async function publishEntry(sink: Store, { name, found, ...file }: Entry): Promise<void> {
  const images = (found?.images ?? []).map((digest): Tombstone => ({ kind: 'image', digest }))
  // The reason is for those who keep the run: an owner's mail is no part of a data set.
  const published: TombstoneFile = { ...file, reason: null, tombstones: [...file.tombstones, ...images] }
  const [path, text] = [`${name}.tombstone.json`, toText(published)]
  if (found === null) await sink.at(FOLDER).createOnce(path, text)
  else await sink.at(FOLDER).replace(path, text)
}

export function toText(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`
}

export async function readJson<T>(store: Store, path: string): Promise<T> {
  const text = (await store.read(path)).toString('utf8')
  try {
    return JSON.parse(text) as T
  } catch (error) {
    // A takedown that cannot be read must not be taken for none.
    const message = `Expected JSON in ${store.locate(path)}, got ${(error as Error).message}: was it edited, or the disk damaged?`
    throw new PairloomError('PL_DAMAGED', message, { data: { path }, cause: error })
  }
}
