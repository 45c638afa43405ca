import type sharp from 'sharp'
import { PairloomError } from '../core/error.ts'
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

/**
 * TurboJPEG where it is chosen and installed, else null: sharp does everything.
 *
 * @throws PairloomError `PL_CONFIG` where it is asked for by name and missing
 */
export async function turboFor(choice: CodecChoice): Promise<TurboJpeg | null> {
  if (choice === 'sharp') return null
  const turbo = await loadTurboJpeg()
  if (turbo || choice === 'auto') return turbo
  throw new PairloomError(
    'PL_CONFIG',
    'Expected libturbojpeg for codec: turbojpeg, found none. Debian, Ubuntu: apt-get install libturbojpeg0; ' +
      'macOS: brew install jpeg-turbo; npm must have installed koffi, an optional dependency. Or choose codec: auto',
  )
}

/**
 * What decodes and encodes, `turbojpeg 2.1.5 + sharp 0.35.5 / libvips 8.18.7`: equal output is promised for an equal
 * codec only.
 */
export async function imageCodec({ codec }: { codec: CodecChoice }): Promise<string> {
  const turbo = await turboFor(codec)
  const { versions } = await loadSharp()
  const sharp = `sharp ${versions.sharp ?? 'unknown'} / libvips ${versions.vips}`
  return turbo ? `turbojpeg ${turbo.version} + ${sharp}` : sharp
}
