import { PairloomError } from '../core/error.ts'

/** Why bytes are no usable picture: the `reason` of `PL_IMAGE`. */
export const IMAGE_REASONS = [
  'empty-body',
  'not-an-image',
  'unsupported-format',
  'svg-refused',
  'too-many-pixels',
  'image-truncated',
  'image-broken',
] as const

export type ImageReason = (typeof IMAGE_REASONS)[number]

/** A `PL_IMAGE` with `data: { reason, evidence, limit }`. */
export function imageError(
  reason: ImageReason,
  detail: { evidence: string; limit?: string; cause?: unknown },
): PairloomError {
  const { evidence, limit, cause } = detail
  return new PairloomError('PL_IMAGE', `Expected a picture, got ${reason}: ${evidence}`, {
    data: { reason, evidence, ...(limit === undefined ? {} : { limit }) },
    ...(cause === undefined ? {} : { cause }),
  })
}
