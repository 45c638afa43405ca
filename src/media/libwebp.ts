import { openNative, type Bind, type NativeFunction } from '../core/native-library.ts'

export interface WebpPlane {
  bytes: Uint8Array
  stride: number
}

export interface Libwebp {
  /** `1.2.4` */
  version: string
  /** Writes Y, U and V, the latter two of half the width and height, rounded up. False: broken, or of another size. */
  decode(frame: Uint8Array, y: WebpPlane, u: WebpPlane, v: WebpPlane): Promise<boolean>
}

const LIBRARY = { soname: 'libwebp.so.7', formula: 'webp', dylib: 'libwebp.7.dylib' }

let loading: Promise<Libwebp | null> | undefined

/** libwebp through koffi, loaded on first use; null where either is not installed. Functions of decode.h. */
export function loadLibwebp(): Promise<Libwebp | null> {
  loading ??= openNative(LIBRARY, open)
  return loading
}

function open(bind: Bind): Libwebp {
  const plane = (name: string) => `uint8_t *${name}, size_t ${name}Size, int ${name}Stride`
  const into = bind(
    `void *WebPDecodeYUVInto(const uint8_t *data, size_t size, ${plane('y')}, ${plane('u')}, ${plane('v')})`,
  )
  const version = bind('int WebPGetDecoderVersion()')() as number
  return {
    version: [version >> 16, (version >> 8) & 0xff, version & 0xff].join('.'),
    decode: (frame, ...planes) => {
      const places = planes.flatMap(({ bytes, stride }) => [bytes, bytes.length, stride])
      return isDone(into, frame, frame.length, ...places)
    },
  }
}

/** On a thread of libuv's pool. What succeeds gives the first plane's address. */
function isDone(native: NativeFunction, ...args: unknown[]): Promise<boolean> {
  return new Promise((resolve, reject) => {
    native.async(...args, (error, result: unknown) => (error ? reject(error) : resolve(result !== null)))
  })
}
