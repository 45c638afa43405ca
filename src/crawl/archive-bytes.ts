import { createReadStream } from 'node:fs'
import { PairloomError } from '../core/error.ts'
import type { ArchiveBlock, ArchiveClient } from './archive-client.ts'
import { inputError } from './source-files.ts'

const CHUNK_BYTES = 1024 * 1024
/** Bytes asked for at once over HTTP; two such blocks are held. */
const BLOCK_BYTES = 8 * 2 ** 20

export function isUrl(place: string): boolean {
  return /^https?:\/\//i.test(place)
}

/**
 * The bytes of a file, at a path or at an http(s) URL; the latter by ranges of 8 MiB, one ahead. Whoever leaves early has
 * stopped the archive.
 *
 * @throws PairloomError `PL_INPUT` where there is no such file or its server knows no ranges; `PL_STORE_IO` where
 * reading fails in a way that may pass
 */
export async function* archiveBytes(place: string, archive: ArchiveClient): AsyncGenerator<Buffer> {
  if (!isUrl(place)) {
    yield* localBytes(place)
    return
  }
  const readBlock = (from: number) => archive.read(place, { from, to: from + BLOCK_BYTES - 1 })
  let next: Promise<ArchiveBlock> | null = readBlock(0)
  try {
    for (let from = 0; next !== null;) {
      const block: ArchiveBlock = await next
      from += block.bytes.length
      next = from < block.total ? readBlock(from) : null
      // It may fail while the block before it is worked on.
      next?.catch(() => undefined)
      if (block.bytes.length > 0) yield block.bytes
    }
  } finally {
    if (next !== null) {
      archive.stop()
      await next.catch(() => undefined)
    }
  }
}

async function* localBytes(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES })
  try {
    yield* file as AsyncIterable<Buffer>
  } catch (error) {
    const { syscall, message } = error as NodeJS.ErrnoException
    if (syscall !== 'read') throw inputError(path, `Expected to read ${path}, got ${message}`, error)
    throw new PairloomError('PL_STORE_IO', `Expected to read ${path}, got ${message}`, {
      data: { path },
      cause: error,
    })
  } finally {
    file.destroy()
  }
}
