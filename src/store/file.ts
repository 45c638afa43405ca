import { createHash, randomBytes } from 'node:crypto'
import { channel } from 'node:diagnostics_channel'
import type { Stats } from 'node:fs'
import { type FileHandle, link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { PairloomError } from '../core/error.ts'
import { isAlive, PLACE } from './alive.ts'
import { readRange } from './read-range.ts'
import type { Store, StoreEntry, StoreWriter } from './store.ts'

/**
 * What the file store is about to do, or has done: `{ event, path, bytes? }` with event `write`, `before-fsync`,
 * `before-link`, `linked`, `before-rename`, `renamed`. For tracing, and for tests that stop a process at an event.
 */
export const storeEvents = channel('pairloom:store')

const TEMPORARY = '.tmp-'
const BUFFER_BYTES = 256 * 1024
/** Tells this process from an earlier one of the same number, which a container that starts again has. */
const PROCESS = randomBytes(4).toString('hex')
let serial = 0

/**
 * A folder as a store.
 *
 * Durable: file contents are synced before a name appears, and the folder after it. Folders are made as needed.
 */
export function fileStore(folder: string): Store {
  const root = resolve(folder)
  const locate = (path: string) => {
    const isInside =
      path === '' || path.split('/').every((name) => name !== '' && name !== '.' && name !== '..')
    if (isInside && !path.includes('\0')) return join(root, path)
    throw new PairloomError('PL_STORE_DENIED', `Expected a path inside ${root}, got ${path}`, {
      data: { path },
    })
  }
  const store: Store = {
    root,
    at: (path) => fileStore(locate(path)),
    locate,
    read: (path) => guarded(join(root, path), () => readFile(locate(path))),
    readRange: (path, offset, length) =>
      guarded(join(root, path), () => readRange(locate(path), offset, length)),
    size: (path) => guarded(join(root, path), async () => fileSize(await stat(locate(path)))),
    exists: (path) =>
      guarded(join(root, path), async () => {
        try {
          return (await stat(locate(path))).isFile()
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
          throw error
        }
      }),
    async createOnce(path, bytes) {
      const full = locate(path)
      return guarded(full, async () => {
        const temporary = await writeTemporary(path, full, bytes)
        try {
          storeEvents.publish({ event: 'before-link', path })
          await link(temporary, full)
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
          // A network file system may repeat a link whose answer was lost: then the name is ours already.
          if ((await stat(temporary)).nlink < 2) return false
        } finally {
          await rm(temporary, { force: true })
        }
        await syncFolder(dirname(full))
        storeEvents.publish({ event: 'linked', path })
        return true
      })
    },
    async replace(path, bytes) {
      const full = locate(path)
      await guarded(full, async () => {
        const temporary = await writeTemporary(path, full, bytes)
        try {
          storeEvents.publish({ event: 'before-rename', path })
          await rename(temporary, full)
        } catch (error) {
          await rm(temporary, { force: true })
          throw error
        }
        await syncFolder(dirname(full))
        storeEvents.publish({ event: 'renamed', path })
      })
    },
    async link(path, to) {
      const [from, full] = [locate(path), locate(to)]
      await guarded(full, async () => {
        await mkdir(dirname(full), { recursive: true })
        try {
          storeEvents.publish({ event: 'before-link', path: to })
          await link(from, full)
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
        }
        await syncFolder(dirname(full))
        storeEvents.publish({ event: 'linked', path: to })
      })
    },
    writer: (path) => guarded(join(root, path), () => openWriter(path, locate(path))),
    list: (path = '') => listFolder(root, locate(path)),
    folders: (path = '') => guarded(join(root, path), () => subfolders(locate(path))),
    remove: (path) => guarded(join(root, path), () => rm(locate(path), { recursive: true, force: true })),
  }
  return store
}

/**
 * Removes temporary files that dead processes of this machine left anywhere below the store's root.
 * Those of living processes, and of other machines, stay: another coordinator may be at work.
 */
export async function sweepTemporary(store: Store): Promise<number> {
  let removed = 0
  for await (const { path, temporary } of walk(store.root, store.root)) {
    if (!temporary) continue
    const [host, pid, started] = path.slice(path.lastIndexOf(TEMPORARY) + TEMPORARY.length).split('~')
    const isWritten = Number(pid) === process.pid ? started === PROCESS : isAlive(Number(pid))
    if (host !== PLACE || isWritten) continue
    await rm(join(store.root, path), { force: true })
    removed++
  }
  return removed
}

async function openWriter(path: string, full: string): Promise<StoreWriter> {
  const temporary = temporaryName(full)
  const file = await openNew(temporary)
  const hash = createHash('sha256')
  let bytes = 0
  let held: Uint8Array[] = []
  let heldBytes = 0

  async function flush(): Promise<void> {
    if (heldBytes === 0) return
    const chunks = held
    held = []
    heldBytes = 0
    storeEvents.publish({ event: 'write', path, bytes })
    await writeAll(file, chunks)
  }
  return {
    write: (chunk) =>
      guarded(full, async () => {
        hash.update(chunk)
        bytes += chunk.byteLength
        held.push(chunk)
        heldBytes += chunk.byteLength
        if (heldBytes >= BUFFER_BYTES) await flush()
      }),
    close: () =>
      guarded(full, async () => {
        try {
          await flush()
          storeEvents.publish({ event: 'before-fsync', path, bytes })
          await file.sync()
        } finally {
          await file.close()
        }
        storeEvents.publish({ event: 'before-rename', path })
        await rename(temporary, full)
        await syncFolder(dirname(full))
        storeEvents.publish({ event: 'renamed', path })
        return { bytes, sha256: hash.digest('hex') }
      }),
    async abort() {
      await file.close().catch(() => undefined) // It may be closed already, by a close that failed.
      await rm(temporary, { force: true })
    },
  }
}

/** The chunks as they are: joining them first would copy every picture once more. */
async function writeAll(file: FileHandle, chunks: Uint8Array[]): Promise<void> {
  const total = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)
  const { bytesWritten } = await file.writev(chunks)
  if (bytesWritten === total) return
  const rest = Buffer.concat(chunks).subarray(bytesWritten) // A disk that is nearly full takes a part.
  for (let offset = 0; offset < rest.byteLength;) {
    const { bytesWritten: more } = await file.write(rest, offset, rest.byteLength - offset)
    offset += more
  }
}

async function writeTemporary(path: string, full: string, bytes: Uint8Array | string): Promise<string> {
  const temporary = temporaryName(full)
  const file = await openNew(temporary)
  try {
    await writeAll(file, [typeof bytes === 'string' ? Buffer.from(bytes) : bytes])
    storeEvents.publish({ event: 'before-fsync', path, bytes: bytes.length })
    await file.sync()
    await file.close()
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(temporary, { force: true })
    throw error
  }
  return temporary
}

/** Beside the final file, so that rename and link stay on one file system; with host and process, for the sweep. */
function temporaryName(full: string): string {
  return join(dirname(full), `${TEMPORARY}${PLACE}~${process.pid}~${PROCESS}~${serial++}`)
}

async function openNew(full: string): Promise<FileHandle> {
  try {
    return await open(full, 'wx')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    await mkdir(dirname(full), { recursive: true })
    return open(full, 'wx')
  }
}

async function* listFolder(root: string, folder: string): AsyncGenerator<StoreEntry> {
  for await (const { path, temporary } of walk(root, folder)) {
    if (temporary) continue
    const bytes = await sizeOrGone(join(root, path))
    if (bytes !== null) yield { path, bytes }
  }
}

async function* walk(root: string, folder: string): AsyncGenerator<{ path: string; temporary: boolean }> {
  let entries
  try {
    entries = await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw storeError(folder, error)
  }
  // By UTF-8 bytes, as S3 lists; folders with their slash, so that the listing is in the order of whole paths.
  const keyed = entries.map((e) => ({ e, key: Buffer.from(e.isDirectory() ? `${e.name}/` : e.name) }))
  keyed.sort((a, b) => Buffer.compare(a.key, b.key))
  for (const { e } of keyed) {
    const full = join(folder, e.name)
    if (e.isDirectory()) yield* walk(root, full)
    else yield { path: full.slice(root.length + 1), temporary: e.name.startsWith(TEMPORARY) }
  }
}

async function subfolders(full: string): Promise<string[]> {
  try {
    const entries = await readdir(full, { withFileTypes: true })
    return entries.flatMap((e) => (e.isDirectory() ? [e.name] : [])).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

async function sizeOrGone(full: string): Promise<number | null> {
  try {
    return (await stat(full)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw storeError(full, error)
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw storeError(path, error)
  }
}

function fileSize(entry: Stats): number {
  if (entry.isFile()) return entry.size
  throw Object.assign(new Error('a folder'), { code: 'EISDIR' })
}

function storeError(path: string, error: unknown): Error {
  if (error instanceof PairloomError) return error
  const { code, message } = error as NodeJS.ErrnoException
  const options = { data: { path, errno: code ?? null }, cause: error }
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new PairloomError(
        'PL_STORE_FULL',
        `Expected room to write ${path}, got ${code}: free some and run again`,
        options,
      )
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new PairloomError(
        'PL_STORE_DENIED',
        `Expected to be allowed to use ${path}, got ${code}`,
        options,
      )
    case 'ENOTDIR':
      return new PairloomError(
        'PL_STORE_DENIED',
        `Expected folders above ${path}, got ${code}: a file is in the way`,
        options,
      )
    case 'EISDIR':
      return new PairloomError(
        'PL_STORE_DENIED',
        `Expected a file at ${path}, got ${code}: a folder is in the way`,
        options,
      )
    case 'ENOENT':
      return new PairloomError('PL_NOT_FOUND', `Expected ${path} to be there, got ${code}`, options)
    default:
      return new PairloomError('PL_STORE_IO', `Expected to use ${path}, got ${message}`, options)
  }
}
