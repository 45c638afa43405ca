import { open, stat } from 'node:fs/promises'
import { PairloomError } from '../core/index.ts'
import type { RangedFile } from '../table/parquet-slice.ts'
import { isUrl } from './archive-bytes.ts'
import type { ArchiveClient } from './archive-client.ts'
import { inputError } from './source-files.ts'

/** Read at once at the end of a file over HTTP, which tells its size too; holds the footers of most. */
const TAIL_BYTES = 128 * 1024

/** A file at a path or at an http(s) URL, of which any part can be read. read: told of the bytes read. */
export async function openRanged(
  place: string,
  archive: ArchiveClient,
  read: (bytes: number) => void,
): Promise<RangedFile> {
  if (!isUrl(place)) {
    const { size } = await stat(place)
    return {
      place,
      bytes: size,
      async read(from, to) {
        const bytes = await readLocal(place, from, to - from)
        read(bytes.length)
        return whole(place, from, to, bytes)
      },
    }
  }
  const tail = await archive.read(place, { last: TAIL_BYTES })
  read(tail.bytes.length)
  const tailFrom = tail.total - tail.bytes.length
  return {
    place,
    bytes: tail.total,
    async read(from, to) {
      if (from >= tailFrom) return tail.bytes.subarray(from - tailFrom, to - tailFrom)
      const block = await archive.read(place, { from, to: to - 1 })
      read(block.bytes.length)
      return whole(place, from, to, block.bytes)
    },
  }
}

function whole(place: string, from: number, to: number, bytes: Buffer): Buffer {
  if (bytes.length === to - from) return bytes
  throw inputError(place, `Expected bytes of ${place} up to ${to}, got an end at ${from + bytes.length}`)
}

/**
 * A part of a file on disk; fewer bytes at its end.
 *
 * @throws PairloomError `PL_INPUT` where it cannot be opened, `PL_STORE_IO` where reading fails
 */
export async function readLocal(path: string, offset: number, length: number): Promise<Buffer> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw inputError(path, `Expected to read ${path}, got ${error.message}`, error)
  })
  try {
    const buffer = Buffer.allocUnsafe(length)
    const { bytesRead } = await file.read(buffer, 0, length, offset)
    return buffer.subarray(0, bytesRead)
  } catch (error) {
    const message = `Expected to read ${path}, got ${(error as Error).message}`
    throw new PairloomError('PL_STORE_IO', message, { data: { path }, cause: error })
  } finally {
    await file.close()
  }
}
