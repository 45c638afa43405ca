import type { BytesAccess, BytesRef } from '../../core/stage.ts'
import type { Picture } from './data.ts'

const SIDE = 128
const QUALITY = 62
/** A picture that decodes to more is left out: a report must not need the memory of a fetch. */
const MAX_PIXELS = 64_000_000

/** Makes small pictures until the page is full. */
export interface Thumbnails {
  /** Null where the bytes are gone or no picture, or the page is full. */
  make(row: BytesRef): Promise<Picture | null>
}

/** budgetBytes: of all data: URIs together. Memory: one decoded picture. */
export function openThumbnails(bytes: Pick<BytesAccess, 'read'>, budgetBytes: number): Thumbnails {
  let left = budgetBytes
  const known = new Map<string, Picture | null>()

  async function draw(row: BytesRef): Promise<Picture | null> {
    try {
      const { default: sharp } = await import('sharp')
      const { data, info } = await sharp(await bytes.read(row), {
        limitInputPixels: MAX_PIXELS,
        failOn: 'none',
      })
        .rotate()
        .resize(SIDE, SIDE, { fit: 'inside', withoutEnlargement: true })
        .webp({ quality: QUALITY })
        .toBuffer({ resolveWithObject: true })
      const uri = `data:image/webp;base64,${data.toString('base64')}`
      if (uri.length > left) return null
      left -= uri.length
      return { uri, width: info.width, height: info.height }
    } catch {
      // One picture less; the row is still shown with its words.
      return null
    }
  }
  return {
    async make(row) {
      const key = `${row.bytes_dataset} ${row.bytes_part} ${row.bytes_offset}`
      if (!known.has(key)) known.set(key, left > 0 ? await draw(row) : null)
      return known.get(key)!
    },
  }
}
