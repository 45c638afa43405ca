import { PairloomError } from '../core/error.ts'
import type { Store } from './store.ts'
import { openTar, readTar, type TarMember } from './tar.ts'

const BLOCK = 512
const CHUNK_BYTES = 4 * 2 ** 20
/** Name of what is left of a member. */
export const BLANK = 'taken-down'

/**
 * Writes a tar again with some members blanked: zeros under the name `taken-down`, of the same length, so that every
 * other member stays where it was and what refers to it stays true.
 *
 * A new file, not zeros written over the old one: whoever reads meanwhile sees one or the other whole, an object store
 * can do it, and a file system that copies on write keeps nothing behind. Memory: one member.
 * @throws PairloomError `PL_TAR` where the tar is none that `openTar` wrote
 */
export async function blankMembers(
  store: Store,
  path: string,
  to: string,
  isBlanked: (member: Pick<TarMember, 'name' | 'offset'>) => boolean,
): Promise<{ bytes: number; sha256: string; blanked: number }> {
  const tar = openTar(await store.writer(to))
  let blanked = 0
  let position = 0
  try {
    for await (const { name, offset, size, bytes } of readTar(readChunks(store, path))) {
      if (isBlanked({ name, offset })) {
        // A long name has a header of its own, which goes too: its room is given to the data.
        const more = offset - position - BLOCK
        await tar.append(BLANK, Buffer.alloc(more === 0 ? size : more + padded(size)))
        blanked++
      } else {
        const place = await tar.append(name, bytes)
        if (place.offset !== offset) {
          const message = `Expected ${name} at ${place.offset} of ${path}, got ${offset}: was it written by pairloom?`
          throw new PairloomError('PL_TAR', message, { data: { path, offset } })
        }
      }
      position = offset + padded(size)
    }
    return { ...(await tar.close()), blanked }
  } catch (error) {
    await tar.abort()
    throw error
  }
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK
}

async function* readChunks(store: Store, path: string): AsyncGenerator<Buffer> {
  const size = await store.size(path)
  for (let at = 0; at < size; at += CHUNK_BYTES) yield await store.readRange(path, at, CHUNK_BYTES)
}
