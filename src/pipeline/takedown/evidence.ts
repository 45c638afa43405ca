import { tombstoneDigest, type Tombstone } from '../../core/takedown.ts'
import type { RunFolder } from '../run-folder.ts'
import { readJson, toText } from './tombstones.ts'

/** Digests of a sample that was removed, with the key of the file: proof for whoever can name it, nothing for others. */
export interface RemovedSample {
  uid: string
  image: string | null
  sha256: string | null
}

/**
 * What a purge removes: `takedown/<name>.purge.json`. Written before anything is removed, as rows that are gone cannot
 * be found again, and once more at the end.
 */
export interface PurgeFile {
  version: 1
  key: string
  startedAt: string
  /** Null until everything is done: the next purge goes on with it. */
  finishedAt: string | null
  command: string
  /** Takedowns that it carries out, by name. */
  takedowns: string[]
  removed: RemovedSample[]
  /** Members of the run's tars, offsets by `<data set> <partition>`; empty at the end. */
  members: Record<string, number[]>
}

const FOLDER = 'takedown'
const ENDING = '.purge.json'

/** The purge files of a run folder, by name. */
export async function readPurges(folder: RunFolder): Promise<Map<string, PurgeFile>> {
  const store = folder.store.at(FOLDER)
  const files = new Map<string, PurgeFile>()
  for await (const { path } of store.list())
    if (path.endsWith(ENDING))
      files.set(path.slice(0, -ENDING.length), await readJson<PurgeFile>(store, path))
  return files
}

export function writePurge(folder: RunFolder, name: string, file: PurgeFile): Promise<void> {
  return folder.store.at(FOLDER).replace(`${name}${ENDING}`, toText(file))
}

/** Two of one purge, the first begun earlier and stopped. */
export function joined(first: PurgeFile, second: PurgeFile): PurgeFile {
  const removed = new Map(
    [...first.removed, ...second.removed].map((r) => [`${r.uid} ${r.image} ${r.sha256}`, r]),
  )
  const members: PurgeFile['members'] = {}
  for (const file of [first, second]) {
    for (const [part, offsets] of Object.entries(file.members))
      members[part] = [...new Set([...(members[part] ?? []), ...offsets])].sort((a, b) => a - b)
  }
  const takedowns = [...new Set([...first.takedowns, ...second.takedowns])].sort()
  return { ...first, takedowns, removed: [...removed.values()], members }
}

/** Tombstones of the very samples, which find them where only the uid is left of their columns. */
export function sampleTombstones({ removed }: PurgeFile): Tombstone[] {
  return removed.map(({ uid }) => ({ kind: 'uid', digest: uid }))
}

export function sampleOf(
  key: string,
  row: { uid?: unknown; image_id?: unknown; sha256?: unknown },
): RemovedSample {
  const digest = (kind: 'uid' | 'image' | 'sha256', value: unknown) =>
    typeof value === 'string' ? tombstoneDigest(key, kind, value) : null
  return {
    uid: digest('uid', row.uid) ?? '',
    image: digest('image', row.image_id),
    sha256: digest('sha256', row.sha256),
  }
}
