import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import { fetchError } from './fetch-error.ts'

const DECODERS = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
} as const

/**
 * A body with its Content-Encoding undone.
 *
 * @throws PairloomError `PL_FETCH`: too-many-bytes past maxBytes, bad-encoding where it is damaged or unknown
 */
export async function decodeBody(
  body: Buffer,
  encoding: string | string[] | undefined,
  maxBytes: number,
  url: string,
): Promise<Buffer> {
  const names = [encoding ?? []]
    .flat()
    .join(',')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
  let decoded = body
  for (const name of names.reverse()) {
    if (name === '' || name === 'identity' || decoded.length === 0) continue
    if (!Object.hasOwn(DECODERS, name)) throw fetchError('bad-encoding', url, { evidence: name })
    try {
      decoded = await DECODERS[name as keyof typeof DECODERS](decoded, { maxOutputLength: maxBytes })
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
