import { inflateSync } from 'node:zlib'
import { openNative } from '../core/native-library.ts'

/** Fills `into` with what a zlib stream holds; false where that is damaged, less or more. */
export type Inflate = (stream: Uint8Array, into: Uint8Array) => boolean

const LIBRARY = { soname: 'libdeflate.so.0', formula: 'libdeflate', dylib: 'libdeflate.0.dylib' }

let loading: Promise<Inflate> | undefined

/** By libdeflate where it is installed, else by Node's zlib at three times the cost: the same bytes. */
export function loadInflate(): Promise<Inflate> {
  loading ??= openNative(LIBRARY, (bind): Inflate => {
    const decompressor = bind('void *libdeflate_alloc_decompressor()')()
    const decompress = bind(
      'int libdeflate_zlib_decompress(void *decompressor, const void *in, size_t inSize, void *out, size_t outSize, void *made)',
    )
    // Without `made` nothing but exactly `outSize` bytes is a success.
    return (stream, into) => decompress(decompressor, stream, stream.length, into, into.length, null) === 0
  }).then((native) => native ?? byZlib)
  return loading
}

export function byZlib(stream: Uint8Array, into: Uint8Array): boolean {
  try {
    const bytes = inflateSync(stream, { maxOutputLength: into.length, chunkSize: into.length + 64 })
    into.set(bytes)
    return bytes.length === into.length
  } catch {
    return false
  }
}
