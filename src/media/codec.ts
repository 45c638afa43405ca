import type sharp from 'sharp'
import { PairloomError } from '../core/error.ts'
import { loadInflate, type Inflate } from './inflate.ts'
import { loadLibwebp, type Libwebp } from './libwebp.ts'
import { loadTurboJpeg, type TurboJpeg } from './turbojpeg.ts'

export type Sharp = typeof sharp

let loading: Promise<Sharp> | undefined

/**
 * sharp, loaded on first use, set for a worker process: one thread a picture, as many pictures at once; no cache of
 * operations, as no picture comes twice.
 */
export function loadSharp(): Promise<Sharp> {
  loading ??= import('sharp').then(({ default: loaded }) => {
    loaded.concurrency(1)
    loaded.cache(false)
    return loaded
  })
  return loading
}

export const CODECS = ['auto', 'sharp', 'turbojpeg'] as const
export type CodecChoice = (typeof CODECS)[number]

/** What decodes and encodes beside sharp. */
export interface FastCodecs {
  turbo: TurboJpeg
  webp: Libwebp | null
  inflate: Inflate
}

/**
 * TurboJPEG where it is chosen and installed, with libwebp where that is installed too; else null: sharp does everything.
 *
 * @throws PairloomError `PL_CONFIG` where it is asked for by name and missing
 */
export async function fastCodecs(choice: CodecChoice): Promise<FastCodecs | null> {
  if (choice === 'sharp') return null
  const turbo = await loadTurboJpeg()
  if (turbo) return { turbo, webp: await loadLibwebp(), inflate: await loadInflate() }
  if (choice === 'auto') return null
  throw new PairloomError(
    'PL_CONFIG',
    'Expected libturbojpeg for codec: turbojpeg, found none. Debian, Ubuntu: apt-get install libturbojpeg0; ' +
      'macOS: brew install jpeg-turbo; npm must have installed koffi, an optional dependency. Or choose codec: auto',
  )
}

/**
 * What decodes and encodes, `turbojpeg 2.1.5 + webp 1.2.4 + sharp 0.35.5 / libvips 8.18.7`: equal output is promised for
 * an equal codec only. libdeflate is no part of it: it gives the bytes of zlib.
 */
export async function imageCodec({ codec }: { codec: CodecChoice }): Promise<string> {
  const fast = await fastCodecs(codec)
  const { versions } = await loadSharp()
  return [
    ...(fast ? [`turbojpeg ${fast.turbo.version}`] : []),
    ...(fast?.webp ? [`webp ${fast.webp.version}`] : []),
    `sharp ${versions.sharp ?? 'unknown'} / libvips ${versions.vips}`,
  ].join(' + ')
}
