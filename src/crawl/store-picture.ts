import type { Columns, Row } from '../core/column.ts'
import { sha256 } from '../core/hash.ts'
import { sizeColumns } from '../core/row.ts'
import type { StageContext } from '../core/stage.ts'
import type { ImageOptions } from '../media/image-options.ts'
import { HASH_COLUMNS, pictureHashes } from '../media/picture-hashes.ts'
import { processImage, type ProcessedImage, type StoredImage } from '../media/process-image.ts'

/** A picture as it will be stored, the sha256 of the bytes it was made from, and the hashes that the options name. */
export interface Picture extends ProcessedImage {
  sha256: string
  hashes: Row
}

const EXTENSION = { jpeg: 'jpg', webp: 'webp', png: 'png' } as const

/** @throws PairloomError `PL_IMAGE` where the bytes are no usable picture */
export async function makePicture(body: Buffer, options: ImageOptions): Promise<Picture> {
  const image = await processImage(body, options)
  return { sha256: sha256(body), ...image, hashes: await pictureHashes(image.bytes, options.hashes) }
}

/** Columns of the further sizes and the hashes that the options name. */
export function pictureColumns({ sizes, hashes }: Pick<ImageOptions, 'sizes' | 'hashes'>): Columns {
  const hashColumns = hashes.map((name): Columns => HASH_COLUMNS[name])
  return Object.assign({}, ...Object.keys(sizes).map(sizeColumns), ...hashColumns) as Columns
}

/** Appends the picture of a row to the task's tar, in all its sizes, and gives the row with IMAGE_COLUMNS and those. */
export async function storePicture(
  row: Row,
  picture: Picture,
  { bytes, count }: Pick<StageContext, 'bytes' | 'count'>,
): Promise<Row> {
  const store = async (name: string, image: StoredImage) => {
    count('bytes.out', image.bytes.length)
    return bytes.append(`${name}.${EXTENSION[picture.format]}`, image.bytes)
  }
  const id = row.image_id as string
  const ref = await store(id, picture)
  const further: Row = {}
  for (const [name, image] of Object.entries(picture.sizes)) {
    const { bytes_offset, bytes_length } = await store(`${id}.${name}`, image)
    Object.assign(further, {
      [`image_${name}_bytes_offset`]: bytes_offset,
      [`image_${name}_bytes_length`]: bytes_length,
      [`image_${name}_width`]: image.width,
      [`image_${name}_height`]: image.height,
    })
  }
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
    is_original: picture.isOriginal,
    is_truncated: picture.isTruncated,
    frame: picture.frame,
    frames: picture.frames,
    ...picture.hashes,
    ...further,
  }
}
