import { promisify } from 'node:util'
import { brotliDecompress, constants, gunzip, inflate, zstdDecompress } from 'node:zlib'
import { fetchError } from './fetch-error.ts'

const DECODERS = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  // Never asked for, as no picture gets smaller by it, but some servers send what nobody asked for.
  zstd: promisify(zstdDecompress),
} as const

/** RFC 9659: over HTTP a decoder need hold no more than 8 MiB of what it gave; the library would hold 128. */
const ZSTD_WINDOW = { [constants.ZSTD_d_windowLogMax]: 23 }

/** No server compresses more often; each time multiplies what a few bytes can cost. */
const MAX_ENCODINGS = 2

/** The encodings of a Content-Encoding header in the order in which they were done, without `identity`. */
function encodingsOf(encoding: string | string[] | undefined): string[] {
  const names = [encoding ?? []].flat().join(',').toLowerCase().split(',')
  return names.map((name) => name.trim()).filter((name) => name !== '' && name !== 'identity')
}

/**
 * Memory that a body takes at most while it is read and decoded, bytes: of one with a Content-Encoding what comes out of
 * each step, and the last of these twice, as zlib gathers pieces and then joins them.
 */
export function bodyMemory(
  encoding: string | string[] | undefined,
  length: number | null,
  maxBytes: number,
): number {
  const steps = Math.min(encodingsOf(encoding).length, MAX_ENCODINGS)
  return steps > 0 ? (steps + 1) * maxBytes : Math.min(length ?? maxBytes, maxBytes)
}

/**
 * A body with its Content-Encoding undone.
 *
 * @throws PairloomError `PL_FETCH`: too-many-bytes past maxBytes, bad-encoding where it is damaged, unknown or done
 * more than twice
 */
export async function decodeBody(
  body: Buffer,
  encoding: string | string[] | undefined,
  maxBytes: number,
  url: string,
): Promise<Buffer> {
  const names = encodingsOf(encoding)
  if (names.length > MAX_ENCODINGS)
    throw fetchError('bad-encoding', url, { evidence: `more than ${MAX_ENCODINGS} encodings` })
  let decoded = body
  for (const name of names.reverse()) {
    if (decoded.length === 0) break
    if (!Object.hasOwn(DECODERS, name)) throw fetchError('bad-encoding', url, { evidence: name })
    try {
      decoded = await DECODERS[name as keyof typeof DECODERS](decoded, {
        maxOutputLength: maxBytes,
        ...(name === 'zstd' && { params: ZSTD_WINDOW }),
      })
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'ERR_BUFFER_TOO_LARGE') {
        throw fetchError('too-many-bytes', url, {
          evidence: `more than ${maxBytes} bytes once decoded`,
          cause: error,
        })
      }
      throw fetchError('bad-encoding', url, { evidence: `${name}: ${message}`, cause: error })
    }
  }
  return decoded
}
