import { fastCodecs, loadSharp, type FastCodecs, type Sharp } from './codec.ts'
import { drawImage } from './draw-image.ts'
import { firstFrame } from './first-frame.ts'
import { framesOf, type Frames } from './frames.ts'
import { resizeGeometry, type Geometry } from './geometry.ts'
import { imageError } from './image-error.ts'
import type { ImageOptions } from './image-options.ts'
import { probe, type Probe } from './probe.ts'
import { stripMetadata } from './strip-metadata.ts'
import { turboImages } from './turbo-image.ts'

/** A picture as it is stored. */
export interface StoredImage {
  bytes: Buffer
  /** px */
  width: number
  height: number
}

export interface ProcessedImage extends StoredImage {
  format: ImageOptions['format']
  /** Size at the origin after EXIF rotation, px. */
  originalWidth: number
  originalHeight: number
  originalFormat: Probe['format']
  /** Its compressed pixels are those that the origin sent. */
  isOriginal: boolean
  /** It ends early: what is missing is gray or black. */
  isTruncated: boolean
  /** Number of the frame that is shown, and of all frames: 0 and 1 for a still picture. */
  frame: number
  frames: number
  /** The further sizes by their names. */
  sizes: Record<string, StoredImage>
}

/** Longest side that a format can hold, px. */
const MAX_SIDE = { jpeg: 65_535, webp: 16_383, png: 2 ** 31 - 1 } as const

/**
 * Decodes, turns upright, converts to 8-bit sRGB on white, resizes and encodes one picture; metadata is left out.
 *
 * Animations give their first frame that is more than one colour. A picture that would come out as it came in is not
 * encoded anew (`keepOriginal`). The same bytes and options give the same bytes under the same codec.
 * Memory: decoded rows, and whole pictures of at most maxPixels where a format (progressive JPEG, rotation) needs it.
 *
 * @throws PairloomError `PL_IMAGE` with `data.reason` (`ImageReason`), and nothing else
 */
export async function processImage(bytes: Buffer, options: ImageOptions): Promise<ProcessedImage> {
  const header = probe(bytes)
  checkPixels(header.width, header.height, options.maxPixels)
  const fast = options.format === 'jpeg' ? await fastCodecs(options.codec) : null
  const codecs = { fast, sharp: await loadSharp() }
  const source = { bytes, header, frames: framesOf(bytes, header.format) }
  if (!header.isTruncated) {
    try {
      return await makeImages(codecs, source, options, false)
    } catch (error) {
      const known = decodeError(error, options.maxPixels)
      if (options.truncated === 'fail' || reasonOf(known) !== 'image-truncated') throw known
    }
  } else if (options.truncated === 'fail') {
    throw imageError('image-truncated', { evidence: `${header.format} of ${bytes.length} bytes ends early` })
  }
  try {
    return await makeImages({ fast: null, sharp: codecs.sharp }, source, options, true)
  } catch (error) {
    const known = decodeError(error, options.maxPixels)
    if (reasonOf(known) === 'too-many-pixels') throw known
    const evidence = `nothing to keep: ${String((known as { data?: { evidence?: unknown } }).data?.evidence)}`
    throw imageError('image-truncated', { evidence, cause: error })
  }
}

interface ImageSource {
  bytes: Buffer
  header: Probe
  frames: Frames
}

async function makeImages(
  { fast, sharp }: { fast: FastCodecs | null; sharp: Sharp },
  { bytes, header, frames }: ImageSource,
  options: ImageOptions,
  isTruncated: boolean,
): Promise<ProcessedImage> {
  const { width, height, isUpright } = await uprightSize(sharp, bytes, header, options.maxPixels)
  const geometries = [options.size, ...Object.values(options.sizes)].map((size) =>
    resizeGeometry(width, height, { size, onlyIfBigger: options.onlyIfBigger, mode: options.resize }),
  )
  for (const geometry of geometries) checkOutput(geometry, options)
  const frame = frames.count > 1 ? await firstFrame(sharp, frames, { width, height }, options.maxPixels) : 0
  const made =
    (fast && isUpright && (await turboImages(fast, bytes, header.format, geometries, options.quality))) ||
    (await inTurn(geometries, (geometry) =>
      drawImage(sharp, { bytes: frames.head, header, width, height, frame, isTruncated }, geometry, options),
    ))
  const mayKeep = header.format === options.format && isUpright && frames.count === 1
  const stored = made.map((image, i) =>
    mayKeep && !isTruncated && isWhole(geometries[i]!, width, height)
      ? originalOr(image, bytes, options)
      : { image, isOriginal: false },
  )
  const [main, ...others] = stored
  return {
    ...main!.image,
    format: options.format,
    originalWidth: width,
    originalHeight: height,
    originalFormat: header.format,
    isOriginal: main!.isOriginal,
    isTruncated,
    frame,
    frames: frames.count,
    sizes: Object.fromEntries(Object.keys(options.sizes).map((name, i) => [name, others[i]!.image])),
  }
}

/** The origin's bytes are stored only of what a decoder has read to its end, as `image` proves. */
function originalOr(image: StoredImage, bytes: Buffer, { keepOriginal, format }: ImageOptions) {
  const original = keepOriginal > 0 ? stripMetadata(bytes, format) : null
  const isKept = original !== null && original.length <= keepOriginal
  return { image: isKept ? { ...image, bytes: original } : image, isOriginal: isKept }
}

function isWhole(
  { width, height, crop, pad }: Geometry,
  originalWidth: number,
  originalHeight: number,
): boolean {
  return width === originalWidth && height === originalHeight && crop === null && pad === null
}

async function inTurn<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = []
  for (const item of items) done.push(await work(item))
  return done
}

/** The header's word is enough for most; where a picture may be turned, the codec that turns it is asked. */
async function uprightSize(sharp: Sharp, bytes: Buffer, header: Probe, maxPixels: number) {
  const { width, height, orientation } = header
  if (width !== null && height !== null && orientation === 1) return { width, height, isUpright: true }
  const { autoOrient, orientation: said = 1 } = await sharp(bytes, { limitInputPixels: maxPixels }).metadata()
  checkPixels(autoOrient.width, autoOrient.height, maxPixels)
  return { width: autoOrient.width, height: autoOrient.height, isUpright: said === 1 }
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

function reasonOf(error: Error): unknown {
  return 'data' in error ? (error.data as { reason?: unknown }).reason : undefined
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
