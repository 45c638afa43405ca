import { readFileSync } from 'node:fs'
import { openNative, type Bind, type NativeFunction } from '../core/native-library.ts'

/** What a JPEG header says to TurboJPEG. */
export interface TurboHeader {
  /** As stored, px. */
  width: number
  height: number
  /** Luma samples per chroma sample across and down; null for gray. */
  chroma: { across: number; down: number } | null
}

/**
 * A decompressor and a compressor for one picture only: a used one would lend its tables to the next JPEG that lacks
 * some, and what a damaged file gives would depend on the one before. Planes are 8-bit Y, Cb, Cr, one after
 * another.
 */
export interface TurboCodec {
  /** Null for what is not 8-bit YCbCr or gray. */
  readHeader(jpeg: Uint8Array): TurboHeader | null
  /** Writes the planes at width x height px, a size of the header's times n/8, rounded up. False: error or warning. */
  decode(jpeg: Uint8Array, planes: Uint8Array, width: number, height: number): Promise<boolean>
  /**
   * Writes a 4:2:0 JPEG and gives its length, bytes; 0: error. Pixels: planes Y, Cb, Cr, or `rgb`, bytes side by side.
   */
  encode(
    kind: 'planes' | 'rgb',
    pixels: Uint8Array,
    size: { width: number; height: number },
    quality: number,
    jpeg: Uint8Array,
  ): Promise<number>
  /** Frees what it holds outside of JavaScript. */
  close(): void
}

export interface TurboJpeg {
  /** `2.1.5`, or what is known of it. */
  version: string
  open(): TurboCodec
}

const LIBRARY = { soname: 'libturbojpeg.so.0', formula: 'jpeg-turbo', dylib: 'libturbojpeg.0.dylib' }

/** Constants and functions of turbojpeg.h, API 2.0, which the libraries 2.x and 3.x both have. */
const CHROMA = [[1, 1], [2, 1], [2, 2], null, [1, 2], [4, 1]] as const
const TJSAMP_420 = 2
const TJPF_RGB = 0
const TJCS_YCBCR = 1
const TJCS_GRAY = 2
const TJFLAG_NOREALLOC = 1024
/** Its fast one, the default below quality 96, costs 0.1 to 0.4 dB and saves nothing that can be measured. */
const TJFLAG_ACCURATEDCT = 4096
const TJFLAG_STOPONWARNING = 8192
/** Refuses the bombs that progressive JPEG allows. */
const TJFLAG_LIMITSCANS = 32_768

const ENCODE_FLAGS = TJFLAG_NOREALLOC | TJFLAG_ACCURATEDCT

let loading: Promise<TurboJpeg | null> | undefined

/** libjpeg-turbo's TurboJPEG through koffi, loaded on first use; null where either is not installed. */
export function loadTurboJpeg(): Promise<TurboJpeg | null> {
  loading ??= openNative(LIBRARY, (bind, path) => ({ version: versionOf(path), open: opener(bind) }))
  return loading
}

function opener(bind: Bind): () => TurboCodec {
  const openDecoder = bind('void *tjInitDecompress()')
  const openEncoder = bind('void *tjInitCompress()')
  const close = bind('int tjDestroy(void *handle)')
  const header = bind(
    'int tjDecompressHeader3(void *handle, const uint8_t *jpeg, unsigned long size, _Out_ int *width, _Out_ int *height, _Out_ int *subsampling, _Out_ int *colorspace)',
  )
  const decompress = bind(
    'int tjDecompressToYUV2(void *handle, const uint8_t *jpeg, unsigned long size, uint8_t *planes, int width, int align, int height, int flags)',
  )
  const compress = bind(
    'int tjCompressFromYUV(void *handle, const uint8_t *planes, int width, int align, int height, int subsampling, _Inout_ void **jpeg, _Inout_ unsigned long *size, int quality, int flags)',
  )
  const compressRgb = bind(
    'int tjCompress2(void *handle, const uint8_t *rgb, int width, int pitch, int height, int format, _Inout_ void **jpeg, _Inout_ unsigned long *size, int subsampling, int quality, int flags)',
  )
  return () => {
    const [decoder, encoder] = [openDecoder(), openEncoder()]
    return {
      readHeader(jpeg) {
        const [width, height, subsampling, colorspace] = [[0], [0], [-1], [-1]] as [
          number[],
          number[],
          number[],
          number[],
        ]
        if (header(decoder, jpeg, jpeg.length, width, height, subsampling, colorspace) !== 0) return null
        const chroma = CHROMA[subsampling[0]!]
        const expected = chroma === null ? TJCS_GRAY : TJCS_YCBCR
        if (chroma === undefined || colorspace[0] !== expected) return null
        const size = { width: width[0]!, height: height[0]! }
        return { ...size, chroma: chroma && { across: chroma[0], down: chroma[1] } }
      },
      async decode(jpeg, planes, width, height) {
        const flags = TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS
        return (await call(decompress, decoder, jpeg, jpeg.length, planes, width, 1, height, flags)) === 0
      },
      async encode(kind, pixels, { width, height }, quality, jpeg) {
        const size = [jpeg.length]
        const out = [[jpeg], size]
        const failed =
          kind === 'planes'
            ? await call(
                compress,
                ...[encoder, pixels, width, 1, height, TJSAMP_420],
                ...[...out, quality, ENCODE_FLAGS],
              )
            : await call(
                compressRgb,
                ...[encoder, pixels, width, 0, height, TJPF_RGB],
                ...[...out, TJSAMP_420, quality, ENCODE_FLAGS],
              )
        return failed === 0 ? size[0]! : 0
      },
      close() {
        close(decoder)
        close(encoder)
      },
    }
  }
}

/** On a thread of libuv's pool: sockets go on meanwhile. */
function call(native: NativeFunction, ...args: unknown[]): Promise<number> {
  return new Promise((resolve, reject) => {
    native.async(...args, (error, result) => (error ? reject(error) : resolve(result)))
  })
}

/** No function tells the version; the library holds it as text. Linux tells where a loaded library lies. */
function versionOf(path: string): string {
  try {
    const file = path.startsWith('/')
      ? path
      : /(\/\S*libturbojpeg\.so\.\S+)$/m.exec(readFileSync('/proc/self/maps', 'latin1'))?.[1]
    const text = file && /libjpeg-turbo version (\d[\w.]*)/.exec(readFileSync(file, 'latin1'))?.[1]
    return text || 'unknown'
  } catch {
    return 'unknown'
  }
}
