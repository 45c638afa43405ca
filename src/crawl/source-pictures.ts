import { z } from 'zod'
import type { Row } from '../core/column.ts'
import type { PairloomError } from '../core/error.ts'
import { runtime } from '../core/options.ts'
import { IMAGE_COLUMNS, LINK_COLUMNS } from '../core/row.ts'
import type { StageContext, Verdict } from '../core/stage.ts'
import { TAKEN_DOWN } from '../core/takedown.ts'
import { IMAGE_OPTIONS, type ImageOptions } from '../media/image-options.ts'
import { CONSENT_COLUMNS, consentColumns, consentOption, type ConsentLevel } from './consent.ts'
import { xmpSignal } from './consent-xmp.ts'
import { reasonOf } from './fetch-error.ts'
import { pictureVerdict } from './picture-verdict.ts'
import { fileUrl, SAMPLE_OPTIONS, sampleRow, type Sample, type SampleOptions } from './source-sample.ts'
import { makePicture, storePicture, type Picture } from './store-picture.ts'

/** Why a sample gives no row. */
export type Trouble = Omit<Verdict, 'rule'>

/** A sample with its picture, or why it has none. */
export interface PictureSample extends Sample {
  image: Buffer | Trouble
}

export const PICTURE_OPTIONS = {
  ...SAMPLE_OPTIONS,
  extensions: z
    .array(z.string().regex(/^[a-z0-9]+$/, 'expected small letters and digits, no dot'))
    .min(1)
    .default([
      'jpg',
      'jpeg',
      'png',
      'webp',
      'gif',
      'avif',
      'tif',
      'tiff',
      'bmp',
      'heic',
      'heif',
      'jxl',
      'svg',
    ])
    .describe('endings of pictures; those that cannot be decoded are rejects'),
  ...IMAGE_OPTIONS,
  consent: consentOption,
  maxBytes: z
    .int()
    .min(1)
    .max(2 ** 30)
    .default(20 * 2 ** 20)
    .describe('largest file, bytes'),
  decoders: runtime(z.int().min(1).max(64).default(2)).describe('pictures decoded at once'),
} as const

export const PICTURE_COLUMNS = { ...LINK_COLUMNS, ...IMAGE_COLUMNS, ...CONSENT_COLUMNS }

/** Largest .txt or .json beside a picture, bytes. */
export const MAX_TEXT_BYTES = 4 * 2 ** 20

export interface PictureOptions extends ImageOptions, SampleOptions {
  consent: ConsentLevel
  maxBytes: number
  decoders: number
}

const BATCH_ROWS = 256

type Made = { row: Row; picture: Picture } | { row: Row; verdict: Trouble }

/**
 * Makes and stores the pictures of samples, and gives their rows in the order of the samples. Nothing is stored of a
 * picture whose XMP reserves it (`consent`), or that is taken down.
 *
 * Memory: `decoders` samples.
 */
export async function* storeSamples(
  rule: string,
  samples: AsyncIterable<PictureSample>,
  context: StageContext<PictureOptions>,
): AsyncGenerator<Row[]> {
  const { options, signal } = context
  const making: Promise<Made>[] = []
  let batch: Row[] = []
  async function settle(): Promise<void> {
    const made = await making.shift()!
    if ('verdict' in made) context.drop(made.row, { rule, ...made.verdict })
    else batch.push(await storePicture(made.row, made.picture, context))
  }
  for await (const sample of samples) {
    signal.throwIfAborted()
    const made = makeSample(rule, sample, context)
    made.catch(() => undefined) // Whoever takes it from the queue hears of it, unless another failed before.
    making.push(made)
    if (making.length >= options.decoders) await settle()
    if (batch.length < BATCH_ROWS) continue
    yield batch
    batch = []
  }
  while (making.length > 0) await settle()
  if (batch.length > 0) yield batch
}

async function makeSample(
  rule: string,
  sample: PictureSample,
  { options, count, now, isTakenDown }: StageContext<PictureOptions>,
): Promise<Made> {
  const { row, verdict } = sampleRow(sample, options, count)
  if (verdict) return { row: { url: fileUrl(sample.name) }, verdict }
  // Before it is decoded, and below by the hash of its bytes: what is appended to the tar stays there.
  if (isTakenDown(row)) return { row, verdict: TAKEN_DOWN }
  if (!Buffer.isBuffer(sample.image)) return { row, verdict: sample.image }
  count('bytes.in', sample.image.length)
  const signal = xmpSignal(sample.image, options.consent)
  const judged = { ...row, ...consentColumns(signal, now()) }
  if (signal?.reserves) {
    const { rule: reason, source: value } = signal
    return { row: judged, verdict: { status: 'dropped', reason, value, limit: null } }
  }
  try {
    const picture = await makePicture(sample.image, options)
    if (isTakenDown({ sha256: picture.sha256 })) return { row, verdict: TAKEN_DOWN }
    return { row: judged, picture }
  } catch (error) {
    const reason = reasonOf(error)
    if (reason === null) throw error
    return { row: judged, verdict: pictureVerdict(rule, reason, error as PairloomError, options.maxBytes) }
  }
}

/** The verdict of a file of more than `maxBytes`. */
export function tooManyBytes(size: number, maxBytes: number): Trouble {
  return { status: 'dropped', reason: 'too-many-bytes', value: `${size} bytes`, limit: `<= ${maxBytes}` }
}
