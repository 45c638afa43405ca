import { createHash } from 'node:crypto'
import { fileChunks } from '../store/file-chunks.ts'

/** Lists that a process keeps of each kind: one stage needs one, a pipeline seldom more than two. */
const KEPT = 2

export interface UserList<T> {
  /** Of the files' bytes, unpacked: what the list adds to a fingerprint. */
  sha256: string
  content: T
}

/**
 * Opens lists of the user's: files are read at every task, so that a changed one is seen, and parsed once a process.
 *
 * parse throws `PL_INPUT` with the place of a fault; such a list is parsed again when it is next opened.
 */
export function userLists<T>(
  parse: (paths: readonly string[]) => Promise<T>,
): (paths: readonly string[]) => Promise<UserList<T>> {
  const known = new Map<string, UserList<T>>()
  return async (paths) => {
    const sha256 = await digestOf(paths)
    const kept = known.get(sha256)
    if (kept) return kept
    const list = { sha256, content: await parse(paths) }
    if (known.size >= KEPT) known.delete(known.keys().next().value!)
    known.set(sha256, list)
    return list
  }
}

async function digestOf(paths: readonly string[]): Promise<string> {
  const digests: string[] = []
  for (const path of paths) {
    const hash = createHash('sha256')
    for await (const chunk of fileChunks(path)) hash.update(chunk)
    digests.push(hash.digest('hex'))
  }
  return digests.length === 1 ? digests[0]! : createHash('sha256').update(digests.join('\n')).digest('hex')
}
