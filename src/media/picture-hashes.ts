import type { Columns } from '../core/column.ts'
import { loadSharp } from './codec.ts'
import { pdq } from './pdq.ts'
import { phash } from './phash.ts'

export const PICTURE_HASHES = ['pdq', 'phash'] as const
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
} as const satisfies Record<PictureHash, Columns>

/**
 * Perceptual hashes of a picture as it is stored: whoever decodes it can compute them again.
 *
 * bytes: a JPEG, PNG or WebP that we made. Memory: 11 bytes a pixel of it.
 */
export async function pictureHashes(
  bytes: Buffer,
  names: readonly PictureHash[],
): Promise<Record<string, string | number>> {
  if (names.length === 0) return {}
  const sharp = await loadSharp()
  const decoder = sharp(bytes).removeAlpha().toColourspace('srgb').raw()
  const { data, info } = await decoder.toBuffer({ resolveWithObject: true })
  const { width, height } = info
  const found: Record<string, string | number> = {}
  if (names.includes('pdq')) {
    const { hash, quality } = pdq(data, width, height)
    Object.assign(found, { pdq: hash, pdq_quality: quality })
  }
  if (names.includes('phash')) found.phash = phash(data, width, height)
  return found
}
