import { type FileHandle, open } from 'node:fs/promises'

interface Shared {
  file: Promise<FileHandle>
  readers: number
}

/** Files that are being read: whoever comes meanwhile reads by the same handle. */
const reading = new Map<string, Shared>()

/**
 * `length` bytes from `offset` of a file; fewer only at its end.
 *
 * Reads of one file at the same time share a handle, which halves what a small one costs; none is kept when they end,
 * so that a file that another has replaced is not read by its old handle.
 */
export async function readRange(full: string, offset: number, length: number): Promise<Buffer> {
  const shared = reading.get(full) ?? { file: open(full, 'r'), readers: 0 }
  reading.set(full, shared)
  shared.readers++
  try {
    return await fill(await shared.file, offset, length)
  } finally {
    if (--shared.readers === 0) {
      reading.delete(full)
      // One that could not be opened has told its readers so.
      await shared.file.then(
        (file) => file.close(),
        () => undefined,
      )
    }
  }
}

async function fill(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}
