import { open, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileStore } from '../store/file.ts'
import type { Store } from '../store/store.ts'
import { fileChunks } from '../store/file-chunks.ts'
import { makeScratch } from '../store/scratch.ts'
import { unpackedName } from './source-files.ts'

/** A Parquet file that can be read at any place. */
export interface ListTable {
  store: Store
  name: string
  /** Removes what was unpacked. */
  close(): Promise<void>
}

export function isPackedTable(path: string): boolean {
  return unpackedName(path) !== path
}

/**
 * Opens a Parquet file; a packed one (.gz, .zst) is unpacked into a temporary folder first, as its end says what is where.
 *
 * @throws PairloomError `PL_INPUT` where it cannot be unpacked to its end
 */
export async function openListTable(path: string): Promise<ListTable> {
  if (!isPackedTable(path))
    return { store: fileStore(dirname(path)), name: basename(path), close: () => Promise.resolve() }
  const folder = await makeScratch()
  const close = () => rm(folder, { recursive: true, force: true })
  try {
    const file = await open(join(folder, 'list.parquet'), 'w')
    try {
      for await (const chunk of fileChunks(path)) await file.writeFile(chunk)
    } finally {
      await file.close()
    }
  } catch (error) {
    await close()
    throw error
  }
  return { store: fileStore(folder), name: 'list.parquet', close }
}
