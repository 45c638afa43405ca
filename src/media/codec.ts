import type sharp from 'sharp'

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

/** What decodes and encodes, `sharp 0.35.5 / libvips 8.18.7`: equal output is promised for an equal codec only. */
export async function imageCodec(): Promise<string> {
  const { versions } = await loadSharp()
  return `sharp ${versions.sharp ?? 'unknown'} / libvips ${versions.vips}`
}
