import type { Row } from '../core/column.ts'
import { sha256 } from '../core/hash.ts'
import { pictureHashes } from '../media/picture-hashes.ts'
import { processImage } from '../media/process-image.ts'
import type { BlockLists } from './block-lists.ts'
import { fetchError } from './fetch-error.ts'
import type { FetchOptions } from './fetch-options.ts'
import type { Picture } from './store-picture.ts'
import { hashMismatch, isVerifiable, otherHash } from './verify-hash.ts'

/**
 * Whether the bytes are those of the list, or null where none were compared.
 *
 * @throws PairloomError `PL_FETCH` where a list forbids them, or they are to be those of the list and are not
 */
export function checkBytes(row: Row, body: Buffer, lists: BlockLists, options: FetchOptions): boolean | null {
  const url = row.url as string
  if (options.block.length + options.allow.length > 0) {
    const refused = lists.ofHash(sha256(body))
    if (refused) throw fetchError(refused.reason, url, { evidence: refused.evidence })
  }
  const expected = row.source_hash
  if (options.verifyHash === 'off' || typeof expected !== 'string' || !isVerifiable(expected)) return null
  const seen = otherHash(body, expected)
  if (seen !== null && options.verifyHash === 'drop') throw hashMismatch(url, seen, expected)
  return seen === null
}

/**
 * The same for its PDQ hash: that of the whole picture, whatever is stored of it. A picture without anything to see has
 * a hash that says nothing.
 *
 * @throws PairloomError `PL_FETCH` where a list forbids it
 */
export async function checkPdq(
  row: Row,
  body: Buffer,
  picture: Picture,
  lists: BlockLists,
  options: FetchOptions,
): Promise<void> {
  const isWhole = options.resize !== 'center-crop' && options.resize !== 'border'
  const { pdq, pdq_quality } =
    isWhole && picture.hashes.pdq !== undefined
      ? picture.hashes
      : await wholeHash(body, isWhole, picture, options)
  const refused = pdq_quality === 0 ? null : lists.ofPdq(pdq as string)
  if (refused) throw fetchError(refused.reason, row.url as string, { evidence: refused.evidence })
}

async function wholeHash(
  body: Buffer,
  isWhole: boolean,
  picture: Picture,
  options: FetchOptions,
): Promise<Row> {
  const whole = { ...options, resize: 'longest', size: 512, sizes: {} } as const
  return pictureHashes((isWhole ? picture : await processImage(body, whole)).bytes, ['pdq'])
}
