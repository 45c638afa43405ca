import { z } from 'zod'
import { consentOption } from './consent.ts'
import { CAPTION_KINDS, TEXT_KINDS, type TextKind } from './text-kinds.ts'

/** Which of the kinds that a source finds are kept. */
export function textsOption<K extends TextKind>(found: readonly K[], texts: readonly K[]) {
  return z
    .array(z.enum(found))
    .min(1)
    .default([...texts])
    .describe('kinds of texts to keep')
}

/** Which kinds, best first, give the caption; by default those of the source that say something of the picture. */
export function captionsOption<K extends TextKind>(found: readonly K[]) {
  return z
    .array(z.enum(found))
    .min(1)
    .default(found.filter((kind) => CAPTION_KINDS.includes(kind)))
    .describe('kinds that the caption is taken from, best first; a picture with none of them is left out')
}

/** Options of the sources that read pages, but for the kinds of texts that each keeps unless told otherwise. */
export function pageOptions(texts: readonly TextKind[]) {
  return {
    texts: textsOption(TEXT_KINDS, texts),
    captions: captionsOption(TEXT_KINDS),
    targetWidth: z
      .int()
      .min(0)
      .max(100_000)
      .default(1024)
      .describe('of a srcset, the narrowest candidate of at least this width is taken, px; 0: src as it is'),
    consent: consentOption,
    maxPageBytes: z
      .int()
      .min(1024)
      .max(256 * 2 ** 20)
      .default(8 * 2 ** 20)
      .describe('largest page, bytes'),
  }
}
