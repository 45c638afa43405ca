import type { Columns, Row } from '../core/column.ts'
import { loadSharp } from './codec.ts'
import { pdq } from './pdq.ts'
import { phash } from './phash.ts'
import { thumb16 } from './thumb.ts'

export const PICTURE_HASHES = ['pdq', 'phash', 'thumb'] as const
export type PictureHash = (typeof PICTURE_HASHES)[number]

/** Columns of each hash. */
export const HASH_COLUMNS = {
  pdq: {
    pdq: { type: 'utf8', doc: 'PDQ hash of the stored picture, 64 hex digits' },
    pdq_quality: { type: 'int32', doc: 'how much the PDQ hash says, 0..100; below 50 little' },
  },
  phash: {
    phash: { type: 'utf8', doc: 'pHash of the stored picture as ImageHash gives it, 16 hex digits' },
  },
  thumb: {
    thumb16: { type: 'binary', distinct: true, doc: 'mean colours of its 16 x 16 parts, RGB, 768 bytes' },
  },
} as const satisfies Record<PictureHash, Columns>

/**
 * Perceptual hashes and the thumb of a picture as it is stored: whoever decodes it can compute them again.
 *
 * bytes: a JPEG, PNG or WebP that we made. Memory: 11 bytes a pixel of it.
 */
export async function pictureHashes(bytes: Buffer, names: readonly PictureHash[]): Promise<Row> {
  if (names.length === 0) return {}
  const sharp = await loadSharp()
  const decoder = sharp(bytes).removeAlpha().toColourspace('srgb').raw()
  const { data, info } = await decoder.toBuffer({ resolveWithObject: true })
  const { width, height } = info
  const found: Row = {}
  if (names.includes('pdq')) {
    const { hash, quality } = pdq(data, width, height)
    Object.assign(found, { pdq: hash, pdq_quality: quality })
  }
  if (names.includes('phash')) found.phash = phash(data, width, height)
  if (names.includes('thumb')) found.thumb16 = thumb16(data, width, height)
  return found
}
