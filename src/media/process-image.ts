import { z } from 'zod'
import { CODECS, fastCodecs, loadSharp, type Sharp } from './codec.ts'
import { RESIZE_MODES, resizeGeometry, type Geometry } from './geometry.ts'
import { imageError } from './image-error.ts'
import { probe, type Probe } from './probe.ts'
import { turboImage } from './turbo-image.ts'

/** Options that decide what a stored picture looks like; a stage spreads them into its own. */
export const IMAGE_OPTIONS = {
  resize: z
    .enum(RESIZE_MODES)
    .default('shortest')
    .describe(
      'what is brought to `size`: nothing, the shortest or longest side, both by cropping the middle, or both by a white border',
    ),
  size: z.int().min(1).max(16_383).default(512).describe('side after resizing, px'),
  onlyIfBigger: z.boolean().default(true).describe('leave pictures smaller than `size` at their own scale'),
  format: z.enum(['jpeg', 'webp', 'png']).default('jpeg').describe('format of the stored picture'),
  quality: z.int().min(1).max(100).default(95).describe('JPEG or WebP quality; PNG is lossless'),
  maxPixels: z
    .int()
    .min(1)
    .max(268_402_689)
    .default(67_108_864)
    .describe(
      'width x height at the origin above which a picture is refused before decoding, px; and of what is stored',
    ),
  codec: z
    .enum(CODECS)
    .default('auto')
    .describe(
      'what makes JPEGs: sharp, or TurboJPEG, with libwebp, at half its cost where they are installed (auto); their pixels differ a little, so say which where machines differ',
    ),
} as const

export type ImageOptions = z.infer<z.ZodObject<typeof IMAGE_OPTIONS>>

export interface ProcessedImage {
  bytes: Buffer
  /** Size of `bytes`, px. */
  width: number
  height: number
  format: ImageOptions['format']
  /** Size at the origin after EXIF rotation, px. */
  originalWidth: number
  originalHeight: number
  originalFormat: Probe['format']
}

/** Longest side that a format can hold, px. */
const MAX_SIDE = { jpeg: 65_535, webp: 16_383, png: 2 ** 31 - 1 } as const

/**
 * Decodes, turns upright, converts to 8-bit sRGB on white, resizes and encodes one picture; metadata is left out.
 *
 * Animations give their first frame. The same bytes and options give the same bytes under the same codec.
 * Memory: decoded rows, and whole pictures of at most maxPixels where a format (progressive JPEG, rotation) needs it.
 *
 * @throws PairloomError `PL_IMAGE` with `data.reason` (`ImageReason`), and nothing else
 */
export async function processImage(bytes: Buffer, options: ImageOptions): Promise<ProcessedImage> {
  const header = probe(bytes)
  checkPixels(header.width, header.height, options.maxPixels)
  if (header.isTruncated) {
    throw imageError('image-truncated', { evidence: `${header.format} of ${bytes.length} bytes ends early` })
  }
  const fast = options.format === 'jpeg' && header.orientation === 1 ? await fastCodecs(options.codec) : null
  const sharp = await loadSharp()
  try {
    const { width, height } = await uprightSize(sharp, bytes, header, options.maxPixels)
    const geometry = resizeGeometry(width, height, { ...options, mode: options.resize })
    checkOutput(geometry, options)
    const origin = { originalWidth: width, originalHeight: height, originalFormat: header.format }
    const made = fast && (await turboImage(fast, bytes, header.format, geometry, options.quality))
    if (made) return { ...made, format: options.format, ...origin }
    const isScaled = geometry.width !== width || geometry.height !== height
    const image = draw(sharp, bytes, header, isScaled, geometry, options.maxPixels)
    const { data, info } = await encode(image, options).toBuffer({ resolveWithObject: true })
    return { bytes: data, width: info.width, height: info.height, format: options.format, ...origin }
  } catch (error) {
    throw decodeError(error, options.maxPixels)
  }
}

/** The header's word is enough for most; where a picture may be turned, the codec that turns it is asked. */
async function uprightSize(sharp: Sharp, bytes: Buffer, header: Probe, maxPixels: number) {
  const { width, height, orientation } = header
  if (width !== null && height !== null && orientation === 1) return { width, height }
  const { autoOrient } = await sharp(bytes, { limitInputPixels: maxPixels }).metadata()
  checkPixels(autoOrient.width, autoOrient.height, maxPixels)
  return { width: autoOrient.width, height: autoOrient.height }
}

function draw(
  sharp: Sharp,
  bytes: Buffer,
  { format, orientation }: Probe,
  isScaled: boolean,
  { width, height, crop, pad }: Geometry,
  maxPixels: number,
) {
  const image = sharp(bytes, {
    failOn: 'error',
    limitInputPixels: maxPixels,
    sequentialRead: true,
    autoOrient: orientation !== 1,
  })
  if (format !== 'jpeg') image.flatten({ background: '#ffffff' })
  if (isScaled) image.resize(width, height, { fit: 'fill' })
  if (crop) image.extract(crop)
  if (pad) image.extend({ ...pad, background: '#ffffff' })
  return image.toColourspace('srgb')
}

function encode(image: ReturnType<Sharp>, { format, quality }: ImageOptions) {
  if (format === 'png') return image.png({ compressionLevel: 6 })
  if (format === 'webp') return image.webp({ quality })
  // Optimal Huffman tables would save 5 % of the bytes for 10 % of the whole cost.
  return image.jpeg({ quality, optimiseCoding: false })
}

function checkPixels(width: number | null, height: number | null, maxPixels: number): void {
  if (width === null || height === null || width * height <= maxPixels) return
  throw imageError('too-many-pixels', { evidence: `${width} x ${height} px`, limit: `<= ${maxPixels}` })
}

/** What is stored has limits too: 10 x 30,000 px brought to a shortest side of 512 would be 512 x 1,536,000. */
function checkOutput({ width, height, crop }: Geometry, { format, maxPixels }: ImageOptions): void {
  const stored = crop ?? { width, height }
  checkPixels(stored.width, stored.height, maxPixels)
  if (Math.max(stored.width, stored.height) > MAX_SIDE[format]) {
    const evidence = `${stored.width} x ${stored.height} px once resized`
    throw imageError('too-many-pixels', { evidence, limit: `<= ${MAX_SIDE[format]} a side in ${format}` })
  }
}

/** The texts of libvips and its loaders are all there is to tell troubles apart. */
function decodeError(error: unknown, maxPixels: number): Error {
  if (error instanceof Error && 'code' in error && error.code === 'PL_IMAGE') return error
  const message = (error instanceof Error ? error.message : String(error)).split('\n')[0]!
  const detail = { evidence: message, cause: error }
  if (/pixel limit/i.test(message))
    return imageError('too-many-pixels', { ...detail, limit: `<= ${maxPixels}` })
  if (
    /premature|truncated|unexpected end|end of (file|stream|data)|not enough data|incomplete|\bEOF\b/i.test(
      message,
    )
  ) {
    return imageError('image-truncated', detail)
  }
  if (/unsupported image format/i.test(message)) return imageError('unsupported-format', detail)
  return imageError('image-broken', detail)
}
