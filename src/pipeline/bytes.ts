import { PairloomError } from '../core/error.ts'
import type { BytesAccess, BytesRef } from '../core/stage.ts'
import { openTar, type TarWriter } from '../store/tar.ts'
import type { Commit, PartFile, RunFolder } from './run-folder.ts'

/** The bytes plane as one task sees it: reads from every committed tar, appends to its own. */
export interface TaskBytes extends BytesAccess {
  /** Makes the task's tar durable; undefined where nothing was appended. */
  close(): Promise<PartFile | undefined>
  abort(): Promise<void>
}

/**
 * Opens the bytes of a run for a task. `own` says where the task's tar goes; without it `append` is refused.
 */
export function openBytes(
  folder: RunFolder,
  own: { dataset: string; partition: number; attempt: string } | null,
): TaskBytes {
  const tars = new Map<string, Promise<string>>()
  let tar: Promise<{ writer: TarWriter; path: string }> | undefined
  let members = 0

  function openOwn() {
    if (!own)
      throw new PairloomError(
        'PL_STAGE',
        'Expected a stage that declares writesBytes, got one that appends without',
      )
    const path = folder.partPath(own.dataset, own.partition, own.attempt, 'tar')
    tar ??= folder.store.writer(path).then((file) => ({ writer: openTar(file), path }))
    return { own, tar }
  }
  function tarOf({ bytes_dataset, bytes_part }: BytesRef): Promise<string> {
    const key = `${bytes_dataset} ${bytes_part}`
    const known = tars.get(key)
    if (known) return known
    const found = folder
      .readCommit(bytes_dataset, bytes_part)
      .then((commit) => tarPath(commit, bytes_dataset, bytes_part))
    tars.set(key, found)
    return found
  }
  return {
    async append(name, bytes) {
      const { own: mine, tar: opened } = openOwn()
      const { writer } = await opened
      members++
      const { offset, length } = await writer.append(name, bytes)
      return {
        bytes_dataset: mine.dataset,
        bytes_part: mine.partition,
        bytes_offset: offset,
        bytes_length: length,
      }
    },
    async read(row) {
      const path = await tarOf(row)
      const bytes = await folder.store.readRange(path, row.bytes_offset, row.bytes_length)
      if (bytes.byteLength === row.bytes_length) return bytes
      throw new PairloomError(
        'PL_TAR',
        `Expected ${row.bytes_length} bytes at ${row.bytes_offset} of ${path}, got ${bytes.byteLength}`,
        {
          data: { path, offset: row.bytes_offset },
        },
      )
    },
    async close() {
      if (!tar || !own) return undefined
      const { writer, path } = await tar
      const { bytes, sha256 } = await writer.close()
      return { path: path.slice(own.dataset.length + 1), bytes, sha256, rows: members }
    },
    async abort() {
      const opened = await tar?.catch(() => undefined)
      await opened?.writer.abort()
    },
  }
}

function tarPath(commit: Commit | null, dataset: string, partition: number): string {
  const tar = commit?.files.tar
  if (tar) return `${dataset}/${tar.path}`
  throw new PairloomError(
    'PL_NOT_FOUND',
    `Expected bytes in partition ${partition} of ${dataset}, got none: was it removed by hand?`,
    {
      data: { dataset, partition },
    },
  )
}
