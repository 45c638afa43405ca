import type { Row } from '../core/column.ts'
import { sha256 } from '../core/hash.ts'
import type { StageContext } from '../core/stage.ts'
import { processImage, type ImageOptions, type ProcessedImage } from '../media/process-image.ts'

/** A picture as it will be stored, and the sha256 of the bytes it was made from. */
export interface Picture extends ProcessedImage {
  sha256: string
}

const EXTENSION = { jpeg: 'jpg', webp: 'webp', png: 'png' } as const

/** @throws PairloomError `PL_IMAGE` where the bytes are no usable picture */
export async function makePicture(body: Buffer, options: ImageOptions): Promise<Picture> {
  return { sha256: sha256(body), ...(await processImage(body, options)) }
}

/** Appends the picture of a row to the task's tar, and gives the row with IMAGE_COLUMNS. */
export async function storePicture(
  row: Row,
  picture: Picture,
  { bytes, count }: Pick<StageContext, 'bytes' | 'count'>,
): Promise<Row> {
  const name = `${row.image_id as string}.${EXTENSION[picture.format]}`
  const ref = await bytes.append(name, picture.bytes)
  count('bytes.out', picture.bytes.length)
  return {
    ...row,
    ...ref,
    width: picture.width,
    height: picture.height,
    format: picture.format,
    sha256: picture.sha256,
    original_width: picture.originalWidth,
    original_height: picture.originalHeight,
    original_format: picture.originalFormat,
  }
}
