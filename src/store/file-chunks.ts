import { createReadStream } from 'node:fs'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { PairloomError } from '../core/error.ts'
import { ByteReader } from './byte-reader.ts'
import { zstdFrames } from './zstd-frames.ts'

const CHUNK_BYTES = 256 * 1024

/**
 * The bytes of a file of the user's; those of `.gz` and `.zst` unpacked, member by member.
 *
 * @throws PairloomError `PL_INPUT` where it cannot be opened, or unpacked to its end; `PL_STORE_IO` where reading fails
 */
export async function* fileChunks(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES })
  try {
    if (/\.zst$/i.test(path)) yield* unpackZstd(file)
    else if (/\.t?gz$/i.test(path)) yield* unpackGzip(file)
    else yield* file as AsyncIterable<Buffer>
  } catch (error) {
    if (error instanceof PairloomError) throw error
    const { syscall, message } = error as NodeJS.ErrnoException
    const [code, wanted] =
      syscall === 'read' ? (['PL_STORE_IO', ''] as const) : (['PL_INPUT', ' to its end'] as const)
    throw new PairloomError(code, `Expected to read ${path}${wanted}, got ${message}`, {
      data: { path },
      cause: error,
    })
  } finally {
    file.destroy()
  }
}

async function* unpackGzip(file: Readable): AsyncGenerator<Buffer> {
  // The loop gets every error: `pipeline` hands those of the file to the stream that it reads.
  const unpacked = pipeline(file, createGunzip({ chunkSize: CHUNK_BYTES }), () => undefined)
  try {
    for await (const chunk of unpacked) yield chunk as Buffer
  } finally {
    unpacked.destroy()
  }
}

/** Frame by frame: Node's own stream ends after the first one, and says nothing of the others. */
async function* unpackZstd(file: Readable): AsyncGenerator<Buffer> {
  const reader = new ByteReader(file)
  yield* zstdFrames(reader, () => {
    throw new Error('a damaged zstd frame')
  })
  if (reader.view.length > 0 || (await reader.fill(1))) throw new Error('bytes after the last zstd frame')
}
