import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib'

/** An HTTP response as a WARC record holds it. */
export interface RecordedResponse {
  status: number
  /** Values of a header in their order; the name in lower case. */
  headers(name: string): string[]
  /** Transfer and content encodings undone. */
  body: Buffer
}

/**
 * Reads the block of a `response` record.
 *
 * Archives often store bodies decoded and leave headers as they were: an encoding that the body does not have counts for
 * nothing. A body that was cut gives what can be decoded of it. Null where it is no HTTP response; `too-large` where
 * decoding gives more than maxBytes.
 */
export function readResponse(block: Buffer, maxBytes: number): RecordedResponse | 'too-large' | null {
  const status = /^HTTP\/\d(?:\.\d)?[ \t]+(\d{3})/.exec(block.toString('latin1', 0, 20))?.[1]
  if (status === undefined) return null
  const end = headEnd(block)
  const head = block.toString('latin1', 0, end.at).replace(/\r?\n[ \t]+/g, ' ')
  const lines = head.split('\n').map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]
  })
  const headers = (name: string) => lines.flatMap(([key, value]) => (key === name ? [value] : []))
  let body: Buffer | null = block.subarray(end.body)
  if (/\bchunked\b/i.test(headers('transfer-encoding').join())) body = unchunk(body) ?? body
  const encodings = headers('content-encoding').join().toLowerCase().split(',')
  for (const encoding of encodings.reverse()) {
    body = decode(body, encoding.trim(), maxBytes)
    if (body === null) return 'too-large'
  }
  return { status: Number(status), headers, body }
}

function headEnd(block: Buffer): { at: number; body: number } {
  const crlf = block.indexOf('\r\n\r\n')
  const bare = (crlf < 0 ? block : block.subarray(0, crlf)).indexOf('\n\n')
  if (bare >= 0) return { at: bare, body: bare + 2 }
  return crlf >= 0 ? { at: crlf, body: crlf + 4 } : { at: block.length, body: block.length }
}

/** The chunks together (RFC 9112, 7.1), up to where they end or make no sense; null where not even the first does. */
function unchunk(body: Buffer): Buffer | null {
  const parts: Buffer[] = []
  for (let at = 0; ;) {
    const lineEnd = body.indexOf('\n', at)
    const size = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?\r?$/i.exec(
      body.toString('latin1', at, Math.min(lineEnd, at + 1000)),
    )
    if (lineEnd < 0 || size === null) return parts.length === 0 ? null : Buffer.concat(parts)
    const length = Number.parseInt(size[1]!, 16)
    if (length === 0) return Buffer.concat(parts)
    parts.push(body.subarray(lineEnd + 1, lineEnd + 1 + length))
    at = lineEnd + 1 + length
    if (at >= body.length) return Buffer.concat(parts)
    if (body[at] === 13) at++
    if (body[at] === 10) at++
  }
}

/** One encoding undone; the body as it is where it does not have it, null where it is too large. */
function decode(body: Buffer, encoding: string, maxBytes: number): Buffer | null {
  const limits = { maxOutputLength: maxBytes }
  const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH, ZSTD_e_flush } = constants
  try {
    switch (encoding) {
      case 'gzip':
      case 'x-gzip':
        return gunzipSync(body, { ...limits, finishFlush: Z_SYNC_FLUSH })
      case 'deflate': {
        // Meant is zlib's format (RFC 9110, 8.4.1.2); some servers send the bare one.
        const isZlib = body.length >= 2 && (body[0]! & 15) === 8 && body.readUInt16BE(0) % 31 === 0
        return (isZlib ? inflateSync : inflateRawSync)(body, { ...limits, finishFlush: Z_SYNC_FLUSH })
      }
      case 'br':
        return brotliDecompressSync(body, { ...limits, finishFlush: BROTLI_OPERATION_FLUSH })
      case 'zstd':
        return zstdDecompressSync(body, { ...limits, finishFlush: ZSTD_e_flush })
      default:
        return body
    }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? null : body
  }
}
