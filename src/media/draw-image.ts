import type { Sharp } from './codec.ts'
import type { Geometry } from './geometry.ts'
import type { ImageOptions } from './image-options.ts'
import type { StoredImage } from './process-image.ts'
import type { Probe } from './probe.ts'

export interface Drawn {
  bytes: Buffer
  header: Probe
  /** Upright, px. */
  width: number
  height: number
  /** Number of the frame that is drawn. */
  frame: number
  /** Draw what there is. */
  isTruncated: boolean
}

/** Warning of libjpeg that pixels are missing before a marker. */
const IS_MISSING_DATA = /premature end/i

/** Decodes, turns, composites on white, resizes, converts and encodes, by sharp: whatever it reads. */
export async function drawImage(
  sharp: Sharp,
  drawn: Drawn,
  geometry: Geometry,
  options: ImageOptions,
): Promise<StoredImage> {
  if (drawn.isTruncated) return draw(sharp, drawn, 'none', geometry, options)
  if (drawn.header.format !== 'jpeg') return draw(sharp, drawn, 'error', geometry, options)
  try {
    return await draw(sharp, drawn, 'warning', geometry, options)
  } catch (error) {
    if (IS_MISSING_DATA.test((error as Error).message)) throw error
    // Stray bytes between segments are a warning too, and harm nothing.
    return draw(sharp, drawn, 'error', geometry, options)
  }
}

async function draw(
  sharp: Sharp,
  { bytes, header, width, height, frame }: Drawn,
  failOn: 'none' | 'error' | 'warning',
  { crop, pad, ...scaled }: Geometry,
  options: ImageOptions,
): Promise<StoredImage> {
  const image = sharp(bytes, {
    failOn,
    limitInputPixels: options.maxPixels,
    sequentialRead: true,
    autoOrient: header.orientation !== 1,
    page: frame,
  })
  if (header.format !== 'jpeg') image.flatten({ background: '#ffffff' })
  if (scaled.width !== width || scaled.height !== height)
    image.resize(scaled.width, scaled.height, { fit: 'fill' })
  if (crop) image.extract(crop)
  if (pad) image.extend({ ...pad, background: '#ffffff' })
  const encoded = encode(image.toColourspace('srgb'), options)
  const { data, info } = await encoded.toBuffer({ resolveWithObject: true })
  return { bytes: data, width: info.width, height: info.height }
}

function encode(image: ReturnType<Sharp>, { format, quality }: ImageOptions) {
  if (format === 'png') return image.png({ compressionLevel: 6 })
  if (format === 'webp') return image.webp({ quality })
  // Optimal Huffman tables would save 5 % of the bytes for 10 % of the whole cost.
  return image.jpeg({ quality, optimiseCoding: false })
}
