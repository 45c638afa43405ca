import { z } from 'zod'
import { CODECS } from './codec.ts'
import { RESIZE_MODES } from './geometry.ts'
import { PICTURE_HASHES } from './picture-hashes.ts'

/** Options that decide what a stored picture looks like; a stage spreads them into its own. */
export const IMAGE_OPTIONS = {
  resize: z
    .enum(RESIZE_MODES)
    .default('shortest')
    .describe(
      'what is brought to `size`: nothing, the shortest or longest side, both by cropping the middle, or both by a white border',
    ),
  size: z.int().min(1).max(16_383).default(512).describe('side after resizing, px'),
  sizes: z
    .record(
      z.string().regex(/^[a-z][a-z0-9]{0,15}$/, 'expected small letters and digits'),
      z.int().min(1).max(16_383),
    )
    .default({})
    .describe(
      'further pictures to store of the same one: a name and its side after resizing, px; columns `image_<name>_*` say where they lie',
    ),
  onlyIfBigger: z.boolean().default(true).describe('leave pictures smaller than `size` at their own scale'),
  format: z.enum(['jpeg', 'webp', 'png']).default('jpeg').describe('format of the stored picture'),
  quality: z.int().min(1).max(100).default(95).describe('JPEG or WebP quality; PNG is lossless'),
  keepOriginal: z
    .int()
    .min(0)
    .max(2 ** 30)
    .default(2 ** 20)
    .describe(
      'largest picture, bytes, whose compressed pixels are stored as the origin sent them, without metadata, where neither size, format, direction nor colours would change; 0: none',
    ),
  truncated: z
    .enum(['fail', 'keep'])
    .default('fail')
    .describe('pictures that end early: rejects, or kept with what is missing left gray or black'),
  hashes: z
    .array(z.enum(PICTURE_HASHES))
    .default([])
    .describe(
      'what to keep of the stored picture for near duplicates, as columns: perceptual hashes `pdq` and `pdq_quality`, `phash`, and the colours of its 16 x 16 parts `thumb16`',
    ),
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
